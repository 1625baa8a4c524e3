/* The decoders behind image_read, one file each, and what is done to their pixels afterwards.
 * `path` is for messages only. */
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

/* Pixels as a decoder leaves them: interleaved RGB or RGBA of 8 or 16 bits in the machine's order,
 * rows contiguous. */
typedef struct Decoded {
    int width, height;
    int channels, depth; /* 3 or 4; 8 or 16 */
    void *pixels;        /* NULL with header_only */
    int orientation;     /* 1..8 of EXIF; 0 is 1 */
    uint8_t *profile;    /* ICC, or NULL */
    size_t profile_bytes;
} Decoded;

/* Fills *decoded, which is zero, from a whole file. With `header_only` sets just its extents and
 * orientation, which needs no more than the bytes up to the end of the header. On error
 * (ERROR_FORMAT) the caller frees whatever *decoded holds. */
typedef int ImageDecoder(const Encoded *encoded, bool header_only, Decoded *decoded);
ImageDecoder png_decode, jpeg_decode, webp_decode;

/* What pictures may be at most: see image_read. */
enum { IMAGE_MOST_EDGE = 1 << 16, IMAGE_MOST_PROFILE = 4 << 20, IMAGE_MOST_SCANS = 100 };

/* Sets the extents and, unless `header_only`, allocates the pixels. ERROR_FORMAT beyond the
 * limits. */
int decoded_prepare(Decoded *decoded, const Encoded *encoded, uint64_t width, uint64_t height,
                    int channels, int depth, bool header_only);
void decoded_free(Decoded *decoded);

/* Keeps a copy of an ICC profile, unless it is larger than IMAGE_MOST_PROFILE. */
void decoded_keep_profile(Decoded *decoded, const uint8_t *bytes, size_t count);

/* From the embedded profile's colours to sRGB's, in place; nothing without a profile, with one that
 * is sRGB to within a level, and with one that is damaged or of neither RGB nor gray. */
void decoded_to_srgb(Decoded *decoded);

/* Lays what is not opaque over white, and leaves 3 channels. */
void decoded_flatten(Decoded *decoded);

/* Turns and mirrors so that the orientation becomes 1; without pixels turns the extents. */
void decoded_orient(Decoded *decoded);

/* Orientation 1..8 of EXIF data: a TIFF block, or "Exif", two zero bytes and a TIFF block; 1 where
 * there is none or it is damaged. Exif 2.32, section 4.6.4. */
int exif_orientation(const uint8_t *bytes, size_t count);

#endif
