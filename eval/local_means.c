/* In stripes of columns, each in one pass over its rows: a row's quantities are filtered across
 * into a ring of as many rows as the window has, which stays in the nearest caches, and the ring is
 * filtered down.
 */
#include "eval/local_means.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"

enum { MOST_TAPS = 17, MOST_HALF = MOST_TAPS / 2 };

typedef struct Stripe {
    int taps, quantities;
    int width, inner;             /* with and without the window's borders */
    float weights[MOST_HALF + 1]; /* symmetric: the outermost first, the middle last */
    float *products;              /* `quantities` rows of width */
    float *ring;                  /* `taps` slots of `quantities` rows of inner */
    float *means;                 /* `quantities` rows of inner */
} Stripe;

static void fill_weights(const MeansPass *pass, float *weights)
{
    double sum = 0, values[MOST_TAPS];
    for (int k = 0; k < pass->taps; k++) {
        double x = k - pass->taps / 2;
        sum += values[k] = exp(-x * x / (2 * pass->sigma * pass->sigma));
    }
    for (int k = 0; k <= pass->taps / 2; k++)
        weights[k] = (float)(values[k] / sum);
}

static Stripe stripe_new(const MeansPass *pass, int inner)
{
    Stripe s = {.taps = pass->taps,
                .quantities = (int)pass->quantities,
                .width = inner + pass->taps - 1,
                .inner = inner};
    fill_weights(pass, s.weights);
    size_t quantities = (size_t)s.quantities;
    s.products = memory_array((size_t)s.width * quantities, sizeof(float));
    s.ring = memory_array((size_t)inner * quantities * (size_t)s.taps, sizeof(float));
    s.means = memory_array((size_t)inner * quantities, sizeof(float));
    return s;
}

static void stripe_free(Stripe *s)
{
    free(s->products);
    free(s->ring);
    free(s->means);
}

/* Written for one `half` at a time, so that the sum over the taps unrolls. */
static inline __attribute__((always_inline)) void filter_rows(int half, const float *weights,
                                                              const float *const *rows,
                                                              float *restrict out, size_t count)
{
    float w[MOST_HALF + 1];
    for (int k = 0; k <= half; k++)
        w[k] = weights[k];
#pragma GCC ivdep
    for (size_t x = 0; x < count; x++) {
        float sum = w[0] * (rows[0][x] + rows[2 * half][x]);
#pragma GCC unroll 8
        for (int k = 1; k < half; k++)
            sum += w[k] * (rows[k][x] + rows[2 * half - k][x]);
        out[x] = sum + w[half] * rows[half][x];
    }
}

FOR_EVERY_PROCESSOR
static void filter(int taps, const float *weights, const float *const *rows, float *out,
                   size_t count)
{
    switch (taps) {
    case 3:
        filter_rows(1, weights, rows, out, count);
        break;
    case 5:
        filter_rows(2, weights, rows, out, count);
        break;
    case 9:
        filter_rows(4, weights, rows, out, count);
        break;
    case 11:
        filter_rows(5, weights, rows, out, count);
        break;
    default:
        filter_rows(8, weights, rows, out, count);
        break;
    }
}

FOR_EVERY_PROCESSOR
static void multiply(const Stripe *s, const float *a, const float *b)
{
    size_t width = (size_t)s->width;
    float *restrict first = s->products, *restrict second = first + width;
    float *restrict product = second + width, *restrict squares = product + width;
    float *restrict others = squares + width;
    for (size_t x = 0; x < width; x++) {
        first[x] = a[x] - MEANS_MIDDLE;
        second[x] = b[x] - MEANS_MIDDLE;
    }
    if (s->quantities == MEANS_SQUARES)
        for (size_t x = 0; x < width; x++) {
            squares[x] = first[x] * first[x] + second[x] * second[x];
            product[x] = first[x] * second[x];
        }
    if (s->quantities == MEANS_APART)
        for (size_t x = 0; x < width; x++) {
            product[x] = first[x] * second[x];
            squares[x] = first[x] * first[x];
            others[x] = second[x] * second[x];
        }
}

/* Filters one row of both pictures across into slot `slot` of the ring. */
static void take_row(const Stripe *s, const float *a, const float *b, int slot)
{
    multiply(s, a, b);
    const float *rows[MOST_TAPS];
    float *out = s->ring + (size_t)slot * (size_t)s->quantities * (size_t)s->inner;
    for (int i = 0; i < s->quantities; i++, out += s->inner) {
        for (int k = 0; k < s->taps; k++)
            rows[k] = s->products + (size_t)i * (size_t)s->width + k;
        filter(s->taps, s->weights, rows, out, (size_t)s->inner);
    }
}

/* Filters the ring, whose oldest row is in slot `oldest`, down into the means. */
static void filter_down(const Stripe *s, int oldest)
{
    size_t count = (size_t)s->inner * (size_t)s->quantities;
    const float *rows[MOST_TAPS];
    for (int k = 0; k < s->taps; k++)
        rows[k] = s->ring + (size_t)((oldest + k) % s->taps) * count;
    filter(s->taps, s->weights, rows, s->means, count);
}

static void hand_over(const Stripe *s, const MeansPass *pass, int x, int y)
{
    const float *means = s->means;
    MeansRow row = {.x = x, .y = y, .count = s->inner, .a = means, .b = means + s->inner};
    if (s->quantities > MEANS_LEVELS) {
        row.product = means + 2 * s->inner;
        row.squares = means + 3 * s->inner;
    }
    if (s->quantities > MEANS_SQUARES)
        row.squares_of_b = means + 4 * s->inner;
    pass->take(pass->context, &row);
}

static void pass_stripe(const MeansPass *pass, const Plane *a, const Plane *b, int x, int inner)
{
    Stripe s = stripe_new(pass, inner);
    for (int row = 0; row < a->height; row++) {
        size_t at = (size_t)row * (size_t)a->width + (size_t)x;
        take_row(&s, a->values + at, b->values + at, row % s.taps);
        int y = row - s.taps + 1;
        if (y < 0 || y % pass->step)
            continue;
        filter_down(&s, (row + 1) % s.taps);
        hand_over(&s, pass, x, y);
    }
    stripe_free(&s);
}

void means_pass(const MeansPass *pass, const Plane *a, const Plane *b)
{
    int inner = a->width - pass->taps + 1;
    for (int x = 0; x < inner; x += MEANS_STRIPE)
        pass_stripe(pass, a, b, x, inner - x < MEANS_STRIPE ? inner - x : MEANS_STRIPE);
}
