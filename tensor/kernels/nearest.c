#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"
#include "tensor/kernels/blocks.h"
#include "tensor/kernels/pointwise.h"

/* Pixels of the small map that are done at once. */
static int64_t step_of(const Map *small, int factor)
{
    int64_t pixels = BLOCK_VALUES / (small->channels * factor);
    return pixels > 0 ? pixels : 1;
}

static void repeat_pixels(const float *x, int64_t pixels, int64_t channels, int factor, float *y)
{
    for (int64_t p = 0; p < pixels; p++, x += channels)
        for (int j = 0; j < factor; j++, y += channels)
            memcpy(y, x, (size_t)channels * sizeof *y);
}

/* All that a row of x becomes. rooms: 1 + factor times a step of pixels. */
static void enlarge_row(const Map *x, int64_t row, int factor, const Map *y, float *rooms)
{
    const int64_t step = step_of(x, factor);
    float *wide = rooms + step * x->channels;
    for (int64_t first = 0; first < x->w; first += step) {
        int64_t pixels = x->w - first < step ? x->w - first : step;
        const float *small = block_load(x, row * x->w + first, pixels, rooms);
        repeat_pixels(small, pixels, x->channels, factor, wide);
        for (int i = 0; i < factor; i++)
            block_store(wide, pixels * factor, false, y,
                        (row * factor + i) * y->w + first * factor);
    }
}

/* The same where both are of one type: bytes. */
static void copy_row(const Map *x, int64_t row, int factor, const Map *y)
{
    const size_t pixel = (size_t)x->channels * map_value_bytes(x);
    char *first = map_pixel(y, row * factor * y->w);
    const size_t stride = (size_t)y->stride * map_value_bytes(y), line = stride * (size_t)y->w;
    char *to = first;
    for (int64_t p = 0; p < x->w; p++)
        for (int j = 0; j < factor; j++, to += stride)
            memcpy(to, map_pixel(x, row * x->w + p), pixel);
    for (int i = 1; i < factor; i++)
        if (map_is_dense(y))
            memcpy(first + (size_t)i * line, first, line);
        else
            for (int64_t p = 0; p < y->w; p++)
                memcpy(first + (size_t)i * line + (size_t)p * stride, first + (size_t)p * stride,
                       pixel);
}

void map_nearest(const Map *x, int factor, const Map *y)
{
    const int64_t rows = x->n * x->h, room = step_of(x, factor) * (1 + factor) * x->channels;
#pragma omp parallel num_threads(kernel_threads_for(rows, y->w *factor * y->channels))
    {
        float *rooms = memory_array((size_t)room, sizeof *rooms);
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            if (x->type == y->type)
                copy_row(x, row, factor, y);
            else
                enlarge_row(x, row, factor, y, rooms);
        free(rooms);
    }
}

/* Each `factor` pixels of x in a row, added to a pixel of the sums. */
#define DEFINE_ADD_NEIGHBOURS(name, Number, widen, narrow)                                         \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const Number *x, int64_t stride, int64_t pixels, int64_t channels,            \
                     int factor, float *restrict sums)                                             \
    {                                                                                              \
        for (int64_t p = 0; p < pixels; p++, sums += channels) {                                   \
            int j = 0;                                                                             \
            for (; j + 2 <= factor; j += 2, x += 2 * stride)                                       \
                for (int64_t c = 0; c < channels; c++)                                             \
                    sums[c] += widen(x[c]) + widen(x[stride + c]);                                 \
            for (; j < factor; j++, x += stride)                                                   \
                for (int64_t c = 0; c < channels; c++)                                             \
                    sums[c] += widen(x[c]);                                                        \
        }                                                                                          \
    }
FOR_BOTH_TYPES(DEFINE_ADD_NEIGHBOURS, add_neighbours)

/* sums: a step of pixels. */
static void reduce_row(const Map *dy, int64_t row, int factor, bool add, const Map *dx, float *sums)
{
    const int64_t step = step_of(dx, factor), channels = dx->channels;
    for (int64_t first = 0; first < dx->w; first += step) {
        int64_t pixels = dx->w - first < step ? dx->w - first : step;
        memset(sums, 0, (size_t)(pixels * channels) * sizeof *sums);
        for (int i = 0; i < factor; i++) {
            const void *from = map_pixel(dy, (row * factor + i) * dy->w + first * factor);
            if (dy->type == TENSOR_BF16)
                add_neighbours_of_bf16(from, dy->stride, pixels, channels, factor, sums);
            else
                add_neighbours_of_floats(from, dy->stride, pixels, channels, factor, sums);
        }
        block_store(sums, pixels, add, dx, row * dx->w + first);
    }
}

void map_nearest_gradient(const Map *dy, int factor, bool add, const Map *dx)
{
    const int64_t rows = dx->n * dx->h, room = step_of(dx, factor) * dx->channels;
#pragma omp parallel num_threads(kernel_threads_for(rows, dy->w *factor * dy->channels))
    {
        float *sums = memory_array((size_t)room, sizeof *sums);
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            reduce_row(dy, row, factor, add, dx, sums);
        free(sums);
    }
}
