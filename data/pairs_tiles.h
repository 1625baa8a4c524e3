/* Making pairs: decode each picture once, cut, degrade, describe. */
#ifndef DATA_PAIRS_TILES_H
#define DATA_PAIRS_TILES_H

#include <stdint.h>

#include "data/pairs_job.h"

typedef struct TileMaker TileMaker;

/* For the job's tiles indices[0..count-1], which ascend. Nothing is copied. */
TileMaker *tile_maker_new(const PairJob *job, const int64_t *indices, int64_t count);
void tile_maker_free(TileMaker *maker);

/* Makes the records (see pairs_job.h) of indices[first .. first+count-1] in threads; later runs
 * must be of later tiles. What a record holds depends on the job alone. ERROR_FILE, ERROR_FORMAT if
 * a picture cannot be read, ERROR_INTERRUPT after a signal. */
int tile_maker_run(TileMaker *maker, int64_t first, int count, uint8_t *records);

#endif
