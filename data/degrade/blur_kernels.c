#include "data/degrade/blur_kernels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double PI = 3.14159265358979323846;

/* A symmetric 2 x 2 matrix, the inverse of the covariance. */
typedef struct Quadratic {
    double xx, xy, yy;
} Quadratic;

static Quadratic quadratic(const BlurKernel *blur, bool iso)
{
    double a = 1 / (blur->sigma * blur->sigma);
    double b = iso ? a : 1 / (blur->sigma_y * blur->sigma_y);
    double c = iso ? 1 : cos(blur->angle * PI / 180), s = iso ? 0 : sin(blur->angle * PI / 180);
    return (Quadratic){a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c};
}

static double bell(BlurKind kind, double q, double beta)
{
    if (kind == BLUR_ISO || kind == BLUR_ANISO)
        return exp(-0.5 * q);
    double power = beta == 1 ? q : pow(q, beta);
    return kind == BLUR_PLATEAU_ISO || kind == BLUR_PLATEAU_ANISO ? 1 / (1 + power)
                                                                  : exp(-0.5 * power);
}

/* Opposite pixels weigh the same. */
static void fill_bell(const BlurKernel *blur, BlurKind kind, bool iso, double *weights)
{
    Quadratic m = quadratic(blur, iso);
    int r = blur->radius, size = 2 * r + 1, last = size * size - 1;
    for (int i = 0; i <= last / 2; i++) {
        double x = i % size - r, y = i / size - r;
        weights[i] = weights[last - i] =
            bell(kind, m.xx * x * x + 2 * m.xy * x * y + m.yy * y * y, blur->beta);
    }
}

/* All eight reflections of a pixel weigh the same. */
static void fill_sinc(const BlurKernel *blur, double *weights)
{
    int r = blur->radius, size = 2 * r + 1;
    double c = blur->cutoff;
    for (int y = 0; y <= r; y++)
        for (int x = 0; x <= y; x++) {
            double d = sqrt((double)(x * x + y * y));
            double weight = d == 0 ? c * c / (4 * PI) : c * j1(c * d) / (2 * PI * d);
            for (int i = 0; i < 8; i++) {
                int u = i & 1 ? -x : x, v = i & 2 ? -y : y;
                weights[(r + (i & 4 ? u : v)) * size + r + (i & 4 ? v : u)] = weight;
            }
        }
}

/* The part of -0.5..0.5 around y that lies in -half..half. */
static double overlap(double y, double half)
{
    return fmax(0, fmin(y + 0.5, half) - fmax(y - 0.5, -half));
}

/* The part of the pixel at (x, y), both at least 0, within `reach` of the origin. */
static double area_inside(double x, double y, double reach)
{
    enum { SLICES = 64 };
    double near_x = fmax(x - 0.5, 0), near_y = fmax(y - 0.5, 0), area = 0;
    if (near_x * near_x + near_y * near_y >= reach * reach)
        return 0;
    if ((x + 0.5) * (x + 0.5) + (y + 0.5) * (y + 0.5) <= reach * reach)
        return 1;
    for (int slice = 0; slice < SLICES; slice++) {
        double at = x - 0.5 + (slice + 0.5) / SLICES, rest = reach * reach - at * at;
        area += rest > 0 ? overlap(y, sqrt(rest)) / SLICES : 0;
    }
    return area;
}

static void fill_disk(const BlurKernel *blur, double *weights)
{
    int r = blur->radius, size = 2 * r + 1;
    double reach = fmin(blur->reach, r + 0.5);
    for (int i = 0; i < size * size; i++)
        weights[i] = area_inside(abs(i % size - r), abs(i / size - r), reach);
}

static void splat(double x, double y, int radius, double *weights)
{
    int size = 2 * radius + 1, left = (int)floor(x), top = (int)floor(y);
    double right_share = x - left, bottom_share = y - top;
    for (int i = 0; i < 4; i++) {
        int u = left + (i & 1), v = top + (i >> 1);
        if (abs(u) <= radius && abs(v) <= radius)
            weights[(v + radius) * size + u + radius] +=
                (i & 1 ? right_share : 1 - right_share) * (i & 2 ? bottom_share : 1 - bottom_share);
    }
}

/* An arc that leaves the origin both ways, moved so that its mean is there. */
static void fill_motion(const BlurKernel *blur, double bend, double *weights)
{
    enum { PER_PIXEL = 16 };
    int size = 2 * blur->radius + 1;
    double length = fmin(blur->length, size), turn = bend * PI / 180;
    double c = cos(blur->angle * PI / 180), s = sin(blur->angle * PI / 180);
    bool bent = fabs(turn) > 1e-6;
    double mean = bent ? (1 - sin(turn / 2) / (turn / 2)) / turn : 0;
    int count = (int)ceil(length * PER_PIXEL);
    for (int i = 0; i < size * size; i++)
        weights[i] = 0;
    for (int i = 0; i < count; i++) {
        double way = (i + 0.5) / count - 0.5;
        double along = length * (bent ? sin(turn * way) / turn : way);
        double aside = length * (bent ? (1 - cos(turn * way)) / turn - mean : 0);
        splat(c * along - s * aside, s * along + c * aside, blur->radius, weights);
    }
}

void blur_kernel_fill(const BlurKernel *blur, float *weights)
{
    double exact[BLUR_MOST_TAPS], sum = 0;
    BlurKind kind = (BlurKind)blur->kind;
    switch (kind) {
    case BLUR_ISO:
    case BLUR_GENERALIZED_ISO:
    case BLUR_PLATEAU_ISO:
        fill_bell(blur, kind, true, exact);
        break;
    case BLUR_ANISO:
    case BLUR_GENERALIZED_ANISO:
    case BLUR_PLATEAU_ANISO:
        fill_bell(blur, kind, false, exact);
        break;
    case BLUR_SINC:
        fill_sinc(blur, exact);
        break;
    case BLUR_DISK:
        fill_disk(blur, exact);
        break;
    case BLUR_LINE:
        fill_motion(blur, 0, exact);
        break;
    case BLUR_CURVE:
        fill_motion(blur, blur->bend, exact);
        break;
    }
    int count = (2 * blur->radius + 1) * (2 * blur->radius + 1);
    for (int i = 0; i < count; i++)
        sum += exact[i];
    for (int i = 0; i < count; i++)
        weights[i] = (float)(exact[i] / sum);
}
