/* Pictures that show how training goes: upscaled by the moving average's network, measured, and
 * written as FOLDER/validation/STEP-NAME.png. The work is shared over ranks by picture. */
#ifndef TRAIN_VALIDATION_H
#define TRAIN_VALIDATION_H

#include <cjson/cJSON.h>

#include "data/batches.h"
#include "train/learner.h"

typedef struct Validation Validation;

/* The first data.validation.images pictures of data.validation.hr, bicubically shrunk. NULL with an
 * error. */
Validation *validation_open(const Config *config, const char *folder);
void validation_close(Validation *validation);

/* The files of these pictures, which training from pictures leaves out. NULL with an error. */
HeldOut *validation_files(const Validation *validation);

/* Rank 0 warns of pictures whose names also occur among the sources of pair stores. */
int validation_warn(const Validation *validation, const BatchSource *sources, int source_count);

/* Collective. The mean of every measure as an object (METRICS.md's names), which the caller frees;
 * NULL with the same error on every rank. */
cJSON *validation_run(const Validation *validation, const Learner *generator, int64_t step);

#endif
