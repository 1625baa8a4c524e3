/* SSIM in stripes of columns, each in one pass over its rows: a row's four quantities are filtered
 * across into a ring of eleven rows, which stays in the first cache, and the ring is filtered down.
 */
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "eval/metrics.h"
#include "eval/rows.h"
#include "core/vector.h"

enum { TAPS = 11, QUANTITIES = 4, STRIPE = 128 };

/* Levels are taken relative to mid-gray: variances stay the same and lose fewer digits. */
static const float MIDDLE = 128;

typedef struct Window {
    int width, inner;    /* of the stripe; of its valid region */
    float weights[TAPS]; /* Gaussian, sigma 1.5, sum 1; symmetric */
    float *products;     /* QUANTITIES rows of width: a, b, a^2 + b^2, a b */
    float *ring;         /* TAPS slots of QUANTITIES rows of inner */
    float *moments;      /* QUANTITIES rows of inner: means of the four */
    float *values;       /* inner */
} Window;

static Window window_new(int width)
{
    Window w = {.width = width, .inner = width - TAPS + 1};
    double sum = 0, weights[TAPS];
    for (int k = 0; k < TAPS; k++) {
        double x = k - TAPS / 2;
        sum += weights[k] = exp(-x * x / (2 * 1.5 * 1.5));
    }
    for (int k = 0; k < TAPS; k++)
        w.weights[k] = (float)(weights[k] / sum);
    w.products = memory_array((size_t)width * QUANTITIES, sizeof(float));
    w.ring = memory_array((size_t)w.inner * QUANTITIES * TAPS, sizeof(float));
    w.moments = memory_array((size_t)w.inner * QUANTITIES, sizeof(float));
    w.values = memory_array((size_t)w.inner, sizeof(float));
    return w;
}

static void window_free(Window *w)
{
    free(w->products);
    free(w->ring);
    free(w->moments);
    free(w->values);
}

FOR_EVERY_PROCESSOR
static void filter_across(const Window *w, const float *restrict in, float *restrict out)
{
    float w0 = w->weights[0], w1 = w->weights[1], w2 = w->weights[2], w3 = w->weights[3];
    float w4 = w->weights[4], w5 = w->weights[5];
    size_t inner = (size_t)w->inner;
    for (size_t x = 0; x < inner; x++)
        out[x] = w0 * (in[x] + in[x + 10]) + w1 * (in[x + 1] + in[x + 9]) +
                 w2 * (in[x + 2] + in[x + 8]) + w3 * (in[x + 3] + in[x + 7]) +
                 w4 * (in[x + 4] + in[x + 6]) + w5 * in[x + 5];
}

/* Filters one row of both pictures across into slot `slot` of the ring. */
FOR_EVERY_PROCESSOR
static void take_row(const Window *w, const float *a, const float *b, int slot)
{
    size_t width = (size_t)w->width;
    float *restrict first = w->products, *restrict second = first + width;
    float *restrict squares = second + width, *restrict product = squares + width;
    for (size_t x = 0; x < width; x++) {
        float p = a[x] - MIDDLE, q = b[x] - MIDDLE;
        first[x] = p;
        second[x] = q;
        squares[x] = p * p + q * q;
        product[x] = p * q;
    }
    float *out = w->ring + (size_t)slot * QUANTITIES * (size_t)w->inner;
    for (size_t i = 0; i < QUANTITIES; i++)
        filter_across(w, w->products + i * width, out + i * (size_t)w->inner);
}

/* Filters the ring, whose oldest row is in slot `oldest`, down into the moments. */
FOR_EVERY_PROCESSOR
static void filter_down(const Window *w, int oldest)
{
    size_t count = (size_t)w->inner * QUANTITIES;
    const float *rows[TAPS];
    for (int k = 0; k < TAPS; k++)
        rows[k] = w->ring + (size_t)((oldest + k) % TAPS) * count;
    const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3], *r4 = rows[4];
    const float *r5 = rows[5], *r6 = rows[6], *r7 = rows[7], *r8 = rows[8], *r9 = rows[9];
    const float *r10 = rows[10];
    float w0 = w->weights[0], w1 = w->weights[1], w2 = w->weights[2], w3 = w->weights[3];
    float w4 = w->weights[4], w5 = w->weights[5];
    float *restrict moments = w->moments;
#pragma GCC ivdep
    for (size_t x = 0; x < count; x++)
        moments[x] = w0 * (r0[x] + r10[x]) + w1 * (r1[x] + r9[x]) + w2 * (r2[x] + r8[x]) +
                     w3 * (r3[x] + r7[x]) + w4 * (r4[x] + r6[x]) + w5 * r5[x];
}

FOR_EVERY_PROCESSOR
static double row_similarity(const Window *w)
{
    const float c1 = 0.01f * 255 * 0.01f * 255, c2 = 0.03f * 255 * 0.03f * 255;
    size_t n = (size_t)w->inner;
    const float *a = w->moments, *b = a + n, *squares = b + n, *product = squares + n;
    float *restrict values = w->values;
    for (size_t x = 0; x < n; x++) {
        float variances = squares[x] - (a[x] * a[x] + b[x] * b[x]);
        float covariance = product[x] - a[x] * b[x];
        float p = a[x] + MIDDLE, q = b[x] + MIDDLE;
        values[x] =
            (2 * p * q + c1) * (2 * covariance + c2) / ((p * p + q * q + c1) * (variances + c2));
    }
    return row_sum(values, w->inner);
}

/* The sum over the valid pixels whose windows begin in columns x .. x + inner - 1. */
static double stripe_similarity(const Plane *a, const Plane *b, int x, int inner)
{
    Window w = window_new(inner + TAPS - 1);
    double sum = 0;
    for (int y = 0; y < a->height; y++) {
        size_t at = (size_t)y * (size_t)a->width + (size_t)x;
        take_row(&w, a->values + at, b->values + at, y % TAPS);
        if (y < TAPS - 1)
            continue;
        filter_down(&w, (y + 1) % TAPS);
        sum += row_similarity(&w);
    }
    window_free(&w);
    return sum;
}

int metric_ssim(const Plane *a, const Plane *b, double *value)
{
    if (a->width != b->width || a->height != b->height)
        return error_set(ERROR_SHAPE, "SSIM: %dx%d against %dx%d pixels", a->width, a->height,
                         b->width, b->height);
    if (a->width < TAPS || a->height < TAPS)
        return error_set(ERROR_SHAPE, "SSIM: %dx%d pixels are fewer than 11x11", a->width,
                         a->height);
    double sum = 0;
    int inner = a->width - TAPS + 1;
    for (int x = 0; x < inner; x += STRIPE)
        sum += stripe_similarity(a, b, x, inner - x < STRIPE ? inner - x : STRIPE);
    *value = sum / ((double)inner * (a->height - TAPS + 1));
    return 0;
}
