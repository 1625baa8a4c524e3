/* Pictures in a caller's memory. */
#ifndef LIBRARY_BUFFER_H
#define LIBRARY_BUFFER_H

#include "library/unmush.h"
#include "upscale/pixels.h"
#include "upscale/rows.h"

/* Whether both are what unmush.h asks for, and `to` is `scale` times `from`. ERROR_USAGE. */
int buffer_check(const unmush_pixels *from, const unmush_pixels *to, int scale);

/* A picture that was checked, for the upscaler. */
Pixels buffer_pixels(const unmush_pixels *from);

/* What writes rows into a picture that was checked. Nothing is to be freed. */
typedef struct BufferSink {
    RowSink sink;
    const unmush_pixels *to;
    int row; /* the next one */
} BufferSink;
RowSink *buffer_sink(BufferSink *sink, const unmush_pixels *to);

#endif
