/* The losses of one part of a batch: the one place that knows every loss. */
#ifndef TRAIN_TERMS_H
#define TRAIN_TERMS_H

#include "train/step.h"

enum { TERMS_MOST_TAPS = 16 };

/* One pass of the discriminator, whose parameters get gradients from it. */
typedef struct Verdict {
    Tensor *logits;
    Tensor *taps[TERMS_MOST_TAPS];
} Verdict;

typedef struct Terms {
    const Config *config;
    const StageConfig *stage;
    Vgg *vgg;
    Lpips *lpips;
    Network *discriminator; /* NULL in stages without one */
    double share;           /* this rank's part of all ranks' samples */
    Tensor *sr;             /* a leaf if the generator learns, else a constant */
    Tensor *hr;
    Tensor *average; /* the output of the generator's average, or NULL */
    /* Made by terms_compute. */
    Tensor *seen;               /* sr as the discriminator sees it, a leaf of its own */
    Verdict real, fake;         /* of hr and seen */
    Tensor *values[TERM_COUNT]; /* before weighting, this rank's part; NULL if not computed */
} Terms;

/* Computes the discriminator's terms, with `penalty` R1 too, and with `generator` the generator's.
 * Collective. */
void terms_compute(Terms *t, bool generator, bool penalty);

/* The weighted sum of the generator's terms that reach it directly or through the discriminator;
 * NULL if there are none. */
typedef enum TermsPath { TERMS_DIRECT, TERMS_JUDGED } TermsPath;
Tensor *terms_sum(const Terms *t, TermsPath path);

/* This rank's part of StepResult's verdicts. */
void terms_verdicts(const Terms *t, double *real, double *fake);

#endif
