/* The decoders behind image_read, one file each, and what is done to their pixels afterwards.
 * `path` is for messages only. */
#ifndef DATA_IMAGE_CODECS_H
#define DATA_IMAGE_CODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/image.h"
#include "data/photo.h"

/* A picture file, or the beginning of one, in memory. */
typedef struct Encoded {
    const char *path;
    const uint8_t *bytes;
    size_t count;
} Encoded;

/* Pixels as a decoder leaves them: interleaved gray, gray and alpha, RGB or RGBA of 8 or 16 bits in
 * the machine's order, rows contiguous. */
typedef struct Decoded {
    int width, height;
    int channels, depth; /* 1 to 4; 8 or 16 */
    void *pixels;        /* NULL with DECODE_HEADER */
    int orientation;     /* 1..8 of EXIF; 0 is 1 */
    int pages;           /* with DECODE_EVERYTHING; 0 is 1 */
    PhotoNotes notes;    /* of these only the profile without DECODE_EVERYTHING */
} Decoded;

typedef enum DecodeWhat {
    DECODE_HEADER, /* just extents and orientation */
    DECODE_PIXELS,
    DECODE_EVERYTHING /* all notes, too, and what of them comes after the pixels */
} DecodeWhat;

/* Fills *decoded, which is zero, from a whole file; DECODE_HEADER needs no more than the bytes up
 * to the end of the header. On error (ERROR_FORMAT) the caller frees whatever *decoded holds. */
typedef int ImageDecoder(const Encoded *encoded, DecodeWhat what, Decoded *decoded);
ImageDecoder png_decode, jpeg_decode, webp_decode, tiff_decode;

/* What EXIF and XMP begin with in JPEG's APP1; the zero bytes at their ends belong to them. */
#define JPEG_EXIF_MARK "Exif\0"
#define JPEG_XMP_MARK  "http://ns.adobe.com/xap/1.0/"
/* The keyword of XMP among PNG's texts. */
#define PNG_XMP_KEY "XML:com.adobe.xmp"

/* The decoder for the content and what it reads; NULL with ERROR_FORMAT. */
ImageDecoder *image_find_decoder(const Encoded *encoded, PhotoFormat *format);

/* What pictures may be at most: see image_read. */
enum { IMAGE_MOST_EDGE = 1 << 16, IMAGE_MOST_NOTE = 4 << 20, IMAGE_MOST_SCANS = 100 };
static const size_t IMAGE_MOST_BYTES = (size_t)1 << 31; /* 2^28 pixels of 16-bit RGBA */

/* Sets the extents and, unless it is DECODE_HEADER, allocates the pixels. ERROR_FORMAT beyond the
 * limits. */
int decoded_prepare(Decoded *decoded, const Encoded *encoded, uint64_t width, uint64_t height,
                    int channels, int depth, DecodeWhat what);
void decoded_free(Decoded *decoded);

/* Keeps a copy of a note in an empty block, unless it is larger than IMAGE_MOST_NOTE. */
void block_keep(PhotoBlock *block, const uint8_t *bytes, size_t count);
void block_free(PhotoBlock *block);

/* Gray becomes three equal channels. */
void decoded_spread(Decoded *decoded);

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
