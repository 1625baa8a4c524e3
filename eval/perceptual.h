/* LPIPS and DISTS, where their weights are given. Values are computed from the thread that opened
 * the nets. */
#ifndef EVAL_PERCEPTUAL_H
#define EVAL_PERCEPTUAL_H

#include <stdbool.h>

#include "eval/content.h"
#include "eval/metric.h"

typedef struct PerceptualMeasure PerceptualMeasure;

/* Loads every net whose weights lie in `directory`; without a directory (NULL) there are none.
 * ERROR_FILE if the directory holds none, ERROR_FORMAT if a file there is broken. */
PerceptualMeasure *perceptual_open(const char *directory);
void perceptual_close(PerceptualMeasure *measure);

/* Whether this measure's net is loaded: METRIC_LPIPS_ALEX, _VGG, _SQUEEZE or METRIC_DISTS. */
bool perceptual_has(const PerceptualMeasure *measure, Metric metric);
/* What `unmush weights fetch` calls a measure's weights, "lpips-alex"; NULL if it needs none. */
const char *perceptual_weights(Metric metric);

/* One HR picture, with the loaded nets' features of it: computed once, for any number of methods.
 * They take some 500 bytes per pixel for LPIPS VGG, and so for DISTS.
 *   hr       `crop` pixels are dropped on each side of it and of what is compared with it
 *   content  classes of its pixels, for values by class; NULL: none. It must outlive the truth
 * NULL with an error. */
typedef struct PerceptualTruth PerceptualTruth;
PerceptualTruth *perceptual_truth_new(PerceptualMeasure *measure, const Image *hr,
                                      const Content *content, int crop);
void perceptual_truth_free(PerceptualTruth *truth);

/* Fills the values of the loaded nets for a picture of hr's extents. With content, by_class gets
 * LPIPS of every class that is not rare: each layer's distances averaged over the class, whose
 * pixels count in the layer's by the area they share. The other values stay as they are. */
int perceptual_compare(PerceptualTruth *truth, const Image *sr, double values[METRIC_COUNT],
                       double by_class[CONTENT_CLASSES][METRIC_COUNT]);

/* Both for one pair of pictures, cropped before. */
int perceptual_measure(PerceptualMeasure *measure, const Image *hr, const Image *sr,
                       double values[METRIC_COUNT]);

#endif
