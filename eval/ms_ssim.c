#include "eval/ms_ssim.h"

#include <math.h>

#include "core/error.h"
#include "core/vector.h"

enum { SCALES = 5 };
static const double POWERS[SCALES] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

FOR_EVERY_PROCESSOR
static void halve_rows(const float *top, const float *bottom, float *restrict out, int pairs)
{
    for (int x = 0; x < pairs; x++)
        out[x] = 0.25f * ((top[2 * x] + top[2 * x + 1]) + (bottom[2 * x] + bottom[2 * x + 1]));
}

static Plane halve(const Plane *p)
{
    Plane half = plane_new((p->width + 1) / 2, (p->height + 1) / 2);
    for (int y = 0; y < half.height; y++) {
        int next = 2 * y + 1 < p->height ? 2 * y + 1 : 2 * y, last = p->width - 1;
        const float *top = p->values + (size_t)(2 * y) * (size_t)p->width;
        const float *bottom = p->values + (size_t)next * (size_t)p->width;
        float *out = half.values + (size_t)y * (size_t)half.width;
        halve_rows(top, bottom, out, p->width / 2);
        if (p->width % 2)
            out[half.width - 1] = 0.5f * (top[last] + bottom[last]);
    }
    return half;
}

static double factor(double mean, int scale)
{
    return mean > 0 ? pow(mean, POWERS[scale]) : 0;
}

double ms_ssim_from(const SsimMeans *finest, const Plane *a, const Plane *b)
{
    if (a->width < MS_SSIM_LEAST_EDGE || a->height < MS_SSIM_LEAST_EDGE)
        return NAN;
    double product = factor(finest->structure, 0);
    Plane first = halve(a), second = halve(b);
    for (int scale = 1; scale < SCALES; scale++) {
        SsimMeans means = ssim_means(&first, &second, NULL);
        product *= factor(scale < SCALES - 1 ? means.structure : means.similarity, scale);
        Plane next = halve(&first), other = halve(&second);
        plane_free(&first);
        plane_free(&second);
        first = next;
        second = other;
    }
    plane_free(&first);
    plane_free(&second);
    return product;
}

int metric_ms_ssim(const Plane *a, const Plane *b, double *value)
{
    *value = NAN;
    if (a->width != b->width || a->height != b->height)
        return error_set(ERROR_SHAPE, "MS-SSIM: %dx%d against %dx%d pixels", a->width, a->height,
                         b->width, b->height);
    if (a->width < MS_SSIM_LEAST_EDGE || a->height < MS_SSIM_LEAST_EDGE)
        return 0;
    SsimMeans finest = ssim_means(a, b, NULL);
    *value = ms_ssim_from(&finest, a, b);
    return 0;
}
