/* Power and coherence of a picture against the truth, by spatial frequency. Their product separates
 * "texture is there" from "the right texture is there". */
#ifndef EVAL_SPECTRA_H
#define EVAL_SPECTRA_H

#include "data/image.h"

/* Band k holds the radial frequencies around (k + 1) / SPECTRA_BANDS of Nyquist. */
enum { SPECTRA_BANDS = 32 };

/* Welch's estimate from pieces of 64 x 64 pixels, half overlapping, mean removed, Hann windows. */
typedef struct Spectrum Spectrum;

/* The transformed pieces of a plane, to compare several planes with; NULL where the plane less its
 * border of `crop` pixels is smaller than a piece. */
Spectrum *spectrum_new(const Plane *luma, int crop);
void spectrum_free(Spectrum *spectrum);

/* Of a plane of the same extents, by band:
 *   power      SR's power over HR's; NAN where HR has none
 *   coherence  magnitude-squared coherence, 0..1; NAN where either has none */
void spectrum_compare(const Spectrum *hr, const Plane *sr, double power[SPECTRA_BANDS],
                      double coherence[SPECTRA_BANDS]);

/* Means over the bands that an input shrunk by `scale` cannot carry, weighed alike; NAN bands are
 * left out. */
double spectrum_above(const double bands[SPECTRA_BANDS], int scale);

#endif
