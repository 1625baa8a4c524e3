/* Bilinear enlargement, one direction after the other, and its gradient, for which every value
 * gathers what it gave: nothing is written by two threads. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"
#include "tensor/kernels/blocks.h"
#include "tensor/kernels/pointwise.h"

/* Along one axis: a value of the result is (1 - share) of value `at` and share of value `next`. */
typedef struct Tap {
    int64_t at, next;
    float share;
} Tap;

static Tap *taps_new(int64_t length, int factor)
{
    Tap *taps = memory_array((size_t)(length * factor), sizeof *taps);
    for (int64_t i = 0; i < length * factor; i++) {
        double where = ((double)i + 0.5) / factor - 0.5;
        where = where < 0 ? 0 : where;
        taps[i].at = (int64_t)where;
        taps[i].next = taps[i].at + 1 < length ? taps[i].at + 1 : taps[i].at;
        taps[i].share = (float)(where - (double)taps[i].at);
    }
    return taps;
}

/* The other way: a value gave to `count` values of the result from `first` on; row i of weights,
 * `room` values, says how much. */
typedef struct Gifts {
    int64_t *first, *count;
    float *weights;
    int room;
} Gifts;

static void note_gift(Gifts *g, int64_t from, int64_t to, float weight)
{
    if (g->count[from] == 0)
        g->first[from] = to;
    g->count[from] = to - g->first[from] + 1;
    g->weights[from * g->room + to - g->first[from]] += weight;
}

static Gifts gifts_new(int64_t length, int factor)
{
    const int room = (2 * factor + 3) / 4 * 4;
    Gifts g = {.first = memory_array((size_t)length, sizeof *g.first),
               .count = memory_array((size_t)length, sizeof *g.count),
               .weights = memory_array((size_t)(length * room), sizeof *g.weights),
               .room = room};
    Tap *taps = taps_new(length, factor);
    for (int64_t i = 0; i < length * factor; i++) {
        note_gift(&g, taps[i].at, i, 1 - taps[i].share);
        if (taps[i].share != 0)
            note_gift(&g, taps[i].next, i, taps[i].share);
    }
    free(taps);
    return g;
}

static void gifts_free(Gifts *g)
{
    free(g->first);
    free(g->count);
    free(g->weights);
}

/* Pixels of the small map whose enlarged ones are done at once. */
static int64_t step_of(const Map *small, int factor)
{
    int64_t pixels = 2 * BLOCK_VALUES / (small->channels * factor);
    return pixels > 0 ? pixels : 1;
}

/* ---- Forward ----------------------------------------------------------------------------------
 */

/* Pixels of two rows as one row of floats without gaps. */
#define DEFINE_BLEND_ROWS(name, Number, widen, narrow)                                             \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const Number *a, const Number *b, float share, int64_t stride, int64_t rows,  \
                     int64_t length, float *restrict y)                                            \
    {                                                                                              \
        for (int64_t r = 0; r < rows; r++, a += stride, b += stride, y += length)                  \
            for (int64_t i = 0; i < length; i++)                                                   \
                y[i] = widen(a[i]) + share * (widen(b[i]) - widen(a[i]));                          \
    }
FOR_BOTH_TYPES(DEFINE_BLEND_ROWS, blend_rows)

/* x: pixels of a row, its first one being pixel `origin`. */
#define DEFINE_BLEND_PIXELS(name, Number, widen, narrow)                                           \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const float *x, int64_t origin, int64_t channels, const Tap *taps,            \
                     int64_t count, Number *restrict y, int64_t stride)                            \
    {                                                                                              \
        for (int64_t i = 0; i < count; i++, y += stride) {                                         \
            const float *a = x + (taps[i].at - origin) * channels;                                 \
            const float *b = x + (taps[i].next - origin) * channels;                               \
            const float share = taps[i].share;                                                     \
            for (int64_t c = 0; c < channels; c++)                                                 \
                y[c] = narrow(a[c] + share * (b[c] - a[c]));                                       \
        }                                                                                          \
    }
FOR_BOTH_TYPES(DEFINE_BLEND_PIXELS, blend_pixels)

static void blend_from(const Map *x, const Tap *tap, int64_t picture, int64_t origin,
                       int64_t pixels, float *between)
{
    const void *above = map_pixel(x, (picture * x->h + tap->at) * x->w + origin);
    const void *below = map_pixel(x, (picture * x->h + tap->next) * x->w + origin);
    const bool one = map_is_dense(x);
    const int64_t rows = one ? 1 : pixels, length = one ? pixels * x->channels : x->channels;
    if (x->type == TENSOR_BF16)
        blend_rows_of_bf16(above, below, tap->share, x->stride, rows, length, between);
    else
        blend_rows_of_floats(above, below, tap->share, x->stride, rows, length, between);
}

/* between: step + 2 pixels. */
static void enlarge_row(const Map *x, const Tap *down, const Tap *across, int factor, const Map *y,
                        int64_t row, float *between)
{
    const int64_t step = step_of(x, factor) * factor;
    for (int64_t first = 0; first < y->w; first += step) {
        int64_t count = y->w - first < step ? y->w - first : step;
        int64_t origin = across[first].at, pixels = across[first + count - 1].next - origin + 1;
        void *to = map_pixel(y, row * y->w + first);
        blend_from(x, &down[row % y->h], row / y->h, origin, pixels, between);
        if (y->type == TENSOR_BF16)
            blend_pixels_of_bf16(between, origin, x->channels, across + first, count, to,
                                 y->stride);
        else
            blend_pixels_of_floats(between, origin, x->channels, across + first, count, to,
                                   y->stride);
    }
}

void map_bilinear(const Map *x, int factor, const Map *y)
{
    Tap *down = taps_new(x->h, factor), *across = taps_new(x->w, factor);
    const int64_t rows = y->n * y->h, step = step_of(x, factor);
#pragma omp parallel num_threads(kernel_threads_for(rows, y->w * y->channels))
    {
        float *between = memory_array((size_t)((step + 2) * x->channels), sizeof *between);
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            enlarge_row(x, down, across, factor, y, row, between);
        free(between);
    }
    free(down);
    free(across);
}

/* ---- Gradient: four rows, and then four pixels, at a time --------------------------------------
 */

/* Where four of a value's gifts lie, from number k on: behind the last one it again, with weight 0.
 */
static void four_of(const Gifts *g, int64_t value, int64_t k, int64_t at[4])
{
    for (int64_t i = 0; i < 4; i++)
        at[i] = g->first[value] + (k + i < g->count[value] ? k + i : g->count[value] - 1);
}

/* The weighted sum of four rows' pixels, over what is in `sums` or added to it; the four lie
 * `stride` values from pixel to pixel, the sums without gaps. */
#define DEFINE_SUM_ROWS(name, Number, widen, narrow)                                               \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const void *const from[4], const float *w, bool more, int64_t stride,         \
                     int64_t rows, int64_t length, float *restrict sums)                           \
    {                                                                                              \
        const Number *a = from[0], *b = from[1], *c = from[2], *d = from[3];                       \
        for (int64_t r = 0; r < rows; r++) {                                                       \
            if (!more)                                                                             \
                memset(sums, 0, (size_t)length * sizeof *sums);                                    \
            for (int64_t i = 0; i < length; i++)                                                   \
                sums[i] += (w[0] * widen(a[i]) + w[1] * widen(b[i])) +                             \
                           (w[2] * widen(c[i]) + w[3] * widen(d[i]));                              \
            a += stride, b += stride, c += stride, d += stride, sums += length;                    \
        }                                                                                          \
    }
FOR_BOTH_TYPES(DEFINE_SUM_ROWS, sum_rows)

FOR_EVERY_PROCESSOR
static void sum_pixels(const float *const from[4], const float *w, bool more, int64_t channels,
                       float *restrict y)
{
    const float *a = from[0], *b = from[1], *c = from[2], *d = from[3];
    if (more)
        for (int64_t i = 0; i < channels; i++)
            y[i] += (w[0] * a[i] + w[1] * b[i]) + (w[2] * c[i] + w[3] * d[i]);
    else
        for (int64_t i = 0; i < channels; i++)
            y[i] = (w[0] * a[i] + w[1] * b[i]) + (w[2] * c[i] + w[3] * d[i]);
}

/* Pixels origin .. origin + pixels - 1 of all rows of dy that dx's row i gave to. */
static void gather_rows(const Map *dy, const Gifts *down, int64_t picture, int64_t i,
                        int64_t origin, int64_t pixels, float *sums)
{
    const bool one = map_is_dense(dy);
    const int64_t rows = one ? 1 : pixels, length = one ? pixels * dy->channels : dy->channels;
    for (int64_t k = 0; k < down->count[i]; k += 4) {
        const float *weights = down->weights + i * down->room + k;
        int64_t at[4];
        const void *from[4];
        four_of(down, i, k, at);
        for (int j = 0; j < 4; j++)
            from[j] = map_pixel(dy, (picture * dy->h + at[j]) * dy->w + origin);
        if (dy->type == TENSOR_BF16)
            sum_rows_of_bf16(from, weights, k > 0, dy->stride, rows, length, sums);
        else
            sum_rows_of_floats(from, weights, k > 0, dy->stride, rows, length, sums);
    }
}

/* `count` values of a row from `first` on gather from x, whose first pixel is number `origin`. */
static void gather_pixels(const float *x, int64_t origin, int64_t channels, const Gifts *across,
                          int64_t first, int64_t count, float *y)
{
    for (int64_t i = first; i < first + count; i++, y += channels)
        for (int64_t k = 0; k < across->count[i]; k += 4) {
            int64_t at[4];
            const float *from[4];
            four_of(across, i, k, at);
            for (int j = 0; j < 4; j++)
                from[j] = x + (at[j] - origin) * channels;
            sum_pixels(from, across->weights + i * across->room + k, k > 0, channels, y);
        }
}

/* rooms: (step + 2) factor + step pixels. */
static void gather_row(const Map *dy, const Gifts *down, const Gifts *across, int factor, bool add,
                       const Map *dx, int64_t row, float *rooms)
{
    const int64_t channels = dx->channels, step = step_of(dx, factor);
    float *result = rooms + (step + 2) * factor * channels;
    for (int64_t first = 0; first < dx->w; first += step) {
        int64_t count = dx->w - first < step ? dx->w - first : step, last = first + count - 1;
        int64_t origin = across->first[first];
        int64_t pixels = across->first[last] + across->count[last] - origin;
        gather_rows(dy, down, row / dx->h, row % dx->h, origin, pixels, rooms);
        gather_pixels(rooms, origin, channels, across, first, count, result);
        block_store(result, count, add, dx, row * dx->w + first);
    }
}

void map_bilinear_gradient(const Map *dy, int factor, bool add, const Map *dx)
{
    Gifts down = gifts_new(dx->h, factor), across = gifts_new(dx->w, factor);
    const int64_t rows = dx->n * dx->h, step = step_of(dx, factor);
#pragma omp parallel num_threads(kernel_threads_for(rows, dy->w *factor * dy->channels))
    {
        int64_t pixels = (step + 2) * factor + step;
        float *rooms = memory_array((size_t)(pixels * dx->channels), sizeof *rooms);
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            gather_row(dy, &down, &across, factor, add, dx, row, rooms);
        free(rooms);
    }
    gifts_free(&down);
    gifts_free(&across);
}
