#include "upscale/rows.h"

#include <stdlib.h>

#include "core/memory.h"
#include "upscale/pixels.h"

typedef struct Flatten {
    RowSink sink, *next;
} Flatten;

static int flatten_rows(RowSink *sink, float *const *planes, int count)
{
    Flatten *f = (Flatten *)sink;
    const float *alpha = planes[sink->channels - 1];
    for (int c = 0; c < sink->channels - 1; c++)
        for (size_t i = 0; i < (size_t)count * (size_t)sink->width; i++) {
            float a = alpha[i] > 0 ? alpha[i] < 1 ? alpha[i] : 1 : 0;
            planes[c][i] = planes[c][i] * a + (1 - a);
        }
    return f->next->take(f->next, planes, count);
}

RowSink *flatten_new(int width, int height, RowSink *next)
{
    Flatten *f = memory_new(sizeof *f);
    *f = (Flatten){{width, height, next->channels + 1, flatten_rows}, next};
    return &f->sink;
}

void flatten_free(RowSink *flatten)
{
    free(flatten);
}

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
