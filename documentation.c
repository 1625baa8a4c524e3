#include "documentation.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/completion.h"
#include "core/error.h"
#include "core/file.h"
#include "core/manual.h"
#include "core/memory.h"

static const Field NOTHING[] = {{0}};

static const Command COMPLETION = {
    .name = "completion",
    .summary = "print what completes command lines in a shell",
    .synopsis = SHELL_NAMES,
    .notes = "bash: source <(unmush completion bash); zsh: the same, after compinit; fish:\n"
             "unmush completion fish | source. The package installs all three.",
    .example = "unmush completion bash >~/.local/share/bash-completion/completions/unmush",
    .options = NOTHING,
    .least = 1,
    .most = 1};

static const char ENVIRONMENT[] =
    "UNMUSH_CACHE\0where fetched weights lie; else $XDG_CACHE_HOME/unmush/weights\0"
    "UNMUSH_WEIGHTS_MIRROR\0the address that unmush weights fetch takes in place of the "
    "publishers'\0"
    "UNMUSH_ONNXRUNTIME\0ONNX Runtime's libonnxruntime.so, where the system has none\0"
    "UNMUSH_WEB_RUNTIME\0onnxruntime-web, for unmush export --format=web\0"
    "UNMUSH_BACKEND\0torch: libtorch computes networks, not the fused reader (train has a key)\0"
    "UNMUSH_ISA\0the best that kernels may use of the processor: portable, avx2, avx512, "
    "avx512vnni or avx512bf16\0"
    "UNMUSH_SILENCE\0seconds after which a silent rank counts as dead (25; 0: never)\0"
    "UNMUSH_DEADLINE\0seconds that any one wait for other ranks may take (0: for ever)\0"
    "CUDA_VISIBLE_DEVICES\0empty: no GPU is used\0"
    "ATEN_CPU_CAPABILITY\0what libtorch uses of the processor; the best unless told\0";

/* ---- The commands' tables ------------------------------------------------------------------- */

typedef struct Page {
    Shell shell;
    const char *date;
    FILE *stream;
} Page;

static void complete(void *context, const Command *c)
{
    const Page *p = context;
    completion_command(p->shell, c, p->stream);
}

static void describe(void *context, const Command *c)
{
    const Page *p = context;
    manual_command(c, p->date, p->stream);
}

static int visit(const Subcommand *c, CommandVisitor *visitor, Page *page)
{
    char *argv[] = {(char *)(size_t)c->name, NULL};
    command_visit(visitor, page);
    int result = c->run(1, argv);
    command_visit(NULL, NULL);
    return result;
}

static int print_completion(const Subcommand *commands, Shell shell, FILE *stream)
{
    Page page = {.shell = shell, .stream = stream};
    StringList names = {0};
    int result = 0;
    for (const Subcommand *c = commands; c->name; c++)
        string_list_add(&names, c->name);
    completion_begin(shell, &names, stream);
    for (const Subcommand *c = commands; c->name && result == 0; c++)
        result = visit(c, complete, &page);
    completion_end(shell, stream);
    string_list_free(&names);
    return result;
}

int documentation_complete(const Subcommand *commands, int argc, char **argv)
{
    static const char *const NAMES[] = {
        [SHELL_BASH] = "bash", [SHELL_ZSH] = "zsh", [SHELL_FISH] = "fish"};
    StringList arguments;
    Parsed parsed = command_parse(&COMPLETION, NULL, &arguments, argc, argv);
    int result = parsed == PARSED_HELP ? 0 : -1, shell = SHELL_BASH;
    if (parsed == PARSED_RUN) {
        while (shell <= SHELL_FISH && strcmp(NAMES[shell], arguments.items[0]) != 0)
            shell++;
        result = shell <= SHELL_FISH
                     ? print_completion(commands, (Shell)shell, stdout)
                     : error_set(ERROR_USAGE, "completion: %s is none of " SHELL_NAMES,
                                 arguments.items[0]);
    }
    command_free(&COMPLETION, NULL, &arguments);
    return result;
}

/* ---- Files ---------------------------------------------------------------------------------- */

static void print_overview(const Subcommand *commands, const char *date, FILE *stream)
{
    manual_begin("unmush", "train, judge and use image upscalers", date, stream);
    manual_section("SYNOPSIS", stream);
    manual_lines("unmush COMMAND [OPTIONS] [FILES]\nunmush COMMAND --help\nunmush --version",
                 stream);
    manual_section("DESCRIPTION", stream);
    manual_text("Trains image upscalers, measures how much they smooth away and how much they make "
                "up,\nand writes them for other programs. Each command has a page of its own.",
                stream);
    manual_section("COMMANDS", stream);
    for (const Subcommand *c = commands; c->name; c++) {
        char term[64];
        snprintf(term, sizeof term, "unmush-%s(1)", c->name);
        manual_item(term, c->summary, stream);
    }
    manual_item("unmush completion " SHELL_NAMES, COMPLETION.summary, stream);
    manual_section("EXIT STATUS", stream);
    manual_text("0: done. 1: failed; one line on standard error says why. 2: wrong usage.", stream);
    manual_section("ENVIRONMENT", stream);
    for (const char *name = ENVIRONMENT; *name;) {
        const char *text = name + strlen(name) + 1;
        manual_item(name, text, stream);
        name = text + strlen(text) + 1;
    }
    manual_section("EXAMPLES", stream);
    manual_lines("unmush upscale --model=model.safetensors -o large.png small.png\n"
                 "mpirun -n 4 --bind-to none unmush train my.json -o runs/mine",
                 stream);
}

static FILE *create(const char *folder, const char *part, const char *name)
{
    char *where = memory_print("%s/%s", folder, part);
    char *path = memory_print("%s/%s", where, name);
    FILE *stream = file_make_directories(where) == 0 ? fopen(path, "w") : NULL;
    if (!stream)
        error_set_errno(ERROR_FILE, "%s", path);
    free(where);
    free(path);
    return stream;
}

/* 0 where `result` is, and all was written. */
static int finish(FILE *stream, int result)
{
    bool whole = !ferror(stream);
    if (fclose(stream) != 0 || !whole)
        return error_set_errno(ERROR_FILE, "documentation");
    return result;
}

/* Today, or the day that reproducible builds ask for. */
static void find_date(char *date, size_t size)
{
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    const time_t when = fixed ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
    struct tm day;
    gmtime_r(&when, &day);
    strftime(date, size, "%Y-%m-%d", &day);
}

static int write_pages(const Subcommand *commands, const char *folder)
{
    char date[16];
    find_date(date, sizeof date);
    FILE *stream = create(folder, "man1", "unmush.1");
    if (!stream)
        return -1;
    print_overview(commands, date, stream);
    int result = finish(stream, 0);
    for (const Subcommand *c = commands; c->name && result == 0; c++) {
        char *name = memory_print("unmush-%s.1", c->name);
        Page page = {.date = date, .stream = create(folder, "man1", name)};
        result = page.stream ? finish(page.stream, visit(c, describe, &page)) : -1;
        free(name);
    }
    return result;
}

static int write_completion(const Subcommand *commands, const char *folder)
{
    static const char *const FILES[][2] = {[SHELL_BASH] = {"bash", "unmush"},
                                           [SHELL_ZSH] = {"zsh", "_unmush"},
                                           [SHELL_FISH] = {"fish", "unmush.fish"}};
    int result = 0;
    for (int s = SHELL_BASH; s <= SHELL_FISH && result == 0; s++) {
        FILE *stream = create(folder, FILES[s][0], FILES[s][1]);
        result = stream ? finish(stream, print_completion(commands, (Shell)s, stream)) : -1;
    }
    return result;
}

int documentation_write(const Subcommand *commands, int argc, char **argv)
{
    if (argc != 2)
        return error_set(ERROR_USAGE, "documentation: one folder is needed");
    return write_pages(commands, argv[1]) == 0 ? write_completion(commands, argv[1]) : -1;
}
