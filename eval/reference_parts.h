/* What a reference holds, for the files that measure against it. */
#ifndef EVAL_REFERENCE_PARTS_H
#define EVAL_REFERENCE_PARTS_H

#include "eval/metrics.h"

struct Reference {
    int scale, crop;
    Image hr;
    Plane luma;
    Plane low;             /* D(HR) */
    Plane detail, energy;  /* d(HR) and hh */
    Plane least, greatest; /* of the (2s+1)x(2s+1) neighbourhood */
    bool full;             /* what follows is there */
    Image lr;
    Content content;
    double shares[CONTENT_CLASSES];
    Spectrum *spectrum; /* NULL where the picture is too small */
};

/* Decibels below full scale of a sum of `count` squared differences; NAN where there is none. */
double metric_decibels(double squares, double count);

/* The values that the sums of a decomposition give. */
void metric_take_sums(DetailSums sums, double values[METRIC_COUNT]);

/* The decomposition of evidence->luma, and its sums over the picture. */
DetailSums metric_decompose(const Reference *reference, Evidence *evidence);

/* What a full reference adds. `luma` is SR's, as it came. Registration changes the filled evidence
 * and its sums where it puts SR back into place. */
void metrics_errors_by_content(const Reference *reference, const Image *sr, const Plane *luma,
                               Measurement *measurement);
/* map: SSIM in every window of the cropped pictures. */
void metrics_similarity_by_content(const Reference *reference, const Plane *map,
                                   Measurement *measurement);
void metrics_by_frequency(const Reference *reference, const Plane *luma, Measurement *measurement);
/* LDL's and opensr-test's. 0 or -1. */
int metrics_of_others(const Reference *reference, const Image *sr, double values[METRIC_COUNT]);
void metrics_register(const Reference *reference, Evidence *evidence, DetailSums *sums,
                      Measurement *measurement);
void metrics_detail_by_content(const Reference *reference, const Evidence *evidence,
                               Measurement *measurement);

#endif
