/* LPIPS, where its weights are given. Values are computed from the thread that opened the nets. */
#ifndef EVAL_PERCEPTUAL_H
#define EVAL_PERCEPTUAL_H

#include <stdbool.h>

#include "data/image.h"
#include "eval/metrics.h"

typedef struct PerceptualMeasure PerceptualMeasure;

/* Loads every net whose weights lie in `directory`; without a directory (NULL) there are none.
 * ERROR_FILE if the directory holds none, ERROR_FORMAT if a file there is broken. */
PerceptualMeasure *perceptual_open(const char *directory);
void perceptual_close(PerceptualMeasure *measure);

/* Whether this measure's net is loaded: METRIC_LPIPS_ALEX, _VGG or _SQUEEZE. */
bool perceptual_has(const PerceptualMeasure *measure, Metric metric);

/* Fills the values of the loaded nets for two pictures of the same extents, cropped before. */
int perceptual_measure(PerceptualMeasure *measure, const Image *hr, const Image *sr,
                       double values[METRIC_COUNT]);

#endif
