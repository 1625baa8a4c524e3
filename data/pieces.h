/* Fourier transforms of square pieces of a picture, of which Welch's estimates are made (Welch
 * 1967, doi:10.1109/TAU.1967.1161901). */
#ifndef DATA_PIECES_H
#define DATA_PIECES_H

#include <stdbool.h>

#include "data/image.h"

enum { PIECE_LENGTH = 64, PIECE_PIXELS = PIECE_LENGTH * PIECE_LENGTH };

/* Where the pieces along an extent begin: half overlapping or a little more, reaching both ends; at
 * most `most`, which then lie farther apart. None where the extent is shorter than a piece. */
int pieces_along(int extent, int most);
int piece_start(int extent, int count, int index);

/* Tables and room for transforms, for one thread. */
typedef struct Pieces Pieces;

Pieces *pieces_new(void);
void pieces_free(Pieces *pieces);

/* Puts a piece into the real part (imaginary: false) or the imaginary one: without its mean, under
 * a Hann window of mean square 1. */
void pieces_take(Pieces *pieces, const Plane *plane, int left, int top, bool imaginary);
void pieces_clear_imaginary(Pieces *pieces);

/* Transforms what was taken, which is used up. re, im: PIECE_PIXELS each, valid until the next
 * piece is taken, at [u * PIECE_LENGTH + v]: u / PIECE_LENGTH cycles a px across, v down; from half
 * the length on these are the negative frequencies. */
void pieces_transform(Pieces *pieces, const float **re, const float **im);

#endif
