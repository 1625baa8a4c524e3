/* What architectures ask of a foreign file's keys and shapes to tell whether it is theirs. */
#ifndef NETS_RECOGNISE_H
#define NETS_RECOGNISE_H

#include "nets/weights.h"

/* The square kernel under that key, (outputs, inputs, kernel, kernel); NULL if there is none such
 * or `inputs` (where not 0) differs. */
const Weight *recognise_conv(const Weights *weights, const char *key, int64_t inputs, int kernel);

/* How many of PREFIX0SUFFIX, PREFIX1SUFFIX, ... there are without a gap; at most `most`, else 0. */
int recognise_count(const Weights *weights, const char *prefix, const char *suffix, int most);

/* The factor whose square times `channels` is `outputs`: 1..8, or 0. */
int recognise_factor(int64_t outputs, int64_t channels);

#endif
