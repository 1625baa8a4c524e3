/* Taking up a run again: which checkpoint, and whether it belongs to this config. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "train/run.h"

/* Keys that change nothing that was trained so far. */
static bool may_differ(const char *path)
{
    static const char *const FREE[] = {"name",
                                       "backend",
                                       "checkpoint",
                                       "alarms",
                                       "log",
                                       "data.memory",
                                       "data.validation.every",
                                       "data.validation.weights",
                                       "exchange.overlap",
                                       "exchange.check_every",
                                       "exchange.deadline"};
    for (size_t i = 0; i < sizeof FREE / sizeof *FREE; i++)
        if (strcmp(path, FREE[i]) == 0)
            return true;
    int index, used = 0;
    return sscanf(path, "stages[%d].steps%n", &index, &used) == 1 && used > 0 && !path[used];
}

static int compare(const cJSON *old, const cJSON *now, const char *path);

static int compare_members(const cJSON *old, const cJSON *now, const char *path)
{
    const cJSON *item;
    int result = 0;
    cJSON_ArrayForEach(item, now)
    {
        char *place = memory_print("%s%s%s", path, *path ? "." : "", item->string);
        result = compare(cJSON_GetObjectItemCaseSensitive(old, item->string), item, place);
        free(place);
        if (result != 0)
            return -1;
    }
    cJSON_ArrayForEach(item, old)
    {
        char *place = memory_print("%s%s%s", path, *path ? "." : "", item->string);
        if (!cJSON_GetObjectItemCaseSensitive(now, item->string))
            result = compare(item, NULL, place);
        free(place);
        if (result != 0)
            return -1;
    }
    return 0;
}

static int compare_items(const cJSON *old, const cJSON *now, const char *path)
{
    int count = cJSON_GetArraySize(now);
    if (count != cJSON_GetArraySize(old))
        return error_set(ERROR_CONFIG, "%s: %d of them, but the run began with %d", path, count,
                         cJSON_GetArraySize(old));
    for (int i = 0; i < count; i++) {
        char *place = memory_print("%s[%d]", path, i);
        int result = compare(cJSON_GetArrayItem(old, i), cJSON_GetArrayItem(now, i), place);
        free(place);
        if (result != 0)
            return -1;
    }
    return 0;
}

static int compare(const cJSON *old, const cJSON *now, const char *path)
{
    if (may_differ(path))
        return 0;
    if (cJSON_IsObject(old) && cJSON_IsObject(now))
        return compare_members(old, now, path);
    if (cJSON_IsArray(old) && cJSON_IsArray(now))
        return compare_items(old, now, path);
    if (old && now && cJSON_Compare(old, now, true))
        return 0;
    char *before = old ? cJSON_PrintUnformatted(old) : NULL;
    error_set(ERROR_CONFIG, "%s: the run began with %s; --resume cannot change it", path,
              before ? before : "no such key");
    cJSON_free(before);
    return -1;
}

/* Steps may grow or shrink, but not below what was done. */
static int check_steps(const Config *config, const Position *p)
{
    if (p->stage < 0 || p->stage >= config->stages.count || p->stage_step < 0)
        return error_set(ERROR_FORMAT, "stage %lld does not exist", (long long)p->stage);
    if (config_steps_before(config, (int)p->stage) + p->stage_step != p->step)
        return error_set(ERROR_CONFIG, "stages: a finished stage's steps may not change");
    if (p->stage_step > config_stage(config, (int)p->stage)->steps)
        return error_set(ERROR_CONFIG, "stages[%lld].steps: %lld were done already",
                         (long long)p->stage, (long long)p->stage_step);
    return 0;
}

/* What is validated may change, too, unless training leaves out what is. */
static void forget_validation(cJSON *config)
{
    cJSON *data = cJSON_GetObjectItemCaseSensitive(config, "data");
    cJSON_DeleteItemFromObjectCaseSensitive(data, "validation");
}

/* What the run began with. Keys that came into the program since have their defaults. */
static cJSON *config_of(const CheckpointHead *head)
{
    Config config;
    int result = config_parse(&config, head->config, "");
    cJSON *dump = result == 0 ? config_dump(&config) : NULL;
    config_free(&config);
    return dump;
}

static int check_head(const Run *run, const CheckpointHead *head)
{
    cJSON *old = config_of(head);
    if (!old)
        return error_note("the config that the run began with");
    cJSON *now = config_dump(run->config);
    if (!config_reads_pictures(run->config)) {
        forget_validation(old);
        forget_validation(now);
    }
    int result = compare(old, now, "");
    cJSON_Delete(old);
    cJSON_Delete(now);
    return result == 0 ? check_steps(run->config, &head->position) : -1;
}

static void warn_of_changes(const Surroundings *then, const Network *generator)
{
    Surroundings now = surroundings_here(generator);
    if (then->ranks != now.ranks || then->threads != now.threads)
        log_warn("--resume: %lld ranks x %lld threads before, %lld x %lld now; results will differ "
                 "in their last bits",
                 (long long)then->ranks, (long long)then->threads, (long long)now.ranks,
                 (long long)now.threads);
    if (strcmp(then->processor, now.processor) != 0)
        log_warn("--resume: the processor was %s, now it is %s; results will differ in their last "
                 "bits",
                 then->processor, now.processor);
    if (strcmp(then->backend, now.backend) != 0)
        log_warn("--resume: the backend was %s, now it is %s; results will differ in their last "
                 "bits",
                 then->backend, now.backend);
    if (*then->precision && strcmp(then->precision, now.precision) != 0)
        log_warn("--resume: the precision was %s, now it is %s; results will differ",
                 then->precision, now.precision);
    if (strcmp(then->libraries, now.libraries) != 0)
        log_warn("--resume: the libraries were %s, now they are %s; results may differ",
                 then->libraries, now.libraries);
}

/* Reads one checkpoint. A config that does not fit is an error, whatever the file. */
static int take_up(Run *run, int64_t step)
{
    char *path = checkpoint_path(run->folder, step);
    CheckpointHead head;
    int result = checkpoint_read_head(path, &head);
    if (result == 0)
        result = check_head(run, &head);
    if (result == 0)
        result = checkpoint_read(path, run->generator, run->discriminator);
    if (result == 0) {
        run->position = head.position;
        warn_of_changes(&head.surroundings, run->generator->network);
    }
    checkpoint_head_free(&head);
    free(path);
    return result;
}

/* Rank 0 tries them, newest first: the step taken up, -1 if there is none. */
static int64_t take_up_newest(Run *run)
{
    int64_t *steps, taken = -1;
    int count = checkpoint_list(run->folder, &steps);
    for (int i = 0; i < count && taken < 0; i++) {
        if (take_up(run, steps[i]) == 0) {
            taken = steps[i];
        } else if (error_pending() == ERROR_CONFIG) {
            break;
        } else if (i + 1 < count) {
            log_warn("%s; trying an older one", error_message());
            error_clear();
        }
    }
    free(steps);
    return taken;
}

int run_resume(Run *run)
{
    int64_t step = ranks_rank() == 0 ? take_up_newest(run) : -1;
    if (ranks_agree() != 0 || ranks_broadcast(&step, sizeof step) != 0)
        return -1;
    if (step < 0) {
        log_info("%s: no checkpoint to resume from, starting at step 0", run->folder);
        return 0;
    }
    if (ranks_rank() != 0)
        take_up(run, step);
    if (ranks_agree() != 0)
        return -1;
    log_info("%s: resuming at step %lld", run->folder, (long long)step);
    return 0;
}
