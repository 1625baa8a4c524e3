#include "eval/metrics.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "eval/ms_ssim.h"
#include "eval/neighbourhood.h"
#include "eval/reference_parts.h"
#include "eval/rows.h"
#include "eval/ssim.h"
#include "eval/vif.h"

double metric_decibels(double squares, double count)
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
    return metric_decibels(sum, (double)inner * (a->height - 2 * crop));
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
    return metric_decibels((double)sum, (double)inner * (a->height - 2 * crop));
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

/* On the cropped pictures, as published values are. */
static int measure_structure(const Reference *r, const Plane *luma, Measurement *m)
{
    Plane a = crop_plane(&r->luma, r->crop), b = crop_plane(luma, r->crop), map = {0};
    SsimMeans means = ssim_means(&a, &b, r->full ? &map : NULL);
    m->values[METRIC_SSIM_Y] = means.similarity;
    int result = 0;
    if (r->full) {
        metrics_similarity_by_content(r, &map, m);
        m->values[METRIC_MS_SSIM_Y] = ms_ssim_from(&means, &a, &b);
        result = metric_vif(&a, &b, &m->values[METRIC_VIF_Y]);
    }
    plane_free(&a);
    plane_free(&b);
    plane_free(&map);
    return result;
}

static double share(double part, double whole)
{
    return whole < 1e-6 ? NAN : sqrt(part / whole);
}

void metric_take_sums(DetailSums s, double values[METRIC_COUNT])
{
    values[METRIC_DETAIL_ENERGY] = share(s.energy, s.truth);
    values[METRIC_RECOVERED] = s.truth < 1e-6 ? NAN : s.recovered / s.truth;
    values[METRIC_SMOOTHING] = share(s.lost, s.truth);
    values[METRIC_SHARPENING] = share(s.exaggerated, s.truth);
    values[METRIC_HALLUCINATION] = share(s.invented, s.truth);
    values[METRIC_FALSE_TEXTURE] = s.flat_pixels > 0 ? sqrt(s.flat_excess / s.flat_pixels) : NAN;
}

DetailSums metric_decompose(const Reference *r, Evidence *e)
{
    Plane detail = detail_of(&e->luma, r->scale, e->low.values ? NULL : &e->low);
    e->detail = detail_decompose(&r->detail, &r->energy, &detail, r->scale);
    plane_free(&detail);
    return detail_sum(&e->detail, &r->energy, r->crop);
}

static void undefine(Measurement *m)
{
    double *values = (double *)(void *)m;
    for (size_t i = 0; i < sizeof *m / sizeof *values; i++)
        values[i] = NAN;
    m->shift_x = m->shift_y = 0;
}

/* What is measured where SR lies. */
static int measure_fidelity(const Reference *r, const Image *sr, const Plane *luma, Measurement *m)
{
    m->values[METRIC_PSNR_Y] = psnr_plane(&r->luma, luma, r->crop);
    m->values[METRIC_PSNR_RGB] = psnr_rgb(&r->hr, sr, r->crop);
    if (r->full) {
        metrics_errors_by_content(r, sr, luma, m);
        metrics_by_frequency(r, luma, m);
        if (metrics_of_others(r, sr, m->values) != 0)
            return -1;
    }
    return measure_structure(r, luma, m);
}

void evidence_free(Evidence *e)
{
    plane_free(&e->luma);
    plane_free(&e->low);
    detail_maps_free(&e->detail);
}

int metrics_measure(const Reference *r, const Image *sr, Measurement *m, Evidence *evidence)
{
    undefine(m);
    if (sr->width != r->hr.width || sr->height != r->hr.height)
        return error_set(ERROR_SHAPE, "%dx%d pixels where the truth has %dx%d", sr->width,
                         sr->height, r->hr.width, r->hr.height);
    Evidence e = {.luma = image_luma(sr)};
    int result = measure_fidelity(r, sr, &e.luma, m);
    DetailSums sums = metric_decompose(r, &e);
    m->values[METRIC_CONSISTENCY] = psnr_plane(&r->low, &e.low, 0);
    if (r->full) {
        metrics_register(r, &e, &sums, m);
        metrics_detail_by_content(r, &e, m);
    }
    metric_take_sums(sums, m->values);
    m->values[METRIC_HALO] = neighbourhood_excess(&e.luma, &r->least, &r->greatest, 64, r->crop);
    if (evidence && result == 0)
        *evidence = e;
    else
        evidence_free(&e);
    return result;
}
