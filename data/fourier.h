/* Discrete Fourier transforms of planes of any extents. */
#ifndef DATA_FOURIER_H
#define DATA_FOURIER_H

#include "data/image.h"

/* Replaces complex values z at (x, y) by the sums over x and y of
 * z exp(-2 pi i (u x / width + v y / height)), at column u and row v, not normalised.
 *   re, im  real and imaginary parts, of the same extents
 * Extents of prime factors up to 7 are fastest; others take two to four times as long (Bluestein
 * 1970, doi:10.1109/TAU.1970.1162132). */
void fourier_plane(Plane *re, Plane *im);

#endif
