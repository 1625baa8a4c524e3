/* What `unmush weights list` prints. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "nets/weights_job.h"

static const char *const STATE_NAMES[DOWNLOAD_STATES] = {"missing", "part", "damaged", "whole"};

static const char *hash_words(const CatalogueEntry *e)
{
    return e->hash_source == HASH_COMPUTED
               ? "computed from the published file"
               : "first 8 digits as published, all as recorded by others";
}

static void size_words(char text[32], int64_t bytes)
{
    snprintf(text, 32, bytes < 1000000 ? "%.1f kB" : "%.1f MB",
             (double)bytes / (bytes < 1000000 ? 1e3 : 1e6));
}

/* "whole", "no", "part, 43 %". */
static void state_words(char text[32], const WeightsJob *job, int i)
{
    const Download *d = &job->downloads[i];
    snprintf(text, 32, "%s",
             job->states[i] == DOWNLOAD_MISSING ? "no" : STATE_NAMES[job->states[i]]);
    if (job->states[i] == DOWNLOAD_PART)
        snprintf(text, 32, "part, %.0f %%", 100 * (double)download_part_bytes(d) / (double)d->size);
}

static void print_groups(void)
{
    printf("\ngroups\n");
    for (const CatalogueGroup *g = CATALOGUE_GROUPS; g->name; g++) {
        printf("  %-20s%s", g->name, g->purpose);
        for (int i = 0; strcmp(g->name, "all") != 0 && g->members[i]; i++)
            printf("%s%s", i ? ", " : ": ", g->members[i]);
        printf("\n");
    }
    printf(
        "\nSHA-256: computed from the published file; recorded: by others who fetched it, and its "
        "first 8\ndigits are those that the publisher puts into the file's name.\n");
}

void weights_print_table(const WeightsJob *job, bool groups)
{
    char size[32], state[32];
    printf("weights in %s\n\n%-22s%10s  %-11s%-10s%-15s%s\n", job->folder, "name", "size", "there",
           "SHA-256", "licence", "for");
    for (int i = 0; i < CATALOGUE_COUNT; i++) {
        const CatalogueEntry *e = &CATALOGUE[i];
        if (!job->chosen[i])
            continue;
        size_words(size, e->size);
        state_words(state, job, i);
        printf("%-22s%10s  %-11s%-10s%-15s%s\n", e->name, size, state,
               e->hash_source == HASH_COMPUTED ? "computed" : "recorded", e->licence, e->purpose);
    }
    printf("\nfrom\n");
    for (int i = 0; i < CATALOGUE_COUNT; i++)
        if (job->chosen[i])
            printf("  %-20s%s (%s)\n", CATALOGUE[i].name, job->urls[i], CATALOGUE[i].source);
    if (groups)
        print_groups();
}

static cJSON *entry_json(const WeightsJob *job, int i)
{
    const CatalogueEntry *e = &CATALOGUE[i];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", e->name);
    cJSON_AddStringToObject(object, "path", job->paths[i]);
    cJSON_AddStringToObject(object, "state", STATE_NAMES[job->states[i]]);
    cJSON_AddNumberToObject(object, "part", (double)download_part_bytes(&job->downloads[i]));
    cJSON_AddNumberToObject(object, "size", (double)e->size);
    cJSON_AddStringToObject(object, "sha256", e->sha256);
    cJSON_AddStringToObject(object, "sha256_is", hash_words(e));
    cJSON_AddStringToObject(object, "for", e->purpose);
    cJSON_AddStringToObject(object, "source", e->source);
    cJSON_AddStringToObject(object, "licence", e->licence);
    cJSON_AddStringToObject(object, "url", job->urls[i]);
    return object;
}

void weights_print_json(const WeightsJob *job)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "folder", job->folder);
    cJSON *files = cJSON_AddArrayToObject(root, "files");
    for (int i = 0; i < CATALOGUE_COUNT; i++)
        if (job->chosen[i])
            cJSON_AddItemToArray(files, entry_json(job, i));
    cJSON *groups = cJSON_AddObjectToObject(root, "groups");
    for (const CatalogueGroup *g = CATALOGUE_GROUPS; g->name; g++) {
        cJSON *members = cJSON_AddArrayToObject(groups, g->name);
        for (int i = 0; g->members[i]; i++)
            cJSON_AddItemToArray(members, cJSON_CreateString(g->members[i]));
    }
    char *text = cJSON_Print(root);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(root);
}
