#include "core/command.h"

#include "core/error.h"
#include "tests/unit.h"

typedef struct Options {
    char *output;
    int64_t count;
    bool force;
    StringList models;
} Options;

static const Field OPTIONS[] = {
    {.name = "output", .letter = 'o', .kind = FIELD_STRING, .offset = offsetof(Options, output)},
    {.name = "count",
     .kind = FIELD_INTEGER,
     .offset = offsetof(Options, count),
     .fallback = "2",
     .min = 1,
     .max = 9},
    {.name = "force", .kind = FIELD_FLAG, .offset = offsetof(Options, force)},
    {.name = "model", .kind = FIELD_STRINGS, .offset = offsetof(Options, models)},
    {0}};

static const Command COMMAND = {.name = "try",
                                .summary = "test",
                                .synopsis = "FILE...",
                                .example = "unmush try x",
                                .options = OPTIONS,
                                .least = 1,
                                .most = 2};

static Parsed parse(Options *o, StringList *arguments, char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    return command_parse(&COMMAND, o, arguments, argc, argv);
}

TEST(options_come_in_every_usual_form)
{
    Options o;
    StringList arguments;
    char *argv[] = {"try",     "-o", "out",        "a",  "--count=5", "--force",
                    "--model", "m1", "--model=m2", "--", "-b",        NULL};
    CHECK(parse(&o, &arguments, argv) == PARSED_RUN);
    CHECK(strcmp(o.output, "out") == 0 && o.count == 5 && o.force && o.models.count == 2);
    CHECK(arguments.count == 2 && strcmp(arguments.items[1], "-b") == 0);
    command_free(&COMMAND, &o, &arguments);
}

static void check_refused(char **argv, const char *message)
{
    Options o;
    StringList arguments;
    CHECK(parse(&o, &arguments, argv) == PARSED_ERROR);
    CHECK_ERROR(ERROR_USAGE, message);
    command_free(&COMMAND, &o, &arguments);
}

TEST(wrong_usage_is_named)
{
    check_refused((char *[]){"try", "a", "--cuont=1", NULL}, "--cuont, did you mean --count?");
    check_refused((char *[]){"try", "a", "--count=10", NULL}, "--count: 10 is out of range");
    check_refused((char *[]){"try", "a", "--count", NULL}, "--count needs a value");
    check_refused((char *[]){"try", NULL}, "too few arguments");
    check_refused((char *[]){"try", "a", "b", "c", NULL}, "unexpected argument c");
    check_refused((char *[]){"try", "a", "-z", NULL}, "unknown option");
}
