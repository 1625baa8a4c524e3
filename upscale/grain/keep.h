/* --grain: what a picture's grain is, what a network leaves of it, and the stage that adds the
 * rest.
 */
#ifndef UPSCALE_GRAIN_KEEP_H
#define UPSCALE_GRAIN_KEEP_H

#include "upscale/grain/rows.h"

/* "off" is 0, "keep" 1, or a number of 0..8. ERROR_USAGE naming --grain. */
int grain_parse(const char *text, double *strength);

typedef struct KeptGrain {
    bool found;
    Grain grain;
    GrainSpectrum missing;
    uint64_t seed; /* of the picture's content */
} KeptGrain;

/* Tries the network on what was found in a picture, whose pixels may be a part of it. Nothing is
 * done where that is none, or strength 0. Errors of upscaler_stream. */
int grain_keep(const GrainFinding *finding, double strength, const Pixels *lr, Upscaler *upscaler,
               KeptGrain *kept);

/* The stage before `next`; NULL where nothing was found. `width` and `height` are the extents that
 * are enlarged to those of next. Freed with grain_rows_free. */
RowSink *grain_keep_rows(const KeptGrain *kept, int width, int height, RowSink *next);

#endif
