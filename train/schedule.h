/* How the learning rate and the moving average's decay change during a stage. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include "train/config.h"

/* What the rate of step `step` (0 .. steps-1) of a stage is multiplied by: rising in a line over
 * the warm-up (at most half of the steps), then 1, cosines that fall to `last`, or cut by `gamma`
 * after every milestone. */
double schedule_factor(const StageConfig *stage, int64_t step);

/* The average's decay at that step: it starts low, so that the average soon forgets where training
 * began, and ends at the stage's own. */
double schedule_average_decay(const StageConfig *stage, int64_t step);

/* The weight of the newest point in schedule-free training's mean: its squared largest rate so far
 * among those of all steps up to this one. Sums are kept from call to call and, where a call is not
 * for the following step, made again. Zero before the first call. */
typedef struct ScheduleMean {
    int64_t next;
    double largest, sum;
} ScheduleMean;
double schedule_mean_weight(ScheduleMean *mean, const StageConfig *stage, int64_t step);

/* What schedule-free's rate is multiplied by at that step: warm-up and bias correction. */
double schedule_free_factor(const StageConfig *stage, int64_t step);

#endif
