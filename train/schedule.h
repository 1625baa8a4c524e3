/* How the learning rate and the moving average's decay change during a stage. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include "train/config.h"

/* What the rate of step `step` (0 .. steps-1) of a stage is multiplied by: rising in a line over
 * the warm-up (at most half of the steps), then 1, or half a cosine that ends near 0. */
double schedule_factor(const StageConfig *stage, int64_t step);

/* The average's decay at that step: it starts low, so that the average soon forgets where training
 * began, and ends at the stage's own. */
double schedule_average_decay(const StageConfig *stage, int64_t step);

#endif
