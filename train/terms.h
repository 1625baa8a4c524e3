/* The losses of one part of a batch: the one place that knows every loss. */
#ifndef TRAIN_TERMS_H
#define TRAIN_TERMS_H

#include "train/step.h"

typedef struct Terms {
    const Config *config;
    const StageConfig *stage;
    Vgg *vgg;
    Lpips *lpips;
    Network *discriminator; /* NULL in stages without one */
    double share;           /* this rank's part of all ranks' samples */
    double fraction;        /* what gradients are multiplied by */
    Tensor *sr;             /* a leaf if the generator learns, else a constant */
    Tensor *hr;
    Tensor *average; /* the output of the generator's average, or NULL */
    /* What the functions below make: each frees what else it has computed before it returns. */
    Tensor *values[TERM_COUNT]; /* before weighting, this rank's part; NULL if not computed */
    Tensor *gradient;           /* d (weighted sum of the generator's terms) / d sr, or NULL */
    Tensor *real, *fake;        /* the discriminator's means over hr and sr, as StepResult's */
} Terms;

/* The generator's terms that compare sr with hr. */
void terms_compare(Terms *t);

/* The discriminator's term, which is gone back from into its gradients, and with `generator` the
 * generator's terms that reach it through the discriminator. Collective. */
void terms_judge(Terms *t, bool generator);

/* The discriminator's penalty R1, the same way, after terms_judge. Collective. */
void terms_penalise(Terms *t);

#endif
