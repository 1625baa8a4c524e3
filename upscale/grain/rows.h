/* Grain for a picture on its way to a file. */
#ifndef UPSCALE_GRAIN_ROWS_H
#define UPSCALE_GRAIN_ROWS_H

#include "upscale/grain/left.h"
#include "upscale/rows.h"

/* Adds grain to the colours, not to alpha, of the picture that `next` takes: each pixel's as its
 * own tone asks. What a pixel gets depends on the arguments and its place alone. grain     how it
 * depends on tones spectrum  of what is added, see there across, down  pixels of the result to one
 * of the source Freed with grain_rows_free. */
RowSink *grain_rows_new(const Grain *grain, const GrainSpectrum *spectrum, double across,
                        double down, uint64_t seed, RowSink *next);
void grain_rows_free(RowSink *grain); /* NULL is fine */

#endif
