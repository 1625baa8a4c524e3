/* The grain that explains cosine transforms of flat areas best: its likelihood, in which JPEG's
 * rounding takes part. */
#ifndef UPSCALE_GRAIN_FIT_H
#define UPSCALE_GRAIN_FIT_H

#include "upscale/grain/areas.h"
#include "upscale/grain/grain.h"

/* Squared deviation of an area's luma, relative to that of a channel at mid gray. */
double grain_luma_response(const Grain *grain, const GrainArea *area);

/* Variance of each coefficient of a block of grain of deviation 1, [v * 8 + u]. */
void grain_block_variances(double size, double *variances);

/* Sets strength, size and colour (0 of gray pictures) of grain of a given evenness from the areas
 * that `flat` names; the colour given is where the search begins. */
void grain_fit(const GrainAreas *areas, const int *flat, int count, bool gray, Grain *grain);

#endif
