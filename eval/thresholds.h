/* How much worse each measure may get before a comparison fails. */
#ifndef EVAL_THRESHOLDS_H
#define EVAL_THRESHOLDS_H

#include "eval/metric.h"

typedef struct Thresholds {
    double values[METRIC_COUNT]; /* in the measure's unit, at least 0; NAN: as it likes */
} Thresholds;

/* Reads "METRIC=VALUE,...". ERROR_USAGE names what is unknown or no such number. */
int thresholds_parse(const char *text, Thresholds *thresholds);

#endif
