#include "eval/registration.h"

#include <math.h>
#include <string.h>

#include "core/vector.h"
#include "data/resample.h"

enum { TAPS = 16, ROUNDS = 6, FARTHEST = 3 };

static const double PI = 3.14159265358979323846;

static int mirror(int i, int extent)
{
    while (i < 0 || i >= extent)
        i = i < 0 ? -1 - i : 2 * extent - 1 - i;
    return i;
}

/* Weights that give the value at TAPS / 2 - 1 + fraction from TAPS samples; they sum to 1. */
static void sinc_weights(double fraction, float weights[TAPS])
{
    double exact[TAPS], sum = 0;
    for (int k = 0; k < TAPS; k++) {
        double x = k - (TAPS / 2 - 1) - fraction, r = x / (TAPS / 2.0);
        double window = fabs(r) < 1 ? 0.5 + 0.5 * cos(PI * r) : 0;
        exact[k] = window * (fabs(x) < 1e-9 ? 1 : sin(PI * x) / (PI * x));
        sum += exact[k];
    }
    for (int k = 0; k < TAPS; k++)
        weights[k] = (float)(exact[k] / sum);
}

FOR_EVERY_PROCESSOR
static void add_scaled(float *restrict sum, const float *values, float weight, int count)
{
    for (int x = 0; x < count; x++)
        sum[x] += weight * values[x];
}

/* out(x, y) = p(x, y + shift) */
static Plane moved_up(const Plane *p, double shift)
{
    Plane out = plane_new(p->width, p->height);
    float weights[TAPS];
    int whole = (int)floor(shift);
    sinc_weights(shift - whole, weights);
    for (int y = 0; y < p->height; y++)
        for (int k = 0; k < TAPS; k++) {
            int from = mirror(y + whole + k - (TAPS / 2 - 1), p->height);
            add_scaled(out.values + (size_t)y * (size_t)p->width,
                       p->values + (size_t)from * (size_t)p->width, weights[k], p->width);
        }
    return out;
}

static Plane transposed(const Plane *p)
{
    Plane out = plane_new(p->height, p->width);
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++)
            out.values[(size_t)x * (size_t)p->height + (size_t)y] =
                p->values[(size_t)y * (size_t)p->width + (size_t)x];
    return out;
}

Plane registration_undo(const Plane *plane, double x, double y)
{
    Plane up = moved_up(plane, y), turned = transposed(&up);
    Plane left = moved_up(&turned, x), result = transposed(&left);
    plane_free(&up);
    plane_free(&turned);
    plane_free(&left);
    return result;
}

/* Sums of Lucas and Kanade's normal equations. */
typedef struct Normal {
    double xx, xy, yy, x, y;
} Normal;

static Normal normal_equations(const Plane *hr, const Plane *sr, int border)
{
    Normal n = {0};
    size_t width = (size_t)hr->width;
    for (int y = border; y < hr->height - border; y++) {
        const float *a = hr->values + (size_t)y * width, *b = sr->values + (size_t)y * width;
        for (int x = border; x < hr->width - border; x++) {
            size_t i = (size_t)x;
            /* The mean of both pictures' gradients: second order in the shift. */
            double gx = (double)((a[i + 1] - a[i - 1]) + (b[i + 1] - b[i - 1])) / 4;
            double gy =
                (double)(((a + width)[i] - (a - width)[i]) + ((b + width)[i] - (b - width)[i])) / 4;
            double difference = (double)(a[i] - b[i]);
            n.xx += gx * gx;
            n.xy += gx * gy;
            n.yy += gy * gy;
            n.x += gx * difference;
            n.y += gy * difference;
        }
    }
    return n;
}

/* One scale of the search: both pictures smoothed by sigma, from the shift found so far. */
static void refine(const Plane *hr, const Plane *sr, double sigma, double *x, double *y)
{
    int radius = (int)ceil(3 * sigma), border = radius / 2 + 1;
    if (hr->width < 4 * border || hr->height < 4 * border)
        return;
    Plane truth = plane_gaussian(hr, sigma, radius), judged = plane_gaussian(sr, sigma, radius);
    for (int round = 0; round < ROUNDS; round++) {
        Plane back = registration_undo(&judged, *x, *y);
        Normal n = normal_equations(&truth, &back, border);
        plane_free(&back);
        double determinant = n.xx * n.yy - n.xy * n.xy;
        if (!(determinant > 1e-6 * (n.xx + n.yy) * (n.xx + n.yy)))
            break; /* no two directions to see a shift in */
        double dx = (n.yy * n.x - n.xy * n.y) / determinant;
        double dy = (n.xx * n.y - n.xy * n.x) / determinant;
        *x += dx;
        *y += dy;
        if (fabs(dx) + fabs(dy) < 0.0005)
            break;
    }
    plane_free(&truth);
    plane_free(&judged);
}

void registration_find(const Plane *hr, const Plane *sr, double *x, double *y)
{
    *x = *y = 0;
    refine(hr, sr, 2, x, y);
    refine(hr, sr, 1, x, y);
    if (!(fabs(*x) <= FARTHEST && fabs(*y) <= FARTHEST)) /* lost its way */
        *x = *y = 0;
}
