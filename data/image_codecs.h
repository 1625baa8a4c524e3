/* The decoders behind image_read, one file each. `path` is for messages only. */
#ifndef DATA_IMAGE_CODECS_H
#define DATA_IMAGE_CODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/image.h"

/* A picture file, or the beginning of one, in memory. */
typedef struct Encoded {
    const char *path;
    const uint8_t *bytes;
    size_t count;
} Encoded;

/* Fills *image, which is empty, from a whole file. With `header_only` sets just its extents, which
 * needs no more than the bytes up to the end of the header. On error (ERROR_FORMAT) the caller
 * frees whatever *image holds. */
typedef int ImageDecoder(const Encoded *encoded, bool header_only, Image *image);
ImageDecoder png_decode, jpeg_decode, webp_decode;

/* Sets the extents and, unless `header_only`, allocates the pixels. ERROR_FORMAT beyond the limit
 * of 2^28 pixels. */
int image_prepare(const Encoded *encoded, uint64_t width, uint64_t height, bool header_only,
                  Image *image);

/* Orientation 1..8 of an APP1 segment's content ("Exif", two zero bytes, TIFF); 1 where there is
 * none or the segment is damaged. Exif 2.32, section 4.6.4. */
int exif_orientation(const uint8_t *bytes, size_t count);

/* Turns and mirrors the picture so that orientation 1..8 becomes upright; an image without pixels
 * has its extents turned. */
void image_orient(Image *image, int orientation);

#endif
