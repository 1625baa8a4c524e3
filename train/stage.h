/* One stage of a run. It begins with the parameters' moving average of the stage before, which is
 * also what that stage's model file holds, and with fresh optimisers; the discriminator goes on
 * from where it was. */
#ifndef TRAIN_STAGE_H
#define TRAIN_STAGE_H

#include "nets/memory.h"
#include "train/run.h"
#include "train/step.h"

/* Trains what is left of the stage at run->position; then writes its model and a checkpoint. Ends
 * early where the run goes back to an older checkpoint, which run->position then is.
 * Collective; every rank gets the same result. */
int stage_train(Run *run);

/* What a stage's steps work on, and its batches from a step of the run on: for training, and for
 * steps that are only measured. */
StepSetting stage_setting(const Run *run, int index);
Batches *stage_batches(const Run *run, int index, int64_t first_step);

/* How this rank goes through the generator: with gradient checkpointing in as many segments as take
 * the least memory; -1 segments with an error. */
MemoryPlan stage_plan(const Run *run, int index);

#endif
