/* Picture files in and out with all that they hold: gray, alpha, 16 bit, and what the file says
 * about itself. data/image.h reads the same files as plain 8-bit sRGB. */
#ifndef DATA_PHOTO_H
#define DATA_PHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum PhotoFormat {
    PHOTO_PNG,
    PHOTO_JPEG,
    PHOTO_WEBP,
    PHOTO_TIFF,
    PHOTO_FORMATS
} PhotoFormat;

typedef struct PhotoBlock {
    uint8_t *bytes; /* NULL if there is none */
    size_t count;
} PhotoBlock;

typedef enum PhotoUnit {
    PHOTO_UNIT_NONE,   /* there is no resolution */
    PHOTO_UNIT_ASPECT, /* only the pixels' shape: 1/x wide, 1/y high */
    PHOTO_UNIT_INCH,
    PHOTO_UNIT_CENTIMETRE,
    PHOTO_UNIT_METRE
} PhotoUnit;

/* What PNG says of its colours without an ICC profile. Fixed point: 100000 is 1. */
typedef struct PhotoColours {
    bool srgb; /* with the rendering intent; the rest is then 0 */
    int intent;
    int32_t gamma;             /* 0 if it is not said */
    int32_t chromaticities[8]; /* white x and y, red, green, blue; all 0 if they are not said */
} PhotoColours;

/* What a file says about itself. */
typedef struct PhotoNotes {
    PhotoBlock profile; /* ICC, fitting the channels (gray or RGB); pixels are in its space */
    PhotoBlock exif;    /* a TIFF block, without "Exif" and two zero bytes before it */
    PhotoBlock xmp;
    double x_resolution, y_resolution; /* pixels per unit */
    PhotoUnit unit;
    PhotoColours colours;
} PhotoNotes;

/* 1 channel gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha (not premultiplied); a depth of 8 or 16
 * bits. */
typedef struct PhotoHeader {
    int width, height, channels, depth;
    PhotoNotes notes;
} PhotoHeader;

typedef struct Photo {
    PhotoHeader header;
    PhotoFormat format; /* that it was read from */
    int pages;          /* of the file, previews not counted; this is the first one */
    void *pixels; /* uint8_t or uint16_t in the machine's order, interleaved, rows contiguous */
} Photo;

/* Reads PNG, JPEG, still WebP or TIFF, told apart by content.
 * - Pixels are what the file holds, in the space of its profile; they are not converted. Gray stays
 *   gray and 16 bit 16 bit; palettes and fewer than 8 bits are expanded; TIFF's premultiplied
 *   colours are divided by alpha. A gray picture with an RGB profile becomes RGB; a profile that is
 *   damaged or fits neither is left out.
 * - Pixels are turned upright, and EXIF and XMP say so. EXIF loses its thumbnail, which would show
 *   another picture than the one that is written.
 * - Left out: extended XMP, IPTC, comments and PNG's texts, JPEG's second pictures (gain maps), and
 *   EXIF of BigTIFF.
 * - Limits as of image_read; XMP of at most 4 MiB.
 * Fails with ERROR_FILE or ERROR_FORMAT (truncated, damaged, CMYK, float, animated, too large, not
 * a picture), naming the file; *photo is then empty. */
int photo_read(const char *path, Photo *photo);

/* The same from memory, and from a stream that is read to its end; `name` is for messages. */
int photo_decode(const void *bytes, size_t count, const char *name, Photo *photo);
int photo_read_stream(FILE *stream, const char *name, Photo *photo);

/* Frees and empties. */
void photo_free(Photo *photo);
void photo_notes_free(PhotoNotes *notes);

/* By the path's extension; false if it is none of them. */
bool photo_format_of(const char *path, PhotoFormat *format);

/* "PNG"; and the usual extension, "png". */
const char *photo_format_name(PhotoFormat format);
const char *photo_format_extension(PhotoFormat format);

typedef enum PhotoChroma {
    PHOTO_CHROMA_BY_QUALITY, /* full from quality 90 on */
    PHOTO_CHROMA_FULL,       /* 4:4:4 */
    PHOTO_CHROMA_HALF        /* 4:2:0 */
} PhotoChroma;

typedef enum PhotoPacking {
    PHOTO_PACKING_DEFLATE,
    PHOTO_PACKING_LZW,
    PHOTO_PACKING_NONE
} PhotoPacking;

/* All zero is a good choice. */
typedef struct PhotoSettings {
    int quality;          /* JPEG and lossy WebP: 1..100; 0 is 95 */
    PhotoChroma chroma;   /* JPEG */
    bool lossless;        /* WebP */
    int level;            /* PNG, and TIFF's deflate: 1 (fast) to 9 (small); 0 is 4 */
    PhotoPacking packing; /* TIFF */
    bool keep; /* a file that is there when this one is committed: photo_commit fails then */
} PhotoSettings;

/* Whether a picture with that header can be written in that format: ERROR_SHAPE says why not (too
 * large, JPEG with alpha or 16 bit, WebP of 16 bit). The notes do not matter. */
int photo_check_header(PhotoFormat format, const PhotoHeader *header);

/* What of the notes the format cannot hold, in words for a warning; "" if it holds everything. */
void photo_losses(PhotoFormat format, const PhotoHeader *header, char *text, size_t size);

typedef struct PhotoWriter PhotoWriter;

/* Begins a file that appears under `path` when it is committed. The header and its notes are
 * copied; EXIF and XMP get its extents. NULL with ERROR_FILE, or ERROR_SHAPE as photo_check_header.
 * Rows are written as they come, but for WebP, which holds the whole picture in memory, 4 bytes a
 * pixel. TIFF keeps EXIF's directories, makers' notes included; of what stands before them (Make,
 * Model and so on) it keeps texts. */
PhotoWriter *photo_begin(const char *path, PhotoFormat format, const PhotoHeader *header,
                         const PhotoSettings *settings);

/* The same into an open stream, which stays open; `name` is for messages. TIFF, which cannot be
 * written from beginning to end, goes through a temporary file where the stream is a pipe. */
PhotoWriter *photo_begin_stream(FILE *stream, const char *name, PhotoFormat format,
                                const PhotoHeader *header, const PhotoSettings *settings);

/* The next `count` rows from the top, contiguous, as the header says. -1 with ERROR_FILE; the
 * writer is then to be abandoned. */
int photo_rows(PhotoWriter *writer, const void *rows, int count);

/* Ends the file after its last row. Frees the writer either way; on error there is no file. */
int photo_commit(PhotoWriter *writer);

/* Leaves no file, and frees the writer. NULL is fine. */
void photo_abandon(PhotoWriter *writer);

#endif
