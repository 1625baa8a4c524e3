/* Procedural training pictures: dead leaves with textured leaves, gradients, strokes and noise.
 *
 * Objects of power-law sizes that hide one another give the scale invariance, the edges and the
 * heavy-tailed gradients of photographs: A. B. Lee, D. Mumford, J. Huang, "Occlusion models for
 * natural images", IJCV 2001, doi:10.1023/A:1011109015675. That networks trained on nothing else
 * restore photographs: R. Achddou, Y. Gousseau, S. Ladjal, "Fully synthetic training for image
 * restoration tasks", CVIU 2023, doi:10.1016/j.cviu.2023.103723. */
#ifndef DATA_SYNTH_H
#define DATA_SYNTH_H

#include "data/image.h"

/* Picture `index` of `seed`: a pure function of its arguments; extents of at least 1. */
Image synth_picture(uint64_t seed, uint32_t index, int width, int height);

/* What procedural pictures show. Screenshots: pages, windows, terminals and tables of letters and
 * flat boxes. Drawings: outlines, hatching and flat fills. Both in sharp, antialiased edges, as a
 * program draws them, with neither noise nor blur. */
typedef enum SynthKind { SYNTH_LEAVES, SYNTH_SCREENSHOT, SYNTH_DRAWING } SynthKind;
#define SYNTH_KINDS "leaves|screenshot|drawing"
Image synth_picture_of(SynthKind kind, uint64_t seed, uint32_t index, int width, int height);

/* unmush synth: 0, or -1 with the error pending. Collective. */
int synth_command(int argc, char **argv);

#endif
