#include "library/buffer.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/error.h"

static size_t sample_bytes(int type)
{
    return type == UNMUSH_U8    ? sizeof(uint8_t)
           : type == UNMUSH_U16 ? sizeof(uint16_t)
                                : sizeof(float);
}

static ptrdiff_t row_bytes(const unmush_pixels *p)
{
    return (ptrdiff_t)p->width * p->channels * (ptrdiff_t)sample_bytes(p->type);
}

static ptrdiff_t stride_of(const unmush_pixels *p)
{
    return p->stride ? p->stride : row_bytes(p);
}

static int check(const unmush_pixels *p, const char *name)
{
    if (!p || !p->data)
        return error_set(ERROR_USAGE, "%s: no pixels", name);
    if (p->width < 1 || p->height < 1)
        return error_set(ERROR_USAGE, "%s: %d x %d pixels", name, p->width, p->height);
    if (p->channels < 1 || p->channels > PIXELS_MOST_CHANNELS)
        return error_set(ERROR_USAGE, "%s: %d channels, 1 to 4 are possible", name, p->channels);
    if (p->type != UNMUSH_U8 && p->type != UNMUSH_U16 && p->type != UNMUSH_F32)
        return error_set(ERROR_USAGE, "%s: type %d is unknown", name, p->type);
    ptrdiff_t size = (ptrdiff_t)sample_bytes(p->type), stride = stride_of(p);
    if (stride % size != 0 || (uintptr_t)p->data % (uintptr_t)size != 0)
        return error_set(ERROR_USAGE, "%s: samples are not aligned to their size", name);
    if ((stride < 0 ? -stride : stride) < row_bytes(p) && p->height > 1)
        return error_set(ERROR_USAGE, "%s: a stride of %td bytes for rows of %td", name, stride,
                         row_bytes(p));
    return 0;
}

int buffer_check(const unmush_pixels *from, const unmush_pixels *to, int scale)
{
    if (check(from, "from") != 0 || check(to, "to") != 0)
        return -1;
    if (to->channels != from->channels)
        return error_set(ERROR_USAGE, "to: %d channels for %d", to->channels, from->channels);
    if (to->width != (int64_t)from->width * scale || to->height != (int64_t)from->height * scale)
        return error_set(ERROR_USAGE, "to: %d x %d pixels, but %d times %d x %d are %lld x %lld",
                         to->width, to->height, scale, from->width, from->height,
                         (long long)from->width * scale, (long long)from->height * scale);
    return 0;
}

Pixels buffer_pixels(const unmush_pixels *from)
{
    static const int DEPTHS[] = {[UNMUSH_U8] = 8, [UNMUSH_U16] = 16, [UNMUSH_F32] = PIXELS_FLOAT};
    return (Pixels){.width = from->width,
                    .height = from->height,
                    .channels = from->channels,
                    .depth = DEPTHS[from->type],
                    .values = from->data,
                    .stride = from->stride};
}

static void interleave(const float *const *planes, int channels, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c++)
            *to++ = planes[c][i];
}

static int take(RowSink *sink, float *const *planes, int count)
{
    BufferSink *b = (BufferSink *)sink;
    size_t width = (size_t)sink->width;
    for (int row = 0; row < count; row++) {
        void *to = (char *)b->to->data + stride_of(b->to) * b->row++;
        float *starts[PIXELS_MOST_CHANNELS];
        for (int c = 0; c < sink->channels; c++)
            starts[c] = planes[c] + (size_t)row * width;
        if (b->to->type == UNMUSH_F32)
            interleave((const float *const *)starts, sink->channels, width, to);
        else
            pixels_from_planes(starts, sink->channels, width, b->to->type == UNMUSH_U8 ? 8 : 16,
                               to);
    }
    return 0;
}

RowSink *buffer_sink(BufferSink *b, const unmush_pixels *to)
{
    *b = (BufferSink){{to->width, to->height, to->channels, take}, to, 0};
    return &b->sink;
}
