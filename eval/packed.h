/* Pictures for pages: lossless WebP in memory, whose pixels are exactly those that were judged. */
#ifndef EVAL_PACKED_H
#define EVAL_PACKED_H

#include <stdio.h>

#include "data/image.h"

typedef struct Packed {
    size_t count;
    uint8_t *bytes;
} Packed;

/* Extents of at most 16383. ERROR_FORMAT. Free with packed_free, which leaves an empty one. */
int packed_new(const Image *image, Packed *packed);
void packed_free(Packed *packed);

/* Writes "data:image/webp;base64,...". */
void packed_print_uri(const Packed *packed, FILE *stream);

#endif
