#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/log.h"
#include "core/ranks.h"
#include "data/pairs.h"
#include "data/pairs_write.h"

typedef struct PairsOptions {
    char *output, *degrade;
    int64_t scale, tile, seed;
    int depth;
} PairsOptions;

static const Field OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = FIELD_STRING,
     .offset = offsetof(PairsOptions, output),
     .argument = "OUT.h5",
     .help = "the pair store to write"},
    {.name = "scale",
     .kind = FIELD_INTEGER,
     .offset = offsetof(PairsOptions, scale),
     .min = 1,
     .max = 16,
     .help = "how many times smaller the low-resolution pictures are"},
    {.name = "degrade",
     .kind = FIELD_STRING,
     .offset = offsetof(PairsOptions, degrade),
     .fallback = "bicubic",
     .argument = "NAME|FILE.json",
     .help = "how low-resolution pictures are made, see below"},
    {.name = "tile",
     .kind = FIELD_INTEGER,
     .offset = offsetof(PairsOptions, tile),
     .fallback = "192",
     .min = 8,
     .max = 4096,
     .help = "edge of the high-resolution tiles in pixels, a multiple of the scale; training "
             "crops need at least (crop + 4) * scale"},
    {.name = "seed",
     .kind = FIELD_INTEGER,
     .offset = offsetof(PairsOptions, seed),
     .fallback = "0",
     .min = 0,
     .max = 9007199254740991,
     .help = "of what a degradation draws at random"},
    {.name = "depth",
     .kind = FIELD_CHOICE,
     .offset = offsetof(PairsOptions, depth),
     .fallback = "8",
     .choices = "8|16",
     .help = "bits a channel that are stored"},
    {0}};

static const Command COMMAND = {
    .name = "pairs",
    .summary = "cut pictures into tiles, degrade them, store both",
    .synopsis = "-o OUT.h5 --scale=S [--degrade=NAME|FILE.json] [--tile=N] [--seed=N] IMAGE|DIR...",
    .example = "unmush pairs -o train.h5 --scale=4 photos",
    .notes = "The store is HDF5: /hr and /lr (tiles), /sample (where each comes from).\n"
             "`mpirun -n N unmush pairs ...` shares the work; the pairs are the same.",
    .options = OPTIONS,
    .has_json = true,
    .least = 1,
    .most = -1};

static int check_options(const PairsOptions *o)
{
    if (!o->output)
        return error_set(ERROR_USAGE, "pairs: -o OUT.h5 is missing");
    if (o->scale == 0)
        return error_set(ERROR_USAGE, "pairs: --scale=S is missing");
    if (o->tile % o->scale != 0)
        return error_set(ERROR_USAGE,
                         "pairs: --tile=%" PRId64 " is not a multiple of --scale=%" PRId64, o->tile,
                         o->scale);
    if (file_is_directory(o->output))
        return error_set(ERROR_FILE, "%s: is a folder", o->output);
    return 0;
}

/* Ranks on several machines may see other files under the same names. */
static int check_same_job(const PairJob *job)
{
    uint64_t own[4], first[4];
    pair_job_digest(job, own);
    memcpy(first, own, sizeof first);
    if (ranks_broadcast(first, sizeof first) == 0 && memcmp(own, first, sizeof first) != 0)
        error_set(ERROR_RANK, "finds other pictures than rank 0, or is another version");
    return ranks_agree();
}

static void print_json(const PairsOptions *o, const PairPlan *plan, int64_t bytes)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", o->output);
    cJSON_AddNumberToObject(object, "pairs", (double)plan->tile_count);
    cJSON_AddNumberToObject(object, "pictures", plan->picture_count);
    cJSON_AddNumberToObject(object, "scale", plan->scale);
    cJSON_AddNumberToObject(object, "tile", plan->tile);
    cJSON_AddNumberToObject(object, "bytes", (double)bytes);
    char *line = json_line(object);
    puts(line);
    free(line);
    cJSON_Delete(object);
}

static void report(const PairsOptions *o, const PairPlan *plan)
{
    struct stat status;
    int64_t bytes = stat(o->output, &status) == 0 ? (int64_t)status.st_size : 0;
    if (command_common()->json)
        print_json(o, plan, bytes);
    else if (!log_is_quiet())
        printf("%" PRId64 " pairs from %d pictures, scale %d, tiles of %dx%d: %s, %.1f MB\n",
               plan->tile_count, plan->picture_count, plan->scale, plan->tile, plan->tile,
               o->output, (double)bytes / 1e6);
}

static int make_pairs(const PairsOptions *o, const StringList *arguments)
{
    Degradation *degradation = degradation_open(o->degrade);
    PairPlan *plan = degradation
                         ? pair_plan_new(arguments, (int)o->tile, (int)o->scale, (int)o->tile, NULL)
                         : NULL;
    PairJob job = {plan, degradation, o->depth == 0 ? 8 : 16, (uint64_t)o->seed};
    int result = ranks_agree();
    if (result == 0)
        result = check_same_job(&job);
    if (result == 0)
        result = pairs_write(o->output, &job);
    if (result == 0 && ranks_rank() == 0)
        report(o, plan);
    pair_plan_free(plan);
    degradation_free(degradation);
    return result;
}

int pairs_command(int argc, char **argv)
{
    PairsOptions options;
    StringList arguments;
    Parsed parsed = command_parse(&COMMAND, &options, &arguments, argc, argv);
    int result = parsed == PARSED_ERROR ? -1 : 0;
    if (parsed == PARSED_RUN) {
        result = check_options(&options);
        if (result == 0)
            result = ranks_begin();
        if (result == 0) {
            interrupt_catch();
            result = make_pairs(&options, &arguments);
        }
    }
    command_free(&COMMAND, &options, &arguments);
    return result;
}
