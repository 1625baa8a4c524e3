/* Max pooling and its gradient, channels by channels of one pixel. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tensor/kernels/blocks.h"
#include "tensor/kernels/pointwise.h"
#include "tensor/kernels/pool_pairs.h"

typedef struct Pooling {
    const Map *x, *y, *dy; /* dy NULL: forward */
    int kernel, stride;
} Pooling;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- Forward ----------------------------------------------------------------------------------
 */

/* NaNs win, as in PyTorch. */
FOR_EVERY_PROCESSOR
static void take_larger(const float *restrict x, int64_t count, float *restrict largest)
{
    for (int64_t i = 0; i < count; i++)
        largest[i] = (x[i] > largest[i]) | (x[i] != x[i]) ? x[i] : largest[i];
}

/* One pixel of y. rooms: twice a pixel. */
static void pool_pixel(const Pooling *s, int64_t row, int64_t column, float *rooms)
{
    const Map *x = s->x, *y = s->y;
    const int64_t picture = row / y->h, top = row % y->h * s->stride, left = column * s->stride;
    const int64_t bottom = least(top + s->kernel, x->h), right = least(left + s->kernel, x->w);
    float *largest = rooms + y->channels;
    for (int64_t i = top; i < bottom; i++)
        for (int64_t j = left; j < right; j++) {
            const float *pixel = block_load(x, (picture * x->h + i) * x->w + j, 1, rooms);
            if (i == top && j == left)
                memcpy(largest, pixel, (size_t)x->channels * sizeof *largest);
            else
                take_larger(pixel, x->channels, largest);
        }
    block_store(largest, 1, false, y, row * y->w + column);
}

static bool in_pairs(const Pooling *s)
{
    return s->kernel == 2 && s->stride == 2 && s->x->type == s->y->type && 2 * s->y->h <= s->x->h &&
           2 * s->y->w <= s->x->w;
}

void map_max_pool(const Map *x, int kernel, int stride, const Map *y)
{
    const Pooling s = {x, y, NULL, kernel, stride};
    if (in_pairs(&s)) {
        pool_pairs(x, y);
        return;
    }
    const int64_t rows = y->n * y->h;
#pragma omp parallel num_threads(kernel_threads_for(rows, x->w *stride * x->channels))
    {
        float *rooms = memory_array((size_t)(2 * x->channels), sizeof *rooms);
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            for (int64_t column = 0; column < y->w; column++)
                pool_pixel(&s, row, column, rooms);
        free(rooms);
    }
}

/* ---- Gradient: a row of dx asks the windows that lie over it
 * -------------------------------------
 */

/* Of a window's pixel: where it is the largest and none before it was, its gradient is what is
 * `left`, and nothing is left for those behind it. */
FOR_EVERY_PROCESSOR
static void take_gradient(const float *restrict x, const float *restrict largest, int64_t count,
                          float *restrict left, float *restrict sum)
{
    for (int64_t i = 0; i < count; i++) {
        const bool both_broken = x[i] != x[i] && largest[i] != largest[i];
        const bool taken = x[i] == largest[i] || both_broken;
        sum[i] += taken ? left[i] : 0;
        left[i] = taken ? 0 : left[i];
    }
}

/* What one window, y's pixel (row, column), gives to row `wanted` of x's plane, added to the row's
 * sums. rooms: three times a pixel. */
static void give_to_row(const Pooling *s, int64_t row, int64_t column, int64_t wanted, float *sums,
                        float *rooms)
{
    const Map *x = s->x;
    const int64_t channels = x->channels, picture = row / s->y->h;
    const int64_t top = row % s->y->h * s->stride, left = column * s->stride;
    const int64_t right = least(left + s->kernel, x->w), pixel = row * s->y->w + column;
    float *ignored = rooms + 3 * channels;
    const float *largest = block_load(s->y, pixel, 1, rooms);
    float *gradient = rooms + channels;
    const float *dy = block_load(s->dy, pixel, 1, gradient);
    if (dy != gradient)
        memcpy(gradient, dy, (size_t)channels * sizeof *gradient);
    for (int64_t i = top; i <= wanted; i++)
        for (int64_t j = left; j < right; j++)
            take_gradient(block_load(x, (picture * x->h + i) * x->w + j, 1, rooms + 2 * channels),
                          largest, channels, gradient, i == wanted ? sums + j * channels : ignored);
}

/* Row `row` of n h. */
static void gradient_of_row(const Pooling *s, int64_t row, bool add, const Map *dx, float *sums,
                            float *rooms)
{
    const int64_t picture = row / dx->h, wanted = row % dx->h;
    const int64_t before = wanted - s->kernel + 1; /* where the first window may begin */
    const int64_t first = before > 0 ? (before + s->stride - 1) / s->stride : 0;
    memset(sums, 0, (size_t)(dx->w * dx->channels) * sizeof *sums);
    for (int64_t i = first; i < s->y->h && i * s->stride <= wanted; i++)
        for (int64_t column = 0; column < s->y->w; column++)
            give_to_row(s, picture * s->y->h + i, column, wanted, sums, rooms);
    block_store(sums, dx->w, add, dx, row * dx->w);
}

void map_max_pool_gradient(const Map *x, const Map *y, const Map *dy, int kernel, int stride,
                           bool add, const Map *dx)
{
    const Pooling s = {x, y, dy, kernel, stride};
    if (in_pairs(&s) && dy->type == x->type && dx->type == x->type) {
        pool_pairs_gradient(x, y, dy, add, dx);
        return;
    }
    const int64_t rows = dx->n * dx->h;
#pragma omp parallel num_threads(kernel_threads_for(rows, x->w * x->channels))
    {
        float *sums = memory_array((size_t)((x->w + 4) * x->channels), sizeof *sums);
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            gradient_of_row(&s, row, add, dx, sums, sums + x->w * x->channels);
        free(sums);
    }
}
