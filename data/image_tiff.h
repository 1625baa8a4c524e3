/* The parts of the TIFF reader: what the directory says, and the pixels. */
#ifndef DATA_IMAGE_TIFF_H
#define DATA_IMAGE_TIFF_H

#include <tiffio.h>

#include "data/image_codecs.h"

typedef struct TiffReader {
    const Encoded *encoded;
    uint64_t at;
    TIFF *tiff;
    Decoded *decoded;
    char reason[300]; /* libtiff's first error */
} TiffReader;

/* How samples lie in the file. */
typedef struct Layout {
    uint32_t width, height;
    uint16_t photometric, bits, samples, compression;
    int colours; /* 1 or 3 channels, not counting alpha */
    int alpha;   /* the sample that is alpha, or -1 */
    bool premultiplied, separate, palette;
    uint8_t levels[4][256]; /* of a channel's value of up to 8 bits */
} Layout;

/* Reads what the directory says of the pixels, and refuses what is neither gray nor RGB of whole
 * numbers. -1 with ERROR_FORMAT. */
int tiff_read_layout(const TiffReader *reader, Layout *layout);

/* Reads all strips or tiles into reader->decoded, which is prepared; colours are not premultiplied
 * then. -1 with ERROR_FORMAT. */
int tiff_read_pixels(const TiffReader *reader, const Layout *layout);

/* ERROR_FORMAT: with libtiff's reason; and "PATH: a TIFF that WHAT". Always -1. */
int tiff_damaged(const TiffReader *reader);
int tiff_refuse(const TiffReader *reader, const char *what);

#endif
