/* Picture files for tests, written by the format's own library. Paths are unit_scratch's. */
#ifndef TESTS_DATA_PICTURES_H
#define TESTS_DATA_PICTURES_H

#include <stdio.h>

#include <jpeglib.h>
#include <png.h>

#include "data/image.h"

/* Every pixel differs, neighbours only a little. */
Image picture_gradient(int width, int height);

/* A PNG of `depth` bits and libpng's `colour` type from rows of `stride` bytes. Palettes get three
 * colours, some transparent; all get a gamma, which readers must ignore. */
const char *picture_png(const char *name, int width, int height, int depth, int colour,
                        bool interlaced, const uint8_t *rows, size_t stride);

/* A JPEG; `space` JCS_RGB (stored as YCbCr), JCS_GRAYSCALE or JCS_CMYK; exif may be NULL. */
const char *picture_jpeg(const char *name, const uint8_t *rows, int width, int height,
                         J_COLOR_SPACE space, const uint8_t *exif, unsigned exif_bytes);

const char *picture_webp(const char *name, const Image *image, bool lossless);

/* The first `percent` of a scratch file, under another name. */
const char *picture_cut(const char *whole, const char *name, size_t percent);

/* The content of an APP1 segment that says `orientation`; the result is its size, below 64. */
unsigned picture_exif(uint8_t *to, int orientation, bool big_endian);

#endif
