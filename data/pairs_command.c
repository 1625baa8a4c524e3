#include "data/pairs.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/command.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "data/degrade.h"
#include "data/pairs_options.h"

#define OPTION(member) .name = #member, .offset = offsetof(PairsOptions, member)

static const Field OPTIONS[] = {
    {OPTION(output), .letter = 'o', .kind = FIELD_STRING, .argument = "OUT.h5",
     .help = "the pair store to write; with --show or --replay a PNG"},
    {OPTION(scale), .kind = FIELD_INTEGER, .min = 1, .max = 16,
     .help = "how many times smaller the low-resolution pictures are"},
    {OPTION(degrade), .kind = FIELD_STRING, .argument = "NAME|FILE.json",
     .help = "how low-resolution pictures are made: a preset (below; bicubic unless told) or a "
             "recipe"},
    {OPTION(lr), .kind = FIELD_STRING, .argument = "DIR",
     .help = "instead of making them, take those of the same stem there"},
    {OPTION(tile), .kind = FIELD_INTEGER, .fallback = "192", .min = 8, .max = 4096,
     .help = "edge of the high-resolution tiles in pixels, a multiple of the scale; training "
             "crops need at least (crop + 4) * scale"},
    {OPTION(step), .kind = FIELD_INTEGER, .min = 1, .max = 1 << 20,
     .help = "pixels from one tile to the next; below --tile they overlap (default: --tile)"},
    {OPTION(texture), .kind = FIELD_REAL, .min = 0, .max = 255,
     .help = "tiles whose mean gradient is below so many levels are flat; 0: none (try 2)"},
    {OPTION(flat), .kind = FIELD_REAL, .fallback = "0.05", .min = 0, .max = 1,
     .help = "share of the flat tiles that is kept"},
    {OPTION(most), .kind = FIELD_INTEGER, .min = 0, .max = 1 << 28,
     .help = "keep at most so many tiles, evenly of every degree of texture; 0: all"},
    {OPTION(depth), .kind = FIELD_CHOICE, .fallback = "8", .choices = "8|16",
     .help = "bits a channel that are stored"},
    {OPTION(seed), .kind = FIELD_INTEGER, .fallback = "0", .min = 0, .max = 9007199254740991,
     .help = "of everything drawn at random"},
    {OPTION(replay), .kind = FIELD_STRING, .argument = "FILE.h5",
     .help = "make LR tiles of a store again, from its HR tiles and what was drawn, and compare"},
    {OPTION(index), .kind = FIELD_STRING, .fallback = "all", .argument = "WHICH",
     .help = "which with --replay: 7, 3,7,20-29, all, or random:1000 (by --seed)"},
    {OPTION(show), .kind = FIELD_INTEGER, .min = 0, .max = 1000, .argument = "N",
     .help = "draw N pairs of a store, or of pictures, with what happened to them, into a PNG"},
    {OPTION(check), .kind = FIELD_FLAG,
     .help = "list every bad picture: unreadable, smaller than --tile, not --scale times that of "
             "--lr, there twice, enlarged or blurred before, heavily compressed, nearly flat"},
    {0}};

static const Command COMMAND = {
    .name = "pairs",
    .summary = "cut pictures into tiles, degrade them, store both",
    .synopsis = "-o OUT.h5 --scale=S [--degrade=NAME|FILE.json] [--tile=N] [--seed=N] "
                "IMAGE|DIR...\n"
                "       unmush pairs --replay FILE.h5 [--index=WHICH] [-o LR.png]\n"
                "       unmush pairs --show N -o SHEET.png [--scale=S] [--degrade=...] "
                "FILE.h5|IMAGE|DIR...\n"
                "       unmush pairs --check [--tile=N] [--scale=S --lr=DIR] FILE.h5|IMAGE|DIR...",
    .example = "unmush pairs -o train.h5 --scale=4 --degrade=realesrgan photos",
    .options = OPTIONS,
    .has_json = true,
    .least = 0,
    .most = -1};

/* What the table cannot hold: the presets. */
static char *notes(void)
{
    static const char TEXT[] =
        "The store is HDF5: /hr and /lr (tiles), /sample (where each comes from, and what happened "
        "to it).\n"
        "`mpirun -n N unmush pairs ...` shares the work; the file is the same. What is made lies "
        "in "
        "OUT.h5.parts\n"
        "until it is whole: the same command goes on after an interruption.\n\npresets:\n";
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    fputs(TEXT, stream);
    const char *name, *about;
    for (int i = 0; (name = degradation_preset(i, &about)); i++)
        fprintf(stream, "%s  %-16s %s", i > 0 ? "\n" : "", name, about);
    fclose(stream);
    return text;
}

static int run(const PairsOptions *options, const StringList *arguments)
{
    interrupt_catch();
    if (options->replay)
        return pairs_replay(options, arguments);
    if (options->check)
        return pairs_check(options, arguments);
    if (options->show > 0)
        return pairs_show(options, arguments);
    return pairs_make(options, arguments);
}

int pairs_command(int argc, char **argv)
{
    PairsOptions options;
    StringList arguments;
    char *text = notes();
    Command command = COMMAND;
    command.notes = text;
    Parsed parsed = command_parse(&command, &options, &arguments, argc, argv);
    int result = parsed == PARSED_ERROR ? -1 : 0;
    if (parsed == PARSED_RUN)
        result = run(&options, &arguments);
    command_free(&command, &options, &arguments);
    free(text);
    return result;
}
