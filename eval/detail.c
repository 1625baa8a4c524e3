#include "eval/detail.h"

#include <math.h>

#include "core/vector.h"
#include "data/resample.h"

/* Below this a detail value is the rounding noise of float resampling, not detail: flat ground must
 * have none at all, or chance correlation with the noise would count as exaggerated. */
static const float NOISE = 1e-4f;

static size_t pixels(const Plane *p)
{
    return (size_t)p->width * (size_t)p->height;
}

Plane detail_of(const Plane *luma, int scale, Plane *low)
{
    Plane small = plane_resample(luma, luma->width / scale, luma->height / scale, KERNEL_BICUBIC);
    Plane detail = plane_resample(&small, luma->width, luma->height, KERNEL_BICUBIC);
    for (size_t i = 0; i < pixels(luma); i++) {
        float d = luma->values[i] - detail.values[i];
        detail.values[i] = fabsf(d) < NOISE ? 0 : d;
    }
    if (low)
        *low = small;
    else
        plane_free(&small);
    return detail;
}

Plane detail_product(const Plane *a, const Plane *b, int scale)
{
    Plane product = plane_new(a->width, a->height);
    for (size_t i = 0; i < pixels(a); i++)
        product.values[i] = a->values[i] * b->values[i];
    Plane mean = plane_gaussian(&product, scale, 4 * scale);
    plane_free(&product);
    return mean;
}

/* G * (a - b)^2; filtered as it stands, because hh + ss - 2 hs would cancel for good methods. */
static Plane squared_difference(const Plane *a, const Plane *b, int scale)
{
    Plane difference = plane_new(a->width, a->height);
    for (size_t i = 0; i < pixels(a); i++)
        difference.values[i] = a->values[i] - b->values[i];
    Plane mean = detail_product(&difference, &difference, scale);
    plane_free(&difference);
    return mean;
}

/* Splits the error; `present` holds hs on entry and a on return. */
FOR_EVERY_PROCESSOR
static void split(const float *truth, const float *error, size_t count, DetailMaps *maps)
{
    float *restrict present = maps->present.values, *restrict lost = maps->lost.values;
    float *restrict exaggerated = maps->exaggerated.values;
    float *restrict invented = maps->invented.values;
    for (size_t i = 0; i < count; i++) {
        float judged = truth[i] < 1e-12f ? 0 : truth[i];
        float a = present[i] / (truth[i] < 1e-12f ? 1 : truth[i]);
        a = a > 0 ? a : 0;
        float missing = 1 - a > 0 ? 1 - a : 0, excess = a - 1 > 0 ? a - 1 : 0;
        float less = missing * missing * judged, more = excess * excess * judged;
        float rest = error[i] - less - more;
        present[i] = truth[i] < 1e-12f ? 1 : a;
        lost[i] = less;
        exaggerated[i] = more;
        invented[i] = rest > 0 ? rest : 0;
    }
}

DetailMaps detail_decompose(const Plane *hr, const Plane *hr_energy, const Plane *sr, int scale)
{
    DetailMaps maps = {.energy = detail_product(sr, sr, scale),
                       .error = squared_difference(sr, hr, scale),
                       .present = detail_product(hr, sr, scale),
                       .lost = plane_new(hr->width, hr->height),
                       .exaggerated = plane_new(hr->width, hr->height),
                       .invented = plane_new(hr->width, hr->height)};
    split(hr_energy->values, maps.error.values, pixels(hr), &maps);
    return maps;
}

void detail_maps_free(DetailMaps *maps)
{
    plane_free(&maps->energy);
    plane_free(&maps->error);
    plane_free(&maps->present);
    plane_free(&maps->lost);
    plane_free(&maps->exaggerated);
    plane_free(&maps->invented);
}
