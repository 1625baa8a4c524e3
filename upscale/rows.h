/* Rows of a picture on their way from the network to a file: each stage takes them from the top
 * down, a band at a time, and passes on what it makes of them, so that no stage holds the picture.
 */
#ifndef UPSCALE_ROWS_H
#define UPSCALE_ROWS_H

#include "data/resample.h"

/* What takes rows. A stage is a struct that begins with one. */
typedef struct RowSink RowSink;
struct RowSink {
    int width, height, channels; /* of the picture that it takes */
    /* `count` more rows: planes of count x width in 0..1 (not clamped), which the sink may change.
     * 0, or -1 with an error. */
    int (*take)(RowSink *sink, float *const *planes, int count);
};

/* Resamples to the extents of `next`, antialiased: what image_resample does (before it rounds),
 * from memory of a few rows. Freed with resize_free, after the last row. */
RowSink *resize_new(int width, int height, Kernel kernel, RowSink *next);
void resize_free(RowSink *resize); /* NULL is fine */

/* Lays gray or RGB with alpha, the last channel, over white, for a `next` without it. */
RowSink *flatten_new(int width, int height, RowSink *next);
void flatten_free(RowSink *flatten); /* NULL is fine */

/* Rounds to 8 or 16 bits and calls write(context, rows, count) with interleaved pixels. */
typedef int PixelWriter(void *context, const void *rows, int count);
RowSink *rounding_new(int width, int height, int channels, int depth, PixelWriter *write,
                      void *context);
void rounding_free(RowSink *rounding); /* NULL is fine */

#endif
