/* Interleaved integer pixels, as picture files have them, and the planes that networks take. */
#ifndef UPSCALE_PIXELS_H
#define UPSCALE_PIXELS_H

#include <stdbool.h>
#include <stddef.h>

#include "data/image.h"

/* In the machine's order. They belong to whoever made them. */
typedef struct Pixels {
    int width, height;
    int channels; /* 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha */
    int depth;    /* 8, 16 or PIXELS_FLOAT: float in 0..1 */
    const void *values;
    ptrdiff_t stride; /* bytes from a row to the next; 0: they are contiguous */
} Pixels;

enum { PIXELS_FLOAT = 32 };

enum { PIXELS_MOST_CHANNELS = 4 };

Pixels pixels_of_image(const Image *image);
bool pixels_have_alpha(const Pixels *pixels);
/* Red, green and blue, or gray. */
int pixels_colours(const Pixels *pixels);

/* The part of w x h at (x, y) of one channel, in 0..1: the part may go on beyond the right and the
 * lower edge, where the picture is mirrored (its edge pixels not repeated). */
void pixels_to_plane(const Pixels *pixels, int channel, int x, int y, int w, int h, float *plane);

/* Whether a channel has the same value everywhere; *value in 0..1. */
bool pixels_are_constant(const Pixels *pixels, int channel, float *value);

/* count values of each of `channels` planes, in 0..1, -> interleaved pixels of `depth` bits:
 * clip(floor(v * most + 0.5), 0, most), most = 2^depth - 1; NAN becomes 0. */
void pixels_from_planes(float *const *planes, int channels, size_t count, int depth, void *values);

#endif
