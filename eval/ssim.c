/* SSIM in one pass over the rows: each row's four quantities are filtered across into a ring of
 * eleven rows, which stays in the cache, and the ring is filtered down. */
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "eval/metrics.h"
#include "eval/rows.h"

enum { TAPS = 11, QUANTITIES = 4 };

/* Levels are taken relative to mid-gray: variances stay the same and lose fewer digits. */
static const float MIDDLE = 128;

typedef struct Window {
    int width, inner;    /* of the pictures; of the valid region */
    float weights[TAPS]; /* Gaussian, sigma 1.5, sum 1 */
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

static void filter_across(const Window *w, const float *in, float *restrict out)
{
    for (int x = 0; x < w->inner; x++) {
        float sum = 0;
        for (int k = 0; k < TAPS; k++)
            sum += w->weights[k] * in[x + k];
        out[x] = sum;
    }
}

/* Filters one row of both pictures across into slot `slot` of the ring. */
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
static void filter_down(const Window *w, int oldest)
{
    size_t count = (size_t)w->inner * QUANTITIES;
    float weights[TAPS];
    for (int slot = 0; slot < TAPS; slot++)
        weights[slot] = w->weights[(slot - oldest + TAPS) % TAPS];
    float *restrict moments = w->moments;
    const float *ring = w->ring;
    for (size_t x = 0; x < count; x++) {
        float sum = 0;
        for (size_t k = 0; k < TAPS; k++)
            sum += weights[k] * ring[k * count + x];
        moments[x] = sum;
    }
}

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

int metric_ssim(const Plane *a, const Plane *b, double *value)
{
    if (a->width != b->width || a->height != b->height)
        return error_set(ERROR_SHAPE, "SSIM: %dx%d against %dx%d pixels", a->width, a->height,
                         b->width, b->height);
    if (a->width < TAPS || a->height < TAPS)
        return error_set(ERROR_SHAPE, "SSIM: %dx%d pixels are fewer than 11x11", a->width,
                         a->height);
    Window w = window_new(a->width);
    double sum = 0;
    for (int y = 0; y < a->height; y++) {
        size_t row = (size_t)y * (size_t)a->width;
        take_row(&w, a->values + row, b->values + row, y % TAPS);
        if (y < TAPS - 1)
            continue;
        filter_down(&w, (y + 1) % TAPS);
        sum += row_similarity(&w);
    }
    *value = sum / ((double)w.inner * (a->height - TAPS + 1));
    window_free(&w);
    return 0;
}
