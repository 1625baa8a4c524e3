/* Procedural training pictures: dead leaves with textured leaves, gradients, strokes and noise.
 * Lee, Mumford & Huang, IJCV 2001 (power-law sizes); Achddou et al., 2023 (as training data). */
#ifndef DATA_SYNTH_H
#define DATA_SYNTH_H

#include "data/image.h"

/* Picture `index` of `seed`: a pure function of its arguments. */
Image synth_picture(uint64_t seed, uint32_t index, int width, int height);

int synth_command(int argc, char **argv);

#endif
