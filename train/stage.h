/* One stage of a run. It begins with the parameters' moving average of the stage before, which is
 * also what that stage's model file holds, and with fresh optimisers; the discriminator goes on
 * from where it was. */
#ifndef TRAIN_STAGE_H
#define TRAIN_STAGE_H

#include "train/run.h"

/* Trains what is left of the stage at run->position; then writes its model and a checkpoint. Ends
 * early where the run goes back to an older checkpoint, which run->position then is.
 * Collective; every rank gets the same result. */
int stage_train(Run *run);

#endif
