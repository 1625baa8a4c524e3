#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/ranks.h"
#include "data/pairs_options.h"
#include "data/pairs_select.h"
#include "data/pairs_write.h"

int pairs_check_tiles(const PairsOptions *o)
{
    if (o->scale == 0)
        return error_set(ERROR_USAGE, "pairs: --scale=S is missing");
    if (o->tile % o->scale != 0)
        return error_set(ERROR_USAGE,
                         "pairs: --tile=%" PRId64 " is not a multiple of --scale=%" PRId64, o->tile,
                         o->scale);
    if (o->lr && o->degrade)
        return error_set(ERROR_USAGE, "pairs: --lr and --degrade exclude each other");
    if (o->lr && o->step % o->scale != 0)
        return error_set(ERROR_USAGE,
                         "pairs: --step=%" PRId64 " is not a multiple of --scale=%" PRId64
                         ", as paired pictures need it",
                         o->step, o->scale);
    return 0;
}

PairPlan *pairs_plan_of(const PairsOptions *o, const StringList *arguments)
{
    int64_t step = o->step > 0 ? o->step : o->tile;
    return pair_plan_new(arguments, (int)o->tile, (int)o->scale, (int)step, o->lr);
}

static int check_options(const PairsOptions *o, const StringList *arguments)
{
    if (!o->output)
        return error_set(ERROR_USAGE, "pairs: -o OUT.h5 is missing");
    if (pairs_check_tiles(o) != 0)
        return -1;
    if (arguments->count == 0)
        return error_set(ERROR_USAGE, "pairs: no pictures are given");
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

static int make(const PairsOptions *o, PairPlan *plan, const Degradation *degradation)
{
    PairSelection selection = {o->texture, o->flat, o->most, (uint64_t)o->seed};
    if (pair_plan_select(plan, &selection) != 0)
        return -1;
    PairJob job = {plan, degradation, o->depth == 0 ? 8 : 16, (uint64_t)o->seed};
    if (pair_job_check(&job) != 0 || check_same_job(&job) != 0 || pairs_write(o->output, &job) != 0)
        return -1;
    if (ranks_rank() == 0)
        report(o, plan);
    return 0;
}

int pairs_make(const PairsOptions *o, const StringList *arguments)
{
    if (check_options(o, arguments) != 0 || ranks_begin() != 0)
        return -1;
    Degradation *degradation = o->lr ? NULL : degradation_open(o->degrade ? o->degrade : "bicubic");
    PairPlan *plan = o->lr || degradation ? pairs_plan_of(o, arguments) : NULL;
    int result = ranks_agree() == 0 ? make(o, plan, degradation) : -1;
    pair_plan_free(plan);
    degradation_free(degradation);
    return result;
}
