/* How much of a picture's grain a network leaves, so that only the rest is added. */
#ifndef UPSCALE_GRAIN_LEFT_H
#define UPSCALE_GRAIN_LEFT_H

#include "upscale/grain/measure.h"
#include "upscale/upscaler.h"

enum { GRAIN_BANDS = 129, GRAIN_BANDS_PER_CYCLE = 64 };

/* Power per area of frequency (cycles a pixel of the source)^2, levels^2, of mid gray: band k is k
 * / GRAIN_BANDS_PER_CYCLE cycles. `shared` is that of what is the same in all channels, `own` of
 * what each has alone. */
typedef struct GrainSpectrum {
    double shared[GRAIN_BANDS], own[GRAIN_BANDS];
} GrainSpectrum;

/* The grain itself, as it was before pixels. */
void grain_spectrum(const Grain *grain, GrainSpectrum *spectrum);

/* What is left of it: the network's answer to flat fields of the picture's colours with grain like
 * its own, rounded as it was. channels: 1 or 3. Errors of upscaler_stream. */
int grain_left(Upscaler *upscaler, const GrainFinding *finding, int channels, int depth,
               GrainSpectrum *left);

/* What is missing of `strength` times the grain. */
void grain_missing(const Grain *grain, double strength, const GrainSpectrum *left,
                   GrainSpectrum *missing);

#endif
