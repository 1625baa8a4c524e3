/* What an export writes lies in a folder of its own until it is whole, and verified if that was
 * asked for. */
#ifndef EXPORT_STAGING_H
#define EXPORT_STAGING_H

#include <stdbool.h>

typedef struct Staging {
    char *output; /* where it will be */
    char *folder; /* where it is until then, beside it */
    char *path;   /* what the format writes: the folder, or the file of the output's name in it */
    bool is_folder;
    int files;    /* of staging_publish: how many, */
    double bytes; /* and how large together */
} Staging;

/* Makes a new folder OUTPUT.PID-N.unfinished: two exports to one OUTPUT do not meet, and what
 * others have left there stays. ERROR_FILE where OUTPUT is a folder and should be a file, or the
 * other way round. staging_end in every case. */
int staging_begin(Staging *staging, const char *output, bool is_folder);

/* Moves every file to its place; those of the same names are replaced. A folder replaces the whole
 * one that was there: the format sees to it that nothing of others is in that one. */
int staging_publish(Staging *staging);

/* Removes the folder with what is still in it. */
void staging_end(Staging *staging);

#endif
