#include "core/manual.h"

#include <ctype.h>
#include <string.h>

/* Characters that mean something to roff, or that it would replace by typographic ones. */
static void print_escaped(const char *text, size_t length, FILE *stream)
{
    if (length > 0 && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", stream);
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '\\':
            fputs("\\e", stream);
            break;
        case '-':
            fputs("\\-", stream);
            break;
        case '\'':
            fputs("\\(aq", stream);
            break;
        case '`':
            fputs("\\(ga", stream);
            break;
        case '^':
            fputs("\\(ha", stream);
            break;
        case '~':
            fputs("\\(ti", stream);
            break;
        default:
            fputc(text[i], stream);
        }
    }
}

static void print(const char *text, FILE *stream)
{
    print_escaped(text, strlen(text), stream);
}

void manual_begin(const char *name, const char *summary, const char *date, FILE *stream)
{
    fputs(".TH ", stream);
    for (const char *c = name; *c; c++)
        fputc(toupper((unsigned char)*c), stream);
    fprintf(stream, " 1 %s \"unmush %s\" \"User Commands\"\n.SH NAME\n", date, UNMUSH_VERSION);
    print(name, stream);
    fputs(" \\- ", stream);
    print(summary, stream);
    fputc('\n', stream);
}

void manual_section(const char *title, FILE *stream)
{
    fprintf(stream, ".SH \"%s\"\n", title);
}

void manual_lines(const char *text, FILE *stream)
{
    fputs(".nf\n", stream);
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        print_escaped(line, length, stream);
        fputc('\n', stream);
        line += length + (line[length] != 0);
    }
    fputs(".fi\n", stream);
}

void manual_text(const char *text, FILE *stream)
{
    bool kept = false, begun = false;
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        bool keep = line[0] == ' ';
        if (keep != kept)
            fputs(keep ? ".nf\n" : ".fi\n", stream);
        kept = keep;
        if (length > 0)
            print_escaped(line, length, stream);
        else if (begun)
            fputs(".PP", stream);
        fputc('\n', stream);
        begun = true;
        line += length + (line[length] != 0);
    }
    if (kept)
        fputs(".fi\n", stream);
}

void manual_item(const char *term, const char *text, FILE *stream)
{
    fputs(".TP\n.B ", stream);
    print(term, stream);
    fputc('\n', stream);
    manual_text(text, stream);
}

static void print_options(const Field *table, FILE *stream)
{
    for (const Field *f = table; f->name; f++) {
        const char *argument = fields_argument(f);
        fputs(".TP\n", stream);
        if (f->letter)
            fprintf(stream, "\\fB\\-%c\\fR, ", f->letter);
        fputs("\\fB\\-\\-", stream);
        print(f->name, stream);
        fputs("\\fR", stream);
        if (argument) {
            fprintf(stream, "=\\f%c", f->choices ? 'B' : 'I');
            print(argument, stream);
            fputs("\\fR", stream);
        }
        fputc('\n', stream);
        manual_text(f->help ? f->help : "", stream);
        if (f->fallback) {
            fputs("(default ", stream);
            print(f->fallback, stream);
            fputs(")\n", stream);
        }
    }
}

static void print_synopsis(const Command *c, FILE *stream)
{
    fputs(".nf\n\\fBunmush ", stream);
    print(c->name, stream);
    fputs("\\fR ", stream);
    for (const char *line = c->synopsis; *line;) {
        size_t length = strcspn(line, "\n"), space = strspn(line, " ");
        if (strncmp(line + space, "unmush ", strlen("unmush ")) == 0) { /* another form */
            line += space;
            length -= space;
        }
        print_escaped(line, length, stream);
        fputc('\n', stream);
        line += length + (line[length] != 0);
    }
    fputs(".fi\n", stream);
}

void manual_command(const Command *c, const char *date, FILE *stream)
{
    char name[64];
    snprintf(name, sizeof name, "unmush-%s", c->name);
    manual_begin(name, c->summary, date, stream);
    manual_section("SYNOPSIS", stream);
    print_synopsis(c, stream);
    if (c->notes) {
        manual_section("DESCRIPTION", stream);
        manual_text(c->notes, stream);
    }
    manual_section("OPTIONS", stream);
    print_options(c->options, stream);
    print_options(command_common_fields(c), stream);
    manual_item("--help", "shows this in short", stream);
    manual_section("EXIT STATUS", stream);
    manual_text("0: done. 1: failed; one line on standard error says why. 2: wrong usage.", stream);
    manual_section("EXAMPLES", stream);
    manual_lines(c->example, stream);
    manual_section("SEE ALSO", stream);
    fputs(".BR unmush (1)\n", stream);
}
