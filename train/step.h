/* One optimiser step of both networks.
 *
 * The order is Real-ESRGAN's, arranged so that nothing is computed twice: both losses come from the
 * parameters before the step, so the discriminator sees each picture once. Its pass over HR
 * pictures (in which its spectral norms take their power iteration) serves the generator's feature
 * and relativistic losses and its own; its pass over SR pictures is gone back through twice, once
 * towards the pictures for the generator, once towards its parameters. What losses need to go back
 * is not alive at once: first come those that compare pictures, one by one, then the
 * discriminator's, then the generator goes back. Batch norms take, in each of both passes, that
 * pass's statistics over all ranks, as the published trainers do: HR and SR pictures are never
 * normalised together. Both passes move the running statistics.
 *
 * With `accumulate`, each rank's samples are computed in parts whose gradients add up. Means over
 * the batch that are part of a formula (relativistic losses, batch norm, feature matching) are then
 * over a part of all ranks. */
#ifndef TRAIN_STEP_H
#define TRAIN_STEP_H

#include "core/ranks.h"
#include "losses/lpips.h"
#include "losses/vgg.h"
#include "train/config.h"
#include "train/learner.h"

/* The generator's losses, then the discriminator's. */
enum { TERM_DISCRIMINATOR = LOSS_COUNT, TERM_R1, TERM_COUNT };

const char *term_name(int term); /* "l1", ..., "discriminator", "r1" */

/* What a step works on. */
typedef struct StepSetting {
    const Config *config;
    const StageConfig *stage;
    Learner *generator, *discriminator; /* discriminator NULL in stages without one */
    Vgg *vgg;                           /* NULL if no stage uses it */
    Lpips *lpips;                       /* the same */
    Share samples;                      /* this rank's part of stage->batch */
    int segments;                       /* of the generator's passes, see nets/pass.h */
} StepSetting;

typedef struct StepResult {
    /* Of the whole batch, before weighting: of the newest step of the stage that computed them. */
    double losses[TERM_COUNT];
    bool known[TERM_COUNT]; /* that there was one */
    /* What the discriminator says of HR and SR pictures, means over the batch: probabilities of
     * being real for vanilla and relativistic losses, else plain scores. */
    double verdict_real, verdict_fake;
    /* Lengths of both gradients before clipping; 0 where a network did not learn. */
    double generator_norm, discriminator_norm;
    bool interrupted; /* a rank was asked to stop */
    double exchange;  /* seconds spent waiting for sums over ranks */
    char broken[64]; /* what is not finite, "loss l1" or "the generator's gradient"; "" if all is */
} StepResult;

/* Collective. Losses and gradients of this rank's samples, summed over ranks, for step `step` of
 * the stage (from 0).
 *   lr      samples x crop x crop x 3 bytes; hr  the same, scale times larger
 *   result  of the stage's step before, or zero
 * An error is this rank's alone, and leaves others waiting. */
int step_compute(const StepSetting *s, const uint8_t *lr, const uint8_t *hr, int64_t step,
                 StepResult *result);

/* Updates the networks that learn in this step, unless something is broken: then nothing changes,
 * on every rank alike. */
int step_apply(const StepSetting *s, const StepResult *result, int64_t step);

/* In how many parts every rank computes its samples: `accumulate`, or as many as each has. */
int step_parts(const StageConfig *stage);

/* Whether a stage computes a term at all. */
bool step_computes(const StepSetting *s, int term);

#endif
