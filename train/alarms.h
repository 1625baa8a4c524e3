/* What a run should not do, each judged from a window of values, oldest first. */
#ifndef TRAIN_ALARMS_H
#define TRAIN_ALARMS_H

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

#endif
