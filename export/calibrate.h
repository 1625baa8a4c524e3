/* What values a network's results take on pictures like those it will be given, and the range of
 * each that 256 levels represent best. */
#ifndef EXPORT_CALIBRATE_H
#define EXPORT_CALIBRATE_H

#include "core/fields.h"
#include "export/quantise.h"

enum { CALIBRATE_MOST_PICTURES = 16, CALIBRATE_PIECE = 96, CALIBRATE_BINS = 4096 };

/* A histogram of a result's values: 0 lies between the two bins in the middle, which grow, by
 * powers of two, with the values that come. */
typedef struct Spread {
    double bin; /* extent of each; 0: no value has come yet */
    double counts[CALIBRATE_BINS];
} Spread;

/* False, with nothing added, where a value is infinite or not a number. */
bool spread_add(Spread *spread, const float *values, int64_t count);

/* The range of the least mean square error, rounding inside and clipping outside: a few values far
 * away are better clipped than paid for by everyone's larger step. Banner et al., NeurIPS 2019,
 * arXiv:1810.05723, with the histogram for their model of it. */
Range spread_range(const Spread *spread);

/* Runs plan->graph on pictures: files and all images below folders, at most CALIBRATE_MOST_PICTURES
 * of them, evenly chosen from the list; of each a piece of up to CALIBRATE_PIECE pixels a side as
 * it is, and one of the picture shrunk by `scale` (bicubic). ranges: for every node of the graph,
 * filled in for the first of each group. source: the model, as errors name it. ERROR_FILE;
 * ERROR_FORMAT, also where a result is not finite. */
int calibrate(const QuantisePlan *plan, const Weights *weights, const char *source,
              const StringList *pictures, int scale, Range *ranges);

#endif
