/* Pictures as float planes, for everything that computes on them: fractions and 16 bits survive. */
#ifndef DATA_PICTURE_H
#define DATA_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "data/image.h"
#include "data/workspace.h"

/* Red, green and blue planes of width x height floats each, rows contiguous, 0..255 (beyond it
 * where an operation has overshot and nothing has clipped yet). */
typedef struct Picture {
    int width, height;
    float *planes[3];
} Picture;

/* An uninitialised picture in the workspace; released with it. */
Picture picture_take(Workspace *work, int width, int height);

size_t picture_pixels(const Picture *picture);

/* The part of an image whose top left pixel is (x, y), which lies inside; `to` has its extents.
 * 16-bit levels are divided by 257, which is exact for what was 8 bits. */
void picture_from_image(const Image *image, int x, int y, const Picture *to);
void picture_from_image16(const Image16 *image, int x, int y, const Picture *to);

/* Interleaved 8-bit RGB, rows contiguous, in and out. */
void picture_from_bytes(const uint8_t *rgb, const Picture *to);
void picture_to_bytes(const Picture *picture, uint8_t *rgb);
/* The same with 16 bits a channel. */
void picture_from_words(const uint16_t *rgb, const Picture *to);
void picture_to_words(const Picture *picture, uint16_t *rgb);

/* 0.299 R + 0.587 G + 0.114 B into a plane of the same extents, 0..255. */
void picture_luma(const Picture *picture, const Plane *luma);

void picture_copy(const Picture *from, const Picture *to); /* of the same extents */
void picture_clip(const Picture *picture);                 /* to 0..255 */

/* To the nearest level of 8 or 16 bits, clipped: clip(floor(v + 0.5), 0, 255) for 8, the same of
 * 257 v for 16; NAN becomes 0. Values stay on the 0..255 scale. */
void picture_round(const Picture *picture, int depth);

#endif
