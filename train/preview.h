/* What a run will cost, known before it starts. */
#ifndef TRAIN_PREVIEW_H
#define TRAIN_PREVIEW_H

#include "train/run.h"

/* Tells what memory a rank will take and what there is, and warns where that is too little. Then
 * measures a step of every stage that is left (one to warm up, then two) and tells, one line a
 * stage, how long they take, and when all is done; validation and checkpoints come on top. Nothing
 * is learnt from these steps and the networks are left as they were, bit for bit. Collective. */
int preview_run(Run *run);

/* Whether a run is long enough for that to be worth its time. */
bool preview_is_due(const Run *run);

#endif
