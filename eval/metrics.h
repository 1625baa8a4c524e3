/* The measures of METRICS.md on pictures of one pair, float planes, no weights needed. All planes
 * are 0..255 with the same extents; `crop` pixels are dropped on each side after filtering. Values
 * that do not exist (PSNR of identical pictures, ratios without detail) are NAN. */
#ifndef EVAL_METRICS_H
#define EVAL_METRICS_H

#include "data/image.h"

/* Order and names are those of metrics.json. */
typedef enum Metric {
    METRIC_PSNR_Y,
    METRIC_PSNR_RGB,
    METRIC_SSIM_Y,
    METRIC_CONSISTENCY,
    METRIC_DETAIL_ENERGY,
    METRIC_RECOVERED,
    METRIC_SMOOTHING,
    METRIC_SHARPENING,
    METRIC_HALLUCINATION,
    METRIC_FALSE_TEXTURE,
    METRIC_HALO,
    METRIC_LPIPS_ALEX,
    METRIC_LPIPS_VGG,
    METRIC_LPIPS_SQUEEZE,
    METRIC_COUNT
} Metric;

extern const char *const METRIC_NAMES[METRIC_COUNT]; /* "psnr_y", ... */

/* What is the same for every method judged on one HR picture, computed once. */
typedef struct Reference Reference;

/* hr: extents multiples of scale. Needs at least 11 x 11 pixels after cropping. ERROR_SHAPE. */
Reference *reference_new(const Image *hr, int scale, int crop);
void reference_free(Reference *reference);

/* hh of METRICS.md, the local energy of the true detail: where the picture is hardest. Owned by the
 * reference. */
const Plane *reference_detail_energy(const Reference *reference);

/* Fills values[0..METRIC_HALO]; the LPIPS entries become NAN. */
int metrics_measure(const Reference *reference, const Image *sr, double values[METRIC_COUNT]);

/* Structural similarity of two gray planes over the valid region of an 11x11 Gaussian window.
 *   a, b   same extents, at least 11 x 11, 0..255
 *   value  -1..1; 1 only for identical planes
 * Wang et al. 2004, doi:10.1109/TIP.2003.819861. */
int metric_ssim(const Plane *a, const Plane *b, double *value);

#endif
