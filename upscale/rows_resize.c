/* Resampling of rows as they come. Every row is resampled along itself and kept in a ring until the
 * last output row that needs it is made. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/resample_axis.h"
#include "data/workspace.h"
#include "upscale/rows.h"

typedef struct Resize {
    RowSink sink, *next;
    Workspace *work;
    Axis along, down;
    int ring_rows;   /* a power of two: row y lies at y % ring_rows */
    float *ring;     /* (channels, ring_rows, next->width) */
    int taken, made; /* rows so far */
} Resize;

/* The first and the last input row of an output row; weights of 0 fill up. */
static void rows_needed(const Axis *axis, int i, int *first, int *last)
{
    const int *indices = axis->indices + (size_t)i * (size_t)axis->taps;
    const float *weights = axis->weights + (size_t)i * (size_t)axis->taps;
    *first = INT32_MAX;
    *last = 0;
    for (int k = 0; k < axis->taps; k++) {
        if (weights[k] == 0)
            continue;
        *first = indices[k] < *first ? indices[k] : *first;
        *last = indices[k] > *last ? indices[k] : *last;
    }
}

static int ring_rows_for(const Axis *axis)
{
    int most = 1, rows = 1;
    for (int i = 0; i < axis->count; i++) {
        int first, last;
        rows_needed(axis, i, &first, &last);
        most = last - first + 1 > most ? last - first + 1 : most;
    }
    while (rows < most + 2) /* weights of 0 can let a row be ready one too early */
        rows *= 2;
    return rows;
}

static float *ring_row(const Resize *r, int channel, int y)
{
    size_t row = (size_t)channel * (size_t)r->ring_rows + (size_t)(y & (r->ring_rows - 1));
    return r->ring + row * (size_t)r->next->width;
}

FOR_EVERY_PROCESSOR
static void resample_along(const Axis *axis, const float *from, float *to)
{
    for (int i = 0; i < axis->count; i++) {
        const int *indices = axis->indices + (size_t)i * (size_t)axis->taps;
        const float *weights = axis->weights + (size_t)i * (size_t)axis->taps;
        float sum = 0;
        for (int k = 0; k < axis->taps; k++)
            sum += weights[k] * from[indices[k]];
        to[i] = sum;
    }
}

FOR_EVERY_PROCESSOR
static void add_weighted(const float *from, float weight, int count, float *to)
{
    for (int i = 0; i < count; i++)
        to[i] += weight * from[i];
}

static int make_row(Resize *r)
{
    int width = r->next->width, channels = r->sink.channels;
    float *planes[4] = {0}, *rows = memory_array((size_t)channels * (size_t)width, sizeof *rows);
    size_t at = (size_t)r->made * (size_t)r->down.taps;
    for (int c = 0; c < channels; c++) {
        planes[c] = rows + (size_t)c * (size_t)width;
        for (int k = 0; k < r->down.taps; k++)
            if (r->down.weights[at + (size_t)k] != 0)
                add_weighted(ring_row(r, c, r->down.indices[at + (size_t)k]),
                             r->down.weights[at + (size_t)k], width, planes[c]);
    }
    int result = r->next->take(r->next, planes, 1);
    free(rows);
    r->made++;
    return result;
}

static bool next_row_is_ready(const Resize *r)
{
    int first, last;
    if (r->made == r->down.count)
        return false;
    rows_needed(&r->down, r->made, &first, &last);
    return last < r->taken;
}

static int resize_rows(RowSink *sink, float *const *planes, int count)
{
    Resize *r = (Resize *)sink;
    for (int i = 0; i < count; i++) {
        for (int c = 0; c < sink->channels; c++)
            resample_along(&r->along, planes[c] + (size_t)i * (size_t)sink->width,
                           ring_row(r, c, r->taken));
        r->taken++;
        while (next_row_is_ready(r))
            if (make_row(r) != 0)
                return -1;
    }
    return 0;
}

RowSink *resize_new(int width, int height, Kernel kernel, RowSink *next)
{
    Resize *r = memory_new(sizeof *r);
    Workspace *work = workspace_new();
    *r = (Resize){.sink = {width, height, next->channels, resize_rows},
                  .next = next,
                  .work = work,
                  .along = axis_resample(work, width, next->width, kernel, SAMPLING_ANTIALIASED),
                  .down = axis_resample(work, height, next->height, kernel, SAMPLING_ANTIALIASED)};
    r->ring_rows = ring_rows_for(&r->down);
    r->ring = memory_array((size_t)next->channels * (size_t)r->ring_rows,
                           (size_t)next->width * sizeof *r->ring);
    return &r->sink;
}

void resize_free(RowSink *sink)
{
    Resize *r = (Resize *)sink;
    if (!r)
        return;
    workspace_free(r->work);
    free(r->ring);
    free(r);
}
