/* Pictures in memory, in and out of files. */
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/file.h"

/* 8-bit RGB, rows contiguous: pixel (x, y) channel c at [(y * width + x) * 3 + c].
 * sRGB as stored, 0..255. */
typedef struct Image {
    int width, height;
    uint8_t *rgb;
} Image;

/* The same with 16 bits a channel, 0..65535; what was 8 bits is multiplied by 257. */
typedef struct Image16 {
    int width, height;
    uint16_t *rgb;
} Image16;

/* One float plane, rows contiguous, usually 0..255. */
typedef struct Plane {
    int width, height;
    float *values;
} Plane;

/* A zeroed image or plane; extents of at least 1. Freeing leaves an empty one (all zero), which may
 * be freed again. */
Image image_new(int width, int height);
void image_free(Image *image);
Plane plane_new(int width, int height);
void plane_free(Plane *plane);

/* Reads PNG (8/16 bit, gray, palette, interlaced), JPEG, still WebP or TIFF (8/16 bit, gray,
 * palette, RGB, alpha; the first page), told apart by content.
 * - An embedded ICC profile's colours become sRGB's (relative colorimetric, black point
 * compensated); without one, or with a damaged one, colours stay as stored. PNG's gAMA and cHRM are
 * ignored.
 * - EXIF orientation is applied; of PNG where its chunk comes before the pixels.
 * - TIFF's extra samples that do not say they are alpha are left out.
 * - Gray is repeated into three channels, what is not opaque is laid over white, 16 bit is rounded
 *   to 8.
 * - At most 2^16 pixels a side, 2^28 in all and 2^31 bytes of file, a colour profile of 4 MiB and
 *   100 scans of a progressive JPEG: checked before memory or time is spent on them.
 * Fails with ERROR_FILE (cannot be read) or ERROR_FORMAT (truncated, damaged, CMYK, animated, too
 * large, not an image), naming the file; *image is then empty. */
int image_read(const char *path, Image *image);

/* The same without rounding 16-bit files to 8 bits. */
int image_read16(const char *path, Image16 *image);
void image16_free(Image16 *image);

/* Reads from memory; `name` is for messages. */
int image_decode(const void *bytes, size_t count, const char *name, Image *image);

/* Width and height after EXIF orientation, from the header alone. The same errors. */
int image_read_size(const char *path, int *width, int *height);

/* Atomically writes an 8-bit RGB PNG. ERROR_FILE. */
int image_write(const char *path, const Image *image);

/* Whether the file name has an extension that image_read knows. */
bool image_is_named_like_one(const char *path);

/* Adds an image file (whatever its name), or every image below a folder (sorted), to the list.
 * ERROR_FILE if there is no such file, or a folder holds none. */
int image_list(const char *path, FileList *list);

/* The part of width x height whose top left pixel is (x, y); it must lie inside. */
Image image_crop(const Image *image, int x, int y, int width, int height);
Image image_copy(const Image *image);

/* Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255, not rounded (BT.601, studio range). */
Plane image_luma(const Image *image);

/* The 8-bit level of a value: clip(floor(v + 0.5), 0, 255); NAN becomes 0. */
static inline uint8_t image_level(float v)
{
    float clipped = v > 0 ? v : 0;
    clipped = clipped < 255 ? clipped : 255;
    return (uint8_t)(int)(clipped + 0.5f);
}

/* One channel (0 red, 1 green, 2 blue) as floats, and three planes of the same extents back,
 * rounded to 8 bits. */
Plane image_channel(const Image *image, int channel);
Image image_from_channels(const Plane planes[3]);

#endif
