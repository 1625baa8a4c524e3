/* What a run of `unmush pairs` has made so far: the folder OUT.h5.parts. Every rank appends whole
 * records (pairs_job.h) to a file of its own, so that a kill costs at most the record being
 * written; the same command finds the others again, whatever the number of ranks then and now. */
#ifndef DATA_PAIRS_PARTS_H
#define DATA_PAIRS_PARTS_H

#include <stdint.h>

#include "data/pairs_job.h"

typedef struct PairParts PairParts;

/* Makes the parts' folder of the store `path`, or looks through the one there is; a torn or damaged
 * record counts as not there. ERROR_FILE if it belongs to a run still going, ERROR_CONFIG if to
 * another command. Collective. */
PairParts *pair_parts_open(const char *path, const PairJob *job);

/* The folder stays unless it is empty. Collective. */
void pair_parts_close(PairParts *parts);

/* The temporary name of the store, in the folder: what is there when it is opened goes away. */
const char *pair_parts_store(const PairParts *parts);

/* The tiles that were not there yet when the folder was opened, ascending. */
const int64_t *pair_parts_missing(const PairParts *parts, int64_t *count);

/* Appends records of this rank's share (ranks_share) of the missing tiles, in their order. A full
 * disk is ERROR_FILE. */
int pair_parts_append(PairParts *parts, const uint8_t *records, int count);

/* After every rank has appended its whole share: the record of a tile, checked again. Rank 0 only.
 * ERROR_FILE. */
int pair_parts_read(PairParts *parts, int64_t index, uint8_t *record);

/* Removes all parts. Rank 0 only. */
void pair_parts_remove(PairParts *parts);

#endif
