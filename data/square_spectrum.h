/* The power spectrum of a picture over both of its frequencies. */
#ifndef DATA_SQUARE_SPECTRUM_H
#define DATA_SQUARE_SPECTRUM_H

#include "data/pieces.h"

enum { SQUARE_LENGTH = PIECE_LENGTH };

/* Mean power of at most 8 x 8 pieces of SQUARE_LENGTH pixels a side, spread evenly, half
 * overlapping or a little more, without their mean, under a Hann window (Welch 1967,
 * doi:10.1109/TAU.1967.1161901). White noise of variance v has v everywhere. plane  at least
 * SQUARE_LENGTH along both axes power  SQUARE_LENGTH^2, [v * SQUARE_LENGTH + u]: u / SQUARE_LENGTH
 * cycles a px across, v down; from half the length on these are the negative frequencies, so
 * power(-u, -v) equals power(u, v) */
void plane_square_spectrum(const Plane *plane, float *power);

#endif
