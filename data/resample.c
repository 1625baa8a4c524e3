#include "data/resample.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"

/* How each output sample of one axis is made: the sum over k of weights[i * taps + k] times input
 * sample indices[i * taps + k]. taps is a multiple of 4, filled up with weights of 0. */
typedef struct Axis {
    int count, taps;
    int *indices;
    float *weights;
} Axis;

static const double PI = 3.14159265358979323846;

static double triangle(double x)
{
    return fmax(0, 1 - fabs(x));
}

/* Keys 1981, doi:10.1109/TASSP.1981.1163711, equation 15. */
static double cubic(double x)
{
    x = fabs(x);
    if (x < 1)
        return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static double lanczos3(double x)
{
    if (fabs(x) < 1e-9)
        return 1;
    return fabs(x) < 3 ? 3 * sin(PI * x) * sin(PI * x / 3) / (PI * PI * x * x) : 0;
}

/* Mirrors any index into 0..count-1, the edge samples repeated. */
static int mirror(int64_t index, int count)
{
    int64_t period = 2 * (int64_t)count, i = index % period;
    i = i < 0 ? i + period : i;
    return (int)(i < count ? i : period - 1 - i);
}

static Axis axis_new(int count, int64_t taps)
{
    Axis axis = {.count = count, .taps = (int)((taps + 3) / 4 * 4)};
    size_t size = (size_t)count * (size_t)axis.taps;
    axis.indices = memory_array(size, sizeof *axis.indices);
    axis.weights = memory_array(size, sizeof *axis.weights);
    return axis;
}

static void axis_free(Axis *axis)
{
    free(axis->indices);
    free(axis->weights);
}

static Axis axis_nearest(int from, int to)
{
    Axis axis = axis_new(to, 1);
    for (int i = 0; i < to; i++) {
        axis.indices[(size_t)i * 4] = (int)((2 * (int64_t)i + 1) * from / (2 * (int64_t)to));
        axis.weights[(size_t)i * 4] = 1;
    }
    return axis;
}

/* `function` is zero beyond `radius`. */
static Axis axis_filtered(int from, int to, double (*function)(double), double radius)
{
    double ratio = (double)from / to, stretch = fmax(ratio, 1), reach = radius * stretch;
    Axis axis = axis_new(to, (int64_t)floor(2 * reach) + 1);
    double *exact = memory_array((size_t)axis.taps, sizeof *exact);
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * ratio - 0.5, sum = 0;
        int64_t first = (int64_t)ceil(centre - reach);
        for (int k = 0; k < axis.taps; k++)
            sum += exact[k] = function((centre - (double)(first + k)) / stretch);
        for (int k = 0; k < axis.taps; k++) {
            size_t at = (size_t)i * (size_t)axis.taps + (size_t)k;
            axis.indices[at] = mirror(first + k, from);
            axis.weights[at] = (float)(exact[k] / sum);
        }
    }
    free(exact);
    return axis;
}

static Axis axis_resample(int from, int to, Kernel kernel)
{
    switch (kernel) {
    case KERNEL_NEAREST:
        break;
    case KERNEL_BILINEAR:
        return axis_filtered(from, to, triangle, 1);
    case KERNEL_BICUBIC:
        return axis_filtered(from, to, cubic, 2);
    case KERNEL_LANCZOS3:
        return axis_filtered(from, to, lanczos3, 3);
    }
    return axis_nearest(from, to);
}

static Axis axis_gaussian(int count, double sigma, int radius)
{
    Axis axis = axis_new(count, 2 * (int64_t)radius + 1);
    double sum = 0;
    for (int k = -radius; k <= radius; k++)
        sum += exp(-0.5 * k * k / (sigma * sigma));
    for (int i = 0; i < count; i++) {
        for (int k = -radius; k <= radius; k++) {
            size_t at = (size_t)i * (size_t)axis.taps + (size_t)(k + radius);
            axis.indices[at] = mirror((int64_t)i + k, count);
            axis.weights[at] = (float)(exp(-0.5 * k * k / (sigma * sigma)) / sum);
        }
    }
    return axis;
}

/* to[j] = sum over k of weights[k] * from[indices[k] * stride + j]. Four taps at a time, so that
 * the inner loop is bound by arithmetic and not by loads and stores of `to`. */
static inline void combine(const float *restrict from, size_t stride, const int *indices,
                           const float *weights, int taps, size_t count, float *restrict to)
{
    for (int k = 0; k < taps; k += 4) {
        const float *a = from + (size_t)indices[k] * stride;
        const float *b = from + (size_t)indices[k + 1] * stride;
        const float *c = from + (size_t)indices[k + 2] * stride;
        const float *d = from + (size_t)indices[k + 3] * stride;
        float wa = weights[k], wb = weights[k + 1], wc = weights[k + 2], wd = weights[k + 3];
        if (k == 0)
            for (size_t j = 0; j < count; j++)
                to[j] = (wa * a[j] + wb * b[j]) + (wc * c[j] + wd * d[j]);
        else
            for (size_t j = 0; j < count; j++)
                to[j] += (wa * a[j] + wb * b[j]) + (wc * c[j] + wd * d[j]);
    }
}

/* Mixes rows of `width` floats into axis->count rows. */
FOR_EVERY_PROCESSOR
static void filter_columns(const Axis *axis, const float *from, size_t width, float *to)
{
    for (size_t y = 0; y < (size_t)axis->count; y++)
        combine(from, width, axis->indices + y * (size_t)axis->taps,
                axis->weights + y * (size_t)axis->taps, axis->taps, width, to + y * width);
}

enum { LANES = 16 };

/* Filters along rows of `width` pixels of `channels` floats: LANES rows at a time are turned so
 * that they lie side by side, and mixed like columns. */
FOR_EVERY_PROCESSOR
static void filter_rows(const Axis *axis, const float *from, int width, int height, int channels,
                        float *to)
{
    size_t c = (size_t)channels, in = (size_t)width * c, out = (size_t)axis->count * c;
    float *turned = memory_array(in * LANES, sizeof *turned);
    float mixed[3 * LANES];
    for (int top = 0; top < height; top += LANES) {
        size_t rows = height - top < LANES ? (size_t)(height - top) : LANES;
        for (size_t r = 0; r < rows; r++)
            for (size_t x = 0; x < in; x++)
                turned[x * LANES + r] = from[((size_t)top + r) * in + x];
        for (size_t x = 0; x < (size_t)axis->count; x++) {
            combine(turned, c * LANES, axis->indices + x * (size_t)axis->taps,
                    axis->weights + x * (size_t)axis->taps, axis->taps, c * LANES, mixed);
            for (size_t r = 0; r < rows; r++)
                for (size_t k = 0; k < c; k++)
                    to[((size_t)top + r) * out + x * c + k] = mixed[k * LANES + r];
        }
    }
    free(turned);
}

/* values: rows of width pixels of `channels` floats (1 or 3); the result has rows->count columns
 * and columns->count rows. */
static float *filter(const float *values, int width, int channels, const Axis *rows,
                     const Axis *columns)
{
    size_t in = (size_t)width * (size_t)channels, out = (size_t)rows->count * (size_t)channels;
    float *between = memory_array((size_t)columns->count * in, sizeof *between);
    float *result = memory_array((size_t)columns->count * out, sizeof *result);
    filter_columns(columns, values, in, between);
    filter_rows(rows, between, width, columns->count, channels, result);
    free(between);
    return result;
}

Plane plane_resample(const Plane *plane, int width, int height, Kernel kernel)
{
    Axis rows = axis_resample(plane->width, width, kernel);
    Axis columns = axis_resample(plane->height, height, kernel);
    float *values = filter(plane->values, plane->width, 1, &rows, &columns);
    axis_free(&rows);
    axis_free(&columns);
    return (Plane){width, height, values};
}

Plane plane_gaussian(const Plane *plane, double sigma, int radius)
{
    Axis rows = axis_gaussian(plane->width, sigma, radius);
    Axis columns = axis_gaussian(plane->height, sigma, radius);
    float *values = filter(plane->values, plane->width, 1, &rows, &columns);
    axis_free(&rows);
    axis_free(&columns);
    return (Plane){plane->width, plane->height, values};
}

Image image_resample(const Image *image, int width, int height, Kernel kernel)
{
    size_t in = (size_t)image->width * (size_t)image->height * 3;
    size_t out = (size_t)width * (size_t)height * 3;
    float *levels = memory_array(in, sizeof *levels);
    for (size_t i = 0; i < in; i++)
        levels[i] = image->rgb[i];
    Axis rows = axis_resample(image->width, width, kernel);
    Axis columns = axis_resample(image->height, height, kernel);
    float *values = filter(levels, image->width, 3, &rows, &columns);
    free(levels);
    axis_free(&rows);
    axis_free(&columns);
    Image result = image_new(width, height);
    for (size_t i = 0; i < out; i++)
        result.rgb[i] = image_level(values[i]);
    free(values);
    return result;
}
