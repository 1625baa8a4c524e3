/* What `unmush weights` is asked for, and how it says so. */
#ifndef NETS_WEIGHTS_JOB_H
#define NETS_WEIGHTS_JOB_H

#include <stdbool.h>

#include "core/download.h"
#include "nets/weights_catalogue.h"

/* Entries that a command is about, and where they are. */
typedef struct Job {
    char *folder;
    bool chosen[CATALOGUE_COUNT];
    char *paths[CATALOGUE_COUNT], *urls[CATALOGUE_COUNT];
    Download downloads[CATALOGUE_COUNT];
    DownloadState states[CATALOGUE_COUNT];
} WeightsJob;

/* The chosen entries on standard output; `groups`: what can be named together, too. */
void weights_print_table(const WeightsJob *job, bool groups);
void weights_print_json(const WeightsJob *job);

#endif
