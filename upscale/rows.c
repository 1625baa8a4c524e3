#include "upscale/rows.h"

#include <stdlib.h>

#include "core/memory.h"
#include "upscale/pixels.h"

typedef struct Rounding {
    RowSink sink;
    int depth;
    PixelWriter *write;
    void *context;
} Rounding;

static int round_rows(RowSink *sink, float *const *planes, int count)
{
    Rounding *r = (Rounding *)sink;
    size_t values = (size_t)count * (size_t)sink->width;
    void *rows = memory_array(values, (size_t)(sink->channels * r->depth / 8));
    pixels_from_planes(planes, sink->channels, values, r->depth, rows);
    int result = r->write(r->context, rows, count);
    free(rows);
    return result;
}

RowSink *rounding_new(int width, int height, int channels, int depth, PixelWriter *write,
                      void *context)
{
    Rounding *r = memory_new(sizeof *r);
    *r = (Rounding){{width, height, channels, round_rows}, depth, write, context};
    return &r->sink;
}

void rounding_free(RowSink *rounding)
{
    free(rounding);
}
