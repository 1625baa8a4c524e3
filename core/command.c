#include "core/command.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"

static CommonOptions common;
static CommandVisitor *visitor;
static void *visitor_context;

/* --json comes first, so that commands without it begin one further on. */
static const Field COMMON[] = {{.name = "json",
                                .kind = FIELD_FLAG,
                                .offset = offsetof(CommonOptions, json),
                                .help = "the result as JSON on standard output"},
                               {.name = "threads",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(CommonOptions, threads),
                                .min = 0,
                                .max = 1024,
                                .help = "processors to use; 0: this rank's share of all"},
                               {.name = "quiet",
                                .letter = 'q',
                                .kind = FIELD_FLAG,
                                .offset = offsetof(CommonOptions, quiet),
                                .help = "no progress and no remarks"},
                               {0}};

const Field *command_common_fields(const Command *c)
{
    return c->has_json ? COMMON : COMMON + 1;
}

const CommonOptions *command_common(void)
{
    return &common;
}

void command_visit(CommandVisitor *visit, void *context)
{
    visitor = visit;
    visitor_context = context;
}

void command_help(const Command *c, FILE *stream)
{
    fprintf(stream, "unmush %s: %s\n\nusage: unmush %s %s\n\n", c->name, c->summary, c->name,
            c->synopsis);
    fields_help(c->options, stream, 1);
    fields_help(command_common_fields(c), stream, 1);
    if (c->notes)
        fprintf(stream, "\n%s\n", c->notes);
    fprintf(stream, "\nexample:\n  %s\n", c->example);
}

static const Field *find_letter(const Field *table, char letter)
{
    for (const Field *f = table; f->name; f++)
        if (f->letter == letter)
            return f;
    return NULL;
}

static int unknown_option(const Command *c, const char *name)
{
    const char *nearest = fields_nearest(c->options, name);
    if (!nearest)
        nearest = fields_nearest(command_common_fields(c), name);
    return error_set(ERROR_USAGE, "%s: unknown option --%s%s%s%s", c->name, name,
                     nearest ? ", did you mean --" : "", nearest ? nearest : "",
                     nearest ? "?" : "");
}

/* Parses the option at argv[*at]; moves *at past a separate value. */
static int parse_option(const Command *c, void *options, int *at, int argc, char **argv)
{
    const char *text = argv[*at], *value = NULL;
    void *target = options;
    const Field *f;
    char name[64] = "";
    if (text[1] == '-') {
        const char *equals = strchr(text, '=');
        size_t length = equals ? (size_t)(equals - text) - 2 : strlen(text) - 2;
        snprintf(name, sizeof name, "%.*s", (int)length, text + 2);
        value = equals ? equals + 1 : NULL;
        f = fields_find(c->options, name);
        if (!f && (f = fields_find(command_common_fields(c), name)))
            target = &common;
    } else {
        snprintf(name, sizeof name, "%c", text[1]);
        value = text[2] ? text + 2 + (text[2] == '=') : NULL;
        f = find_letter(c->options, text[1]);
        if (!f && (f = find_letter(command_common_fields(c), text[1])))
            target = &common;
    }
    if (!f)
        return unknown_option(c, name);
    if (!value && f->kind != FIELD_FLAG) {
        if (*at + 1 >= argc)
            return error_set(ERROR_USAGE, "%s: --%s needs a value", c->name, f->name);
        value = argv[++*at];
    }
    if (value && !*value)
        return error_set(ERROR_USAGE, "%s: --%s needs a value", c->name, f->name);
    char *where = memory_print("--%s", f->name);
    int result = fields_set(f, target, value, where);
    free(where);
    if (result != 0) { /* on a command line a bad value is wrong usage */
        ErrorReport report = error_take();
        report.code = ERROR_USAGE;
        error_adopt(&report);
        error_note("%s", c->name);
    }
    return result;
}

static int check_arguments(const Command *c, const StringList *arguments)
{
    if (arguments->count < c->least)
        return error_set(ERROR_USAGE, "%s: too few arguments, usage: unmush %s %s", c->name,
                         c->name, c->synopsis);
    if (c->most >= 0 && arguments->count > c->most)
        return error_set(ERROR_USAGE, "%s: unexpected argument %s", c->name,
                         arguments->items[c->most]);
    return 0;
}

Parsed command_parse(const Command *c, void *options, StringList *arguments, int argc, char **argv)
{
    fields_default(c->options, options);
    fields_default(COMMON, &common);
    *arguments = (StringList){0};
    if (visitor) {
        visitor(visitor_context, c);
        return PARSED_HELP;
    }
    bool only_arguments = false;
    for (int i = 1; i < argc; i++) {
        if (!only_arguments && strcmp(argv[i], "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments &&
                   (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            command_help(c, stdout);
            return PARSED_HELP;
        } else if (!only_arguments && argv[i][0] == '-' && argv[i][1]) {
            if (parse_option(c, options, &i, argc, argv) != 0)
                return PARSED_ERROR;
        } else {
            string_list_add(arguments, argv[i]);
        }
    }
    if (check_arguments(c, arguments) != 0)
        return PARSED_ERROR;
    log_quiet(common.quiet);
    threads_set((int)common.threads);
    return PARSED_RUN;
}

void command_free(const Command *c, void *options, StringList *arguments)
{
    fields_free(c->options, options);
    string_list_free(arguments);
}
