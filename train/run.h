/* One training run: what its config names, opened and checked, and where it stands. */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "data/batches.h"
#include "losses/lpips.h"
#include "losses/vgg.h"
#include "train/checkpoint.h"
#include "train/chronicle.h"
#include "train/config.h"
#include "train/learner.h"
#include "train/validation.h"

typedef struct Run {
    const Config *config;
    const char *folder;
    char *config_text; /* the effective config as one line */
    Precision precision;
    BatchSource *sources; /* data.train, opened */
    int source_count;
    PicturePool *pool;                  /* of their pictures */
    Learner *generator, *discriminator; /* discriminator NULL if no stage trains one */
    Vgg *vgg;                           /* NULL if no stage uses it */
    Lpips *lpips;                       /* the same */
    Validation *validation;             /* NULL if the config names no pictures */
    Chronicle *chronicle;               /* of rank 0; NULL on others */
    Position position;
} Run;

typedef enum RunMode {
    RUN_NEW,    /* a folder that holds a run is refused */
    RUN_RESUME, /* takes up the newest readable checkpoint */
    RUN_DRY     /* writes nothing */
} RunMode;

/* Opens everything. Collective; every rank gets the same result. The config and the
 * folder's name must outlive the run, which may be closed after an error too. */
int run_open(Run *run, const Config *config, const char *folder, RunMode mode);
void run_close(Run *run);

/* The part of run_open that makes networks, of run->config alone. */
int run_open_networks(Run *run);

/* Trains all stages that are left. Collective. ERROR_INTERRUPT after SIGINT or SIGTERM, with a
 * checkpoint written. */
int run_train(Run *run);

/* Collective parts of it. Writes a checkpoint of the present position and removes old ones. */
int run_checkpoint(Run *run);
/* Writes the stage's averaged generator as NAME.safetensors, the last one as model.safetensors. */
int run_write_model(Run *run, const StageConfig *stage);
/* After a validation's line: writes best-CRITERION.safetensors for every criterion (train/best.h)
 * by which it was the best so far. */
int run_write_best(Run *run, const StageConfig *stage, const cJSON *measures);

/* Takes up the newest readable checkpoint, if there is one. Collective. ERROR_CONFIG naming the key
 * if it belongs to a config that differs in more than steps, logging and validation. */
int run_resume(Run *run);

#endif
