/* Two evaluations of the same pictures, for continuous integration: did a method get worse? */
#ifndef EVAL_COMPARE_H
#define EVAL_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

/* What may be lost without a word: 0.1 dB is less than other bits of the same training give. */
#define COMPARE_THRESHOLDS "psnr_y=0.1,smoothing=0.02,hallucination=0.02"

/* Compares the methods of the same name in two metrics.json files, `before` and `after`, picture by
 * picture; where each holds a single method besides baselines, these two whatever their names.
 *   thresholds  "METRIC=VALUE,...": how much worse the mean may be
 * Prints a row per method and measure (as JSON if `json`) on `stream`. 0 if nothing is worse by
 * more than its threshold, -1 with ERROR_RESULT naming all that is; ERROR_CONFIG where the two do
 * not compare: other pictures (by SHA-256), scale, border or input. */
int compare_files(const char *before, const char *after, const char *thresholds, bool json,
                  FILE *stream);

#endif
