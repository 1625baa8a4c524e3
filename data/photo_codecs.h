/* The writers behind photo_begin, one file each. */
#ifndef DATA_PHOTO_CODECS_H
#define DATA_PHOTO_CODECS_H

#include "data/photo.h"

typedef struct PhotoCodec {
    const char *name;
    const char *extensions[5]; /* the first is the usual one; NULL ends them */
    int most_edge;
    bool alpha, gray, deep; /* whether it holds them; without gray it becomes RGB on writing */
    bool colours;           /* PhotoColours */
    size_t most_exif, most_xmp;
    /* More bytes of pixels need BigTIFF, whose directories are not EXIF's; 0 is no limit. */
    uint64_t most_with_exif;
    bool seeks; /* the stream must allow it */

    /* `begin` sets writer->state, of this codec's own type. `rows` gets as many as the header says
     * over all calls, then `end` writes what is left. They return -1 for errors that are recorded
     * or of the stream, whose errno is set. `free` frees the state after that, or at any time. */
    int (*begin)(PhotoWriter *writer);
    int (*rows)(PhotoWriter *writer, const uint8_t *rows, int count);
    int (*end)(PhotoWriter *writer);
    void (*free)(PhotoWriter *writer);
} PhotoCodec;

extern const PhotoCodec PHOTO_CODEC_PNG, PHOTO_CODEC_JPEG, PHOTO_CODEC_WEBP, PHOTO_CODEC_TIFF;

struct PhotoWriter {
    const PhotoCodec *codec;
    PhotoHeader
        header; /* the notes are the writer's own and hold nothing that the codec does not */
    PhotoSettings settings; /* without zeros */
    const char *name;
    FILE *stream;
    void *state;
};

size_t photo_stride(const PhotoHeader *header); /* bytes in a row */

/* Pixels per inch or metre; false without a resolution that is a length. */
bool photo_resolution(const PhotoNotes *notes, PhotoUnit unit, double *x, double *y);

#endif
