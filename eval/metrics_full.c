/* What a full reference adds: registration, and the measures by content and by frequency. */
#include <math.h>

#include "eval/ldl_artifacts.h"
#include "eval/opensr.h"
#include "eval/reference_parts.h"
#include "eval/registration.h"
#include "eval/ssim.h"

static double error_energy(DetailSums s)
{
    return s.lost + s.exaggerated + s.invented;
}

/* The evidence of SR moved by (-x, -y). */
static Evidence moved_evidence(const Reference *r, const Evidence *e, double x, double y,
                               DetailSums *sums)
{
    Evidence moved = {.luma = registration_undo(&e->luma, x, y), .low = e->low};
    *sums = metric_decompose(r, &moved);
    return moved;
}

/* A picture is moved only if a fair part of its detail error goes by that: the rest is measured
 * from there, and what went is neither smoothing nor hallucination. */
static const double LEAST_GAIN = 0.05;

void metrics_register(const Reference *r, Evidence *e, DetailSums *sums, Measurement *m)
{
    double x, y;
    m->values[METRIC_SHIFT] = m->values[METRIC_MISREGISTRATION] = 0;
    registration_find(&r->low, &e->low, &x, &y);
    x *= r->scale;
    y *= r->scale;
    if (hypot(x, y) < REGISTRATION_LEAST)
        return;
    DetailSums moved_sums;
    Evidence moved = moved_evidence(r, e, x, y, &moved_sums);
    double gain = error_energy(*sums) - error_energy(moved_sums);
    bool better = gain > LEAST_GAIN * error_energy(*sums);
    Evidence *worse = better ? e : &moved;
    plane_free(&worse->luma);
    detail_maps_free(&worse->detail);
    if (!better)
        return;
    m->shift_x = x;
    m->shift_y = y;
    m->values[METRIC_SHIFT] = hypot(x, y);
    m->values[METRIC_MISREGISTRATION] = sums->truth < 1e-6 ? NAN : sqrt(gain / sums->truth);
    *e = moved;
    *sums = moved_sums;
}

typedef struct Errors {
    double pixels, luma, rgb; /* sums of squared differences */
} Errors;

static void add_pixel(const uint8_t *a, const uint8_t *b, float luma, Errors *e)
{
    int red = a[0] - b[0], green = a[1] - b[1], blue = a[2] - b[2];
    e->pixels += 1;
    e->luma += (double)(luma * luma);
    e->rgb += red * red + green * green + blue * blue;
}

static void sum_errors(const Reference *r, const Image *sr, const Plane *luma,
                       Errors errors[CONTENT_CLASSES])
{
    for (int k = 0; k < CONTENT_CLASSES; k++)
        errors[k] = (Errors){0};
    for (int y = r->crop; y < luma->height - r->crop; y++)
        for (int x = r->crop; x < luma->width - r->crop; x++) {
            size_t i = (size_t)y * (size_t)luma->width + (size_t)x;
            add_pixel(r->hr.rgb + 3 * i, sr->rgb + 3 * i, r->luma.values[i] - luma->values[i],
                      &errors[r->content.classes[i]]);
        }
}

static bool is_rare(const Reference *r, int content)
{
    return content_is_rare(r->shares[content]);
}

void metrics_errors_by_content(const Reference *r, const Image *sr, const Plane *luma,
                               Measurement *m)
{
    Errors errors[CONTENT_CLASSES];
    sum_errors(r, sr, luma, errors);
    for (int k = 0; k < CONTENT_CLASSES; k++) {
        if (is_rare(r, k))
            continue;
        m->by_class[k][METRIC_PSNR_Y] = metric_decibels(errors[k].luma, errors[k].pixels);
        m->by_class[k][METRIC_PSNR_RGB] = metric_decibels(errors[k].rgb, 3 * errors[k].pixels);
    }
}

/* A window belongs to the class of its middle pixel. */
void metrics_similarity_by_content(const Reference *r, const Plane *map, Measurement *m)
{
    double sums[CONTENT_CLASSES] = {0}, counts[CONTENT_CLASSES] = {0};
    int border = r->crop + SSIM_WINDOW / 2;
    for (int y = 0; y < map->height; y++) {
        const uint8_t *classes =
            r->content.classes + (size_t)(y + border) * (size_t)r->luma.width + border;
        for (int x = 0; x < map->width; x++) {
            sums[classes[x]] += (double)map->values[(size_t)y * (size_t)map->width + (size_t)x];
            counts[classes[x]] += 1;
        }
    }
    for (int k = 0; k < CONTENT_CLASSES; k++)
        if (!is_rare(r, k) && counts[k] > 0)
            m->by_class[k][METRIC_SSIM_Y] = sums[k] / counts[k];
}

void metrics_detail_by_content(const Reference *r, const Evidence *e, Measurement *m)
{
    DetailSums sums[CONTENT_CLASSES];
    detail_sum_classes(&e->detail, &r->energy, &r->content, r->crop, sums);
    for (int k = 0; k < CONTENT_CLASSES; k++) {
        if (is_rare(r, k))
            continue;
        metric_take_sums(sums[k], m->by_class[k]);
        m->by_class[k][METRIC_FALSE_TEXTURE] = NAN; /* of its own ground, whatever the class */
    }
}

void metrics_by_frequency(const Reference *r, const Plane *luma, Measurement *m)
{
    if (!r->spectrum)
        return;
    spectrum_compare(r->spectrum, luma, m->power, m->coherence);
    m->values[METRIC_POWER_RATIO] = spectrum_above(m->power, r->scale);
    m->values[METRIC_COHERENCE] = spectrum_above(m->coherence, r->scale);
}

int metrics_of_others(const Reference *r, const Image *sr, double values[METRIC_COUNT])
{
    double shares[OPENSR_SHARES];
    if (metric_ldl_artifacts(&r->hr, sr, r->crop, &values[METRIC_LDL_ARTIFACTS]) != 0 ||
        metric_opensr(&r->lr, sr, &r->hr, r->scale, shares) != 0)
        return -1;
    values[METRIC_OPENSR_IMPROVEMENT] = shares[OPENSR_IMPROVEMENT];
    values[METRIC_OPENSR_OMISSION] = shares[OPENSR_OMISSION];
    values[METRIC_OPENSR_HALLUCINATION] = shares[OPENSR_HALLUCINATION];
    return 0;
}
