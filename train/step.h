/* One optimiser step of both networks.
 *
 * The order is Real-ESRGAN's, arranged so that nothing is computed twice: both losses come from the
 * parameters before the step, so the discriminator sees each picture once. Its pass over HR
 * pictures (in which its spectral norms take their power iteration) serves the generator's feature
 * and relativistic losses and its own; its pass over SR pictures is gone back through twice, once
 * towards the pictures for the generator, once towards its parameters. Batch norms take, in each of
 * both passes, that pass's statistics over all ranks, as the published trainers do: HR and SR
 * pictures are never normalised together. Both passes move the running statistics. */
#ifndef TRAIN_STEP_H
#define TRAIN_STEP_H

#include "losses/vgg.h"
#include "train/config.h"
#include "train/learner.h"

typedef enum Term {
    TERM_L1,
    TERM_CHARBONNIER,
    TERM_FEATURES,
    TERM_ADVERSARIAL,
    TERM_DISCRIMINATOR, /* the discriminator's own loss; the others are the generator's */
    TERM_COUNT
} Term;

extern const char *const TERM_NAMES[TERM_COUNT]; /* "l1", ... */

/* What a step works on. */
typedef struct StepSetting {
    const Config *config;
    const StageConfig *stage;
    Learner *generator, *discriminator; /* discriminator NULL in stages without one */
    Vgg *vgg;                           /* NULL in stages without VGG19's features */
    int64_t samples;                    /* this rank's part of stage->batch */
} StepSetting;

typedef struct StepResult {
    double losses[TERM_COUNT]; /* of the whole batch, before weighting; 0 if not computed */
    bool interrupted;          /* a rank was asked to stop */
    double exchange;           /* seconds spent waiting for sums over ranks */
    char broken[64];           /* set by step_apply: what is not finite, "" if all is */
} StepResult;

/* Collective. Losses and gradients of this rank's samples, summed over ranks.
 *   lr  samples x crop x crop x 3 bytes; hr  the same, scale times larger
 * An error is this rank's alone, and leaves others waiting. */
int step_compute(const StepSetting *s, const uint8_t *lr, const uint8_t *hr, StepResult *result);

/* Updates both networks, unless a loss or gradient is not finite: then nothing changes, on every
 * rank alike, and result->broken names it. `step` counts from 0 within the stage. */
int step_apply(const StepSetting *s, StepResult *result, int64_t step);

#endif
