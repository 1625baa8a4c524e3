/* unmush weights: what is published, what of it is in the cache, and getting it. */
#include <stdlib.h>
#include <string.h>

#include "core/command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"
#include "nets/weights_catalogue.h"
#include "nets/weights_job.h"

typedef struct WeightsOptions {
    char *from;
    int64_t stall;
} WeightsOptions;

static const Field OPTIONS[] = {
    {.name = "from",
     .kind = FIELD_STRING,
     .argument = "URL",
     .offset = offsetof(WeightsOptions, from),
     .help = "fetch: a mirror, http or https: the address below which the files lie"},
    {.name = "stall",
     .kind = FIELD_INTEGER,
     .offset = offsetof(WeightsOptions, stall),
     .fallback = "30",
     .min = 1,
     .max = 3600,
     .help = "fetch: seconds without next to any bytes before it is given up"},
    {0}};

static const Command WEIGHTS = {
    .name = "weights",
    .summary = "show and fetch the published weights that LPIPS, DISTS and losses need",
    .synopsis = "list [NAME...] | fetch NAME...",
    .notes =
        "NAME is a file or a group of `unmush weights list`; eval --weights=cache measures with\n"
        "what was fetched, and configs name files so: \"features\": {\"weights\": \"vgg19\"}.\n"
        "A fetch that was interrupted goes on where it was. A file gets its name when its SHA-256\n"
        "is right. They lie in $UNMUSH_CACHE, else $XDG_CACHE_HOME/unmush/weights, else\n"
        "~/.cache/unmush/weights; files put there by hand are as good (list checks them).\n"
        "$UNMUSH_WEIGHTS_MIRROR is a --from for always; proxies are those of https_proxy and\n"
        "all_proxy.",
    .example = "unmush weights fetch lpips-alex perceptual",
    .options = OPTIONS,
    .least = 1,
    .most = -1,
    .has_json = true};

static const char *nearest_name(const char *name)
{
    const char *nearest = NULL;
    int best = 4;
    for (int i = 0; i < CATALOGUE_COUNT; i++)
        if (spelling_distance(CATALOGUE[i].name, name) < best) {
            best = spelling_distance(CATALOGUE[i].name, name);
            nearest = CATALOGUE[i].name;
        }
    for (const CatalogueGroup *g = CATALOGUE_GROUPS; g->name; g++)
        if (spelling_distance(g->name, name) < best) {
            best = spelling_distance(g->name, name);
            nearest = g->name;
        }
    return nearest;
}

static int choose(WeightsJob *job, const char *name)
{
    const CatalogueGroup *group = catalogue_find_group(name);
    const CatalogueEntry *entry = catalogue_find(name);
    if (entry)
        job->chosen[entry - CATALOGUE] = true;
    for (int i = 0; group && group->members[i]; i++)
        choose(job, group->members[i]);
    if (entry || group)
        return 0;
    const char *nearest = nearest_name(name);
    return error_set(ERROR_USAGE,
                     "weights: %s: no such weights%s%s%s (`unmush weights list` names all)", name,
                     nearest ? ", did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static int job_begin(WeightsJob *job, const WeightsOptions *o, const StringList *names)
{
    *job = (WeightsJob){.folder = weights_cache_folder()};
    const char *mirror = o->from ? o->from : getenv("UNMUSH_WEIGHTS_MIRROR");
    if (mirror && !*mirror)
        mirror = NULL;
    for (int i = 1; i < names->count; i++)
        if (choose(job, names->items[i]) != 0)
            return -1;
    for (int i = 0; job->folder && i < CATALOGUE_COUNT; i++) {
        const CatalogueEntry *e = &CATALOGUE[i];
        job->chosen[i] |= names->count == 1;
        job->paths[i] = file_join(job->folder, e->file);
        job->urls[i] = mirror ? file_join(mirror, e->file) : memory_copy_string(e->url);
        job->downloads[i] = (Download){job->urls[i], job->paths[i],  e->size,
                                       e->sha256,    mirror != NULL, (double)o->stall};
    }
    return job->folder ? 0 : -1;
}

static void job_end(WeightsJob *job)
{
    for (int i = 0; i < CATALOGUE_COUNT; i++) {
        free(job->paths[i]);
        free(job->urls[i]);
    }
    free(job->folder);
}

static int look(void *context, int i)
{
    WeightsJob *job = context;
    int state = job->chosen[i] ? download_state(&job->downloads[i]) : DOWNLOAD_MISSING;
    if (state < 0)
        return -1;
    job->states[i] = (DownloadState)state;
    return 0;
}

static int list(WeightsJob *job, const StringList *names)
{
    if (threads_for(CATALOGUE_COUNT, look, job) != 0)
        return -1;
    if (command_common()->json) {
        weights_print_json(job);
        return 0;
    }
    weights_print_table(job, names->count == 1);
    return 0;
}

static int fetch_one(WeightsJob *job, int i)
{
    if (look(job, i) != 0)
        return -1;
    if (job->states[i] == DOWNLOAD_WHOLE) {
        log_info("%s is there", job->paths[i]);
        return 0;
    }
    if (job->states[i] == DOWNLOAD_DAMAGED)
        log_info("%s is damaged: fetched again", job->paths[i]);
    if (download(&job->downloads[i]) != 0)
        return -1;
    job->states[i] = DOWNLOAD_WHOLE;
    log_info("%s: SHA-256 is right", job->paths[i]);
    return 0;
}

static int fetch(WeightsJob *job, const StringList *names)
{
    if (names->count == 1)
        return error_set(ERROR_USAGE, "weights fetch: which? `unmush weights list` names them");
    int result = file_make_directories(job->folder);
    for (int i = 0; i < CATALOGUE_COUNT && result == 0; i++)
        if (job->chosen[i])
            result = fetch_one(job, i);
    if (result == 0 && command_common()->json)
        weights_print_json(job);
    return result;
}

static int run(const WeightsOptions *o, const StringList *names)
{
    bool lists = strcmp(names->items[0], "list") == 0;
    if (!lists && strcmp(names->items[0], "fetch") != 0)
        return error_set(ERROR_USAGE, "weights: list or fetch, not %s", names->items[0]);
    WeightsJob job;
    int result = job_begin(&job, o, names);
    if (result == 0)
        result = lists ? list(&job, names) : fetch(&job, names);
    job_end(&job);
    return result;
}

int weights_command(int argc, char **argv)
{
    WeightsOptions options;
    StringList arguments;
    Parsed parsed = command_parse(&WEIGHTS, &options, &arguments, argc, argv);
    int result = parsed == PARSED_RUN ? run(&options, &arguments) : parsed == PARSED_HELP ? 0 : -1;
    command_free(&WEIGHTS, &options, &arguments);
    return result;
}
