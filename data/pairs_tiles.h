/* Making runs of consecutive tiles: decode each picture once, cut, degrade, describe. */
#ifndef DATA_PAIRS_TILES_H
#define DATA_PAIRS_TILES_H

#include <stdint.h>

#include "data/degrade.h"
#include "data/pairs_plan.h"

enum { PAIR_SAMPLE_BYTES = 256 }; /* of the JSON text of one tile */

typedef struct TileMaker TileMaker;

/* Room for up to `most` tiles at a time. plan and degradation are not owned. */
TileMaker *tile_maker_new(const PairPlan *plan, const Degradation *degradation, uint64_t seed,
                          int most);
void tile_maker_free(TileMaker *maker);

/* Makes tiles first .. first+count-1 in threads; count is at most `most` and may be 0. The result
 * depends on the plan, the degradation and the seed only. ERROR_FILE, ERROR_FORMAT if a picture
 * cannot be read, ERROR_INTERRUPT after a signal. */
int tile_maker_run(TileMaker *maker, int64_t first, int count);

/* What the last run made: hr [count,tile,tile,3], lr [count,tile/scale,tile/scale,3], sample
 * [count,PAIR_SAMPLE_BYTES] padded with zeros. */
const uint8_t *tile_maker_hr(const TileMaker *maker);
const uint8_t *tile_maker_lr(const TileMaker *maker);
const char *tile_maker_samples(const TileMaker *maker);

#endif
