/* From parts to the store. */
#ifndef DATA_PAIRS_ASSEMBLE_H
#define DATA_PAIRS_ASSEMBLE_H

#include <stdint.h>

#include "data/pairs_parts.h"

/* At most what the finished file takes. */
int64_t pair_store_bytes(const PairJob *job);

/* Writes the store from parts that hold every pair, under a temporary name among them, and gives it
 * its final one. Rank 0 only. ERROR_FILE, ERROR_INTERRUPT; should HDF5 fail, the whole run ends. */
int pairs_assemble(const char *path, const PairJob *job, PairParts *parts);

#endif
