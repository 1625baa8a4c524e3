#include "data/resample_axis.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static double triangle(double x)
{
    return fmax(0, 1 - fabs(x));
}

/* Keys 1981, doi:10.1109/TASSP.1981.1163711, equations 8 and 15. */
static double keys(double x, double a)
{
    x = fabs(x);
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static double cubic(double x)
{
    return keys(x, -0.5);
}

static double cubic75(double x)
{
    return keys(x, -0.75);
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

static int clamp(int64_t index, int count)
{
    return (int)(index < 0 ? 0 : index < count ? index : count - 1);
}

static Axis axis_take(Workspace *work, int count, int64_t taps)
{
    Axis axis = {.count = count, .taps = (int)((taps + 3) / 4 * 4)};
    size_t size = (size_t)count * (size_t)axis.taps;
    axis.indices = workspace_take(work, size, sizeof *axis.indices);
    axis.weights = workspace_take(work, size, sizeof *axis.weights);
    memset(axis.indices, 0, size * sizeof *axis.indices);
    memset(axis.weights, 0, size * sizeof *axis.weights);
    return axis;
}

static Axis axis_nearest(Workspace *work, int from, int to)
{
    Axis axis = axis_take(work, to, 1);
    for (int i = 0; i < to; i++) {
        axis.indices[(size_t)i * 4] = (int)((2 * (int64_t)i + 1) * from / (2 * (int64_t)to));
        axis.weights[(size_t)i * 4] = 1;
    }
    return axis;
}

/* The mean of all samples that an output sample touches, each whole (adaptive average pooling). */
static Axis axis_area(Workspace *work, int from, int to)
{
    Axis axis = axis_take(work, to, (int64_t)from / to + 2);
    for (int i = 0; i < to; i++) {
        int64_t first = (int64_t)i * from / to, end = ((int64_t)(i + 1) * from + to - 1) / to;
        for (int64_t k = 0; k < end - first; k++) {
            size_t at = (size_t)i * (size_t)axis.taps + (size_t)k;
            axis.indices[at] = (int)(first + k);
            axis.weights[at] = (float)(1 / (double)(end - first));
        }
    }
    return axis;
}

/* `function` is zero beyond `radius`. */
static Axis axis_filtered(Workspace *work, int from, int to, double (*function)(double),
                          double radius, Sampling sampling)
{
    bool plain = sampling == SAMPLING_PLAIN;
    double ratio = (double)from / to, stretch = plain ? 1 : fmax(ratio, 1);
    double reach = radius * stretch;
    Axis axis = axis_take(work, to, (int64_t)floor(2 * reach) + 1);
    double *exact = workspace_take(work, (size_t)axis.taps, sizeof *exact);
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * ratio - 0.5, sum = 0;
        int64_t first = (int64_t)ceil(centre - reach);
        for (int k = 0; k < axis.taps; k++)
            sum += exact[k] = function((centre - (double)(first + k)) / stretch);
        for (int k = 0; k < axis.taps; k++) {
            size_t at = (size_t)i * (size_t)axis.taps + (size_t)k;
            axis.indices[at] = plain ? clamp(first + k, from) : mirror(first + k, from);
            axis.weights[at] = (float)(exact[k] / sum);
        }
    }
    return axis;
}

Axis axis_resample(Workspace *work, int from, int to, Kernel kernel, Sampling sampling)
{
    switch (kernel) {
    case KERNEL_NEAREST:
        break;
    case KERNEL_BILINEAR:
        return axis_filtered(work, from, to, triangle, 1, sampling);
    case KERNEL_BICUBIC:
        return axis_filtered(work, from, to, cubic, 2, sampling);
    case KERNEL_BICUBIC75:
        return axis_filtered(work, from, to, cubic75, 2, sampling);
    case KERNEL_LANCZOS3:
        return axis_filtered(work, from, to, lanczos3, 3, sampling);
    case KERNEL_AREA:
        return axis_area(work, from, to);
    }
    return axis_nearest(work, from, to);
}

Axis axis_gaussian(Workspace *work, int count, double sigma, int radius)
{
    Axis axis = axis_take(work, count, 2 * (int64_t)radius + 1);
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
