/* What eval/no_truth.c is made of, for its own files. */
#ifndef EVAL_NO_TRUTH_PARTS_H
#define EVAL_NO_TRUTH_PARTS_H

#include "data/image.h"

/* log power = level + slope * log cycles a pixel. */
typedef struct PowerLaw {
    double level, slope;
} PowerLaw;

/* Of LR's spectrum, in the middle of its frequencies. */
PowerLaw power_law_of(const Plane *lr);

/* METRIC_EXPECTED_ENERGY. */
double expected_energy(const PowerLaw *law, const Plane *sr, int scale);

#endif
