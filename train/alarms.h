/* What a run should not do, each judged from a window of values, oldest first. Each says nothing as
 * long as its window is not full. */
#ifndef TRAIN_ALARMS_H
#define TRAIN_ALARMS_H

#include <stdbool.h>

typedef enum AlarmKind {
    ALARM_NOT_FINITE,    /* a step was not taken */
    ALARM_ROLL_BACK,     /* the run went back to a checkpoint */
    ALARM_VARIANCE,      /* the output has lost its contrast */
    ALARM_COLOUR,        /* the output's mean colour is not the truth's */
    ALARM_DISCRIMINATOR, /* the discriminator tells all apart, and teaches nothing */
    ALARM_DIVERGENCE,    /* fidelity falls, or a loss rises, far beyond what it was */
    ALARM_COUNT
} AlarmKind;

extern const char *const ALARM_NAMES[ALARM_COUNT]; /* "not-finite", ... as in log.jsonl */

/* Lengths of windows: lines of the log, and validations. */
enum { ALARM_LINES = 20, ALARM_VALIDATIONS = 2, ALARM_FIDELITIES = 3 };

/* Verdicts over the newest lines: all above 0.95 for true pictures and below 0.05 for made ones. */
bool alarm_discriminator(const double *real, const double *fake, int count);

/* Variances as shares of the truth's, of the newest validations: all below half of bicubic's. */
bool alarm_variance(const double *variances, int count, double bicubic);

/* How far the mean colour is off, grey levels, in the newest validations: all 4 more than
 * bicubic's.
 */
bool alarm_colour(const double *drifts, int count, double bicubic);

/* PSNR-Y of a stage's validations so far. In stages of pixel losses: the newest is 1 dB below the
 * best, or the newest three lie half a dB below bicubic's and do not rise. Where a discriminator
 * teaches, fidelity is meant to fall: then 5 dB below the best. bicubic may be NAN. */
bool alarm_fidelity(const double *psnr, int count, double bicubic, bool adversarial);

/* A pixel loss over the newest lines: its mean is above twice (three times, where a discriminator
 * teaches) the least mean that a window of this length had in the stage. */
bool alarm_loss(const double *losses, int count, double least, bool adversarial);

/* The mean of the newest ALARM_LINES values, NAN if there are fewer. */
double alarm_mean(const double *values, int count);

#endif
