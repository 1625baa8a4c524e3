#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "eval/detail.h"
#include "eval/neighbourhood.h"
#include "eval/rows.h"

const char *const METRIC_NAMES[METRIC_COUNT] = {
    "psnr_y",    "psnr_rgb",   "ssim_y",     "consistency",   "detail_energy",
    "recovered", "smoothing",  "sharpening", "hallucination", "false_texture",
    "halo",      "lpips_alex", "lpips_vgg",  "lpips_squeeze"};

struct Reference {
    int scale, crop;
    Image hr;
    Plane luma;
    Plane low;             /* D(HR) */
    Plane detail, energy;  /* d(HR) and hh */
    Plane least, greatest; /* of the (2s+1)x(2s+1) neighbourhood */
};

Reference *reference_new(const Image *hr, int scale, int crop)
{
    if (hr->width % scale || hr->height % scale) {
        error_set(ERROR_SHAPE, "%dx%d pixels are no multiple of the scale %d", hr->width,
                  hr->height, scale);
        return NULL;
    }
    if (hr->width - 2 * crop < 11 || hr->height - 2 * crop < 11) {
        error_set(ERROR_SHAPE, "%dx%d pixels without a border of %d are fewer than 11x11",
                  hr->width, hr->height, crop);
        return NULL;
    }
    Reference *r = memory_new(sizeof *r);
    r->scale = scale;
    r->crop = crop;
    r->hr = image_copy(hr);
    r->luma = image_luma(hr);
    r->detail = detail_of(&r->luma, scale, &r->low);
    r->energy = detail_product(&r->detail, &r->detail, scale);
    neighbourhood_range(&r->luma, scale, &r->least, &r->greatest);
    return r;
}

void reference_free(Reference *r)
{
    if (!r)
        return;
    image_free(&r->hr);
    plane_free(&r->luma);
    plane_free(&r->low);
    plane_free(&r->detail);
    plane_free(&r->energy);
    plane_free(&r->least);
    plane_free(&r->greatest);
    free(r);
}

const Plane *reference_detail_energy(const Reference *reference)
{
    return &reference->energy;
}

/* Decibels below full scale; NAN where there is no error. */
static double decibels(double squares, double count)
{
    return squares > 0 ? 10 * log10(255.0 * 255.0 * count / squares) : NAN;
}

static double psnr_plane(const Plane *a, const Plane *b, int crop)
{
    int inner = a->width - 2 * crop;
    double sum = 0;
    for (int y = crop; y < a->height - crop; y++) {
        size_t at = (size_t)y * (size_t)a->width + (size_t)crop;
        sum += row_squared_error(a->values + at, b->values + at, inner);
    }
    return decibels(sum, (double)inner * (a->height - 2 * crop));
}

static double psnr_rgb(const Image *a, const Image *b, int crop)
{
    size_t inner = (size_t)(a->width - 2 * crop) * 3;
    int64_t sum = 0;
    for (int y = crop; y < a->height - crop; y++) {
        size_t at = ((size_t)y * (size_t)a->width + (size_t)crop) * 3;
        const uint8_t *p = a->rgb + at, *q = b->rgb + at;
        for (size_t i = 0; i < inner; i++) {
            int difference = p[i] - q[i];
            sum += difference * difference;
        }
    }
    return decibels((double)sum, (double)inner * (a->height - 2 * crop));
}

static Plane crop_plane(const Plane *p, int crop)
{
    Plane inner = plane_new(p->width - 2 * crop, p->height - 2 * crop);
    for (int y = 0; y < inner.height; y++)
        memcpy(inner.values + (size_t)y * (size_t)inner.width,
               p->values + (size_t)(y + crop) * (size_t)p->width + crop,
               (size_t)inner.width * sizeof(float));
    return inner;
}

static int ssim_cropped(const Plane *a, const Plane *b, int crop, double *value)
{
    if (crop == 0)
        return metric_ssim(a, b, value);
    Plane inner_a = crop_plane(a, crop), inner_b = crop_plane(b, crop);
    int result = metric_ssim(&inner_a, &inner_b, value);
    plane_free(&inner_a);
    plane_free(&inner_b);
    return result;
}

static double share(double part, double whole)
{
    return whole < 1e-6 ? NAN : sqrt(part / whole);
}

static void measure_detail(const Reference *r, const Plane *detail, double *values)
{
    DetailMaps maps = detail_decompose(&r->detail, &r->energy, detail, r->scale);
    DetailSums s = detail_sum(&maps, &r->energy, r->crop);
    detail_maps_free(&maps);
    values[METRIC_DETAIL_ENERGY] = share(s.energy, s.truth);
    values[METRIC_RECOVERED] = s.truth < 1e-6 ? NAN : s.recovered / s.truth;
    values[METRIC_SMOOTHING] = share(s.lost, s.truth);
    values[METRIC_SHARPENING] = share(s.exaggerated, s.truth);
    values[METRIC_HALLUCINATION] = share(s.invented, s.truth);
    values[METRIC_FALSE_TEXTURE] = s.flat_pixels > 0 ? sqrt(s.flat_excess / s.flat_pixels) : NAN;
}

int metrics_measure(const Reference *r, const Image *sr, double values[METRIC_COUNT])
{
    for (int m = 0; m < METRIC_COUNT; m++)
        values[m] = NAN;
    if (sr->width != r->hr.width || sr->height != r->hr.height)
        return error_set(ERROR_SHAPE, "%dx%d pixels where the truth has %dx%d", sr->width,
                         sr->height, r->hr.width, r->hr.height);
    Plane luma = image_luma(sr), low;
    Plane detail = detail_of(&luma, r->scale, &low);
    values[METRIC_PSNR_Y] = psnr_plane(&r->luma, &luma, r->crop);
    values[METRIC_PSNR_RGB] = psnr_rgb(&r->hr, sr, r->crop);
    values[METRIC_CONSISTENCY] = psnr_plane(&r->low, &low, 0);
    values[METRIC_HALO] = neighbourhood_excess(&luma, &r->least, &r->greatest, 64, r->crop);
    measure_detail(r, &detail, values);
    int result = ssim_cropped(&r->luma, &luma, r->crop, &values[METRIC_SSIM_Y]);
    plane_free(&luma);
    plane_free(&low);
    plane_free(&detail);
    return result;
}
