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

/* The other way: a value gave to `count` values of the result from `first` on; row i of weights, 2
 * factor values, says how much. */
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
    Gifts g = {.first = memory_array((size_t)length, sizeof *g.first),
               .count = memory_array((size_t)length, sizeof *g.count),
               .weights = memory_array((size_t)(length * 2 * factor), sizeof *g.weights),
               .room = 2 * factor};
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

FOR_EVERY_PROCESSOR
static void blend(const float *a, const float *b, float share, int64_t count, float *restrict y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = a[i] + share * (b[i] - a[i]);
}

/* x: pixels of a row, its first one being pixel `origin`. */
FOR_EVERY_PROCESSOR
static void blend_pixels(const float *x, int64_t origin, int64_t channels, const Tap *taps,
                         int64_t count, float *restrict y)
{
    for (int64_t i = 0; i < count; i++, y += channels) {
        const float *a = x + (taps[i].at - origin) * channels;
        const float *b = x + (taps[i].next - origin) * channels;
        const float share = taps[i].share;
        for (int64_t c = 0; c < channels; c++)
            y[c] = a[c] + share * (b[c] - a[c]);
    }
}

/* rooms: 3 (step + 2) + step factor pixels. */
static void enlarge_row(const Map *x, const Tap *down, const Tap *across, int factor, const Map *y,
                        int64_t row, float *rooms)
{
    const int64_t channels = x->channels, step = step_of(x, factor) * factor;
    const int64_t room = (step_of(x, factor) + 2) * channels, picture = row / y->h;
    const Tap tap = down[row % y->h];
    float *between = rooms + 2 * room, *wide = rooms + 3 * room;
    for (int64_t first = 0; first < y->w; first += step) {
        int64_t count = y->w - first < step ? y->w - first : step;
        int64_t origin = across[first].at, pixels = across[first + count - 1].next - origin + 1;
        int64_t above = (picture * x->h + tap.at) * x->w + origin;
        int64_t below = (picture * x->h + tap.next) * x->w + origin;
        blend(block_load(x, above, pixels, rooms), block_load(x, below, pixels, rooms + room),
              tap.share, pixels * channels, between);
        blend_pixels(between, origin, channels, across + first, count, wide);
        block_store(wide, count, false, y, row * y->w + first);
    }
}

void map_bilinear(const Map *x, int factor, const Map *y)
{
    Tap *down = taps_new(x->h, factor), *across = taps_new(x->w, factor);
    const int64_t rows = y->n * y->h, step = step_of(x, factor);
#pragma omp parallel num_threads(kernel_threads_for(rows, y->w * y->channels))
    {
        int64_t pixels = 3 * (step + 2) + step * factor;
        float *rooms = memory_array((size_t)(pixels * x->channels), sizeof *rooms);
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            enlarge_row(x, down, across, factor, y, row, rooms);
        free(rooms);
    }
    free(down);
    free(across);
}

/* ---- Gradient ---------------------------------------------------------------------------------
 */

FOR_EVERY_PROCESSOR
static void add_weighted(const float *x, float weight, int64_t count, float *restrict sums)
{
    for (int64_t i = 0; i < count; i++)
        sums[i] += weight * x[i];
}

FOR_EVERY_PROCESSOR
static void gather_pixels(const float *x, int64_t origin, int64_t channels, const Gifts *across,
                          int64_t first, int64_t count, float *restrict y)
{
    for (int64_t i = first; i < first + count; i++, y += channels) {
        const float *from = x + (across->first[i] - origin) * channels;
        const float *weights = across->weights + i * across->room;
        for (int64_t c = 0; c < channels; c++)
            y[c] = weights[0] * from[c];
        for (int64_t k = 1; k < across->count[i]; k++)
            for (int64_t c = 0; c < channels; c++)
                y[c] += weights[k] * from[k * channels + c];
    }
}

/* rooms: 2 (step + 2) factor + step pixels. */
static void gather_row(const Map *dy, const Gifts *down, const Gifts *across, int factor, bool add,
                       const Map *dx, int64_t row, float *rooms)
{
    const int64_t channels = dx->channels, step = step_of(dx, factor), picture = row / dx->h;
    const int64_t room = (step + 2) * factor * channels, i = row % dx->h;
    float *sums = rooms + room, *result = rooms + 2 * room;
    for (int64_t first = 0; first < dx->w; first += step) {
        int64_t count = dx->w - first < step ? dx->w - first : step, last = first + count - 1;
        int64_t origin = across->first[first];
        int64_t pixels = across->first[last] + across->count[last] - origin;
        memset(sums, 0, (size_t)(pixels * channels) * sizeof *sums);
        for (int64_t k = 0; k < down->count[i]; k++) {
            int64_t from = (picture * dy->h + down->first[i] + k) * dy->w + origin;
            add_weighted(block_load(dy, from, pixels, rooms), down->weights[i * down->room + k],
                         pixels * channels, sums);
        }
        gather_pixels(sums, origin, channels, across, first, count, result);
        block_store(result, count, add, dx, row * dx->w + first);
    }
}

void map_bilinear_gradient(const Map *dy, int factor, bool add, const Map *dx)
{
    Gifts down = gifts_new(dx->h, factor), across = gifts_new(dx->w, factor);
    const int64_t rows = dx->n * dx->h, step = step_of(dx, factor);
#pragma omp parallel num_threads(kernel_threads_for(rows, dy->w *factor * dy->channels))
    {
        int64_t pixels = 2 * (step + 2) * factor + step;
        float *rooms = memory_array((size_t)(pixels * dx->channels), sizeof *rooms);
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            gather_row(dy, &down, &across, factor, add, dx, row, rooms);
        free(rooms);
    }
    gifts_free(&down);
    gifts_free(&across);
}
