/* The measures of METRICS.md on pictures of one pair, float planes, no weights needed. All planes
 * are 0..255 with the same extents; `crop` pixels are dropped on each side after filtering. Values
 * that do not exist (PSNR of identical pictures, ratios without detail) are NAN. */
#ifndef EVAL_METRICS_H
#define EVAL_METRICS_H

#include "eval/content.h"
#include "eval/detail.h"
#include "eval/metric.h"
#include "eval/spectra.h"

/* What is the same for every method judged on one HR picture, computed once. */
typedef struct Reference Reference;

/* hr: extents multiples of scale. Needs at least 11 x 11 pixels after cropping. ERROR_SHAPE. */
Reference *reference_new(const Image *hr, int scale, int crop);
/* For measurements by content and by frequency as well; lr: what the methods were given. */
Reference *reference_new_full(const Image *hr, const Image *lr, int scale, int crop);
void reference_free(Reference *reference);

/* hh of METRICS.md, the local energy of the true detail: where the picture is hardest. Owned by the
 * reference, as what follows. */
const Plane *reference_detail_energy(const Reference *reference);
const Plane *reference_luma(const Reference *reference);
const Plane *reference_low(const Reference *reference); /* D(HR) */
/* NULL unless full; the share of each class in the cropped picture. */
const Content *reference_content(const Reference *reference);
const double *reference_shares(const Reference *reference);

/* What one method did to one picture. All doubles: ranks add them up. */
typedef struct Measurement {
    double values[METRIC_COUNT];
    double by_class[CONTENT_CLASSES][METRIC_COUNT];        /* NAN where a class is rare */
    double power[SPECTRA_BANDS], coherence[SPECTRA_BANDS]; /* against the truth */
    double shift_x,
        shift_y; /* pixels by which SR lies to the right of and below HR; 0: it does not */
} Measurement;

/* Where it did so, for pictures of the worst places. */
typedef struct Evidence {
    Plane luma; /* of SR; put back into place where it was shifted */
    Plane low;  /* D(SR) */
    DetailMaps detail;
} Evidence;
void evidence_free(Evidence *evidence);

/* Fills what needs no weights; the rest becomes NAN. With a plain reference only the values up to
 * METRIC_HALO. `evidence` may be NULL; else free with evidence_free. ERROR_SHAPE. */
int metrics_measure(const Reference *reference, const Image *sr, Measurement *measurement,
                    Evidence *evidence);

/* Structural similarity of two gray planes over the valid region of an 11x11 Gaussian window.
 *   a, b   same extents, at least 11 x 11, 0..255
 *   value  -1..1; 1 only for identical planes
 * Wang et al. 2004, doi:10.1109/TIP.2003.819861. */
int metric_ssim(const Plane *a, const Plane *b, double *value);

#endif
