/* Checkpoints: HDF5 files that hold everything a run needs to go on bit for bit.
 *
 *     /config                              the effective config, JSON text
 *     /generator/parameters/KEY            float32, state_dict keys, buffers too
 *     /generator/average                   float32 vector over the trained parameters
 *     /generator/first, second, ...        the same, states of the optimiser that the group's
 *                                          attribute "optimiser" (OptimiserKind) tells
 *     /discriminator/...                   the same without average, if there is one
 *     attributes: version, step, stage, stage_step, attempt, skipped, rollbacks, ranks, threads,
 *         processor, libraries, backend, precision
 *
 * Every dataset carries a Fletcher32 checksum. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include <cjson/cJSON.h>

#include "train/learner.h"

enum { CHECKPOINT_VERSION = 2 };

/* Where a run stands, and what it ran on. */
typedef struct Position {
    int64_t step; /* done so far over all stages */
    int64_t stage, stage_step;
    int64_t attempt;   /* mixed into the sample key after a roll-back */
    int64_t skipped;   /* steps in a row, up to this one, that were not taken */
    int64_t rollbacks; /* of this stage */
} Position;

typedef struct Surroundings {
    int64_t ranks, threads;
    char processor[128], libraries[128];
    char backend[16], precision[8]; /* that computed the generator; "torch" and "" in older files */
} Surroundings;

/* Of this process; loads libtorch. */
Surroundings surroundings_here(const Network *generator);

/* Atomically writes PATH. discriminator may be NULL. config: the text to keep. ERROR_FILE. */
int checkpoint_write(const char *path, const Position *position, const char *config,
                     const Learner *generator, const Learner *discriminator);

/* What a checkpoint says before its networks are read. */
typedef struct CheckpointHead {
    Position position;
    Surroundings surroundings;
    cJSON *config; /* owned */
} CheckpointHead;

/* ERROR_FILE, ERROR_FORMAT naming the file; nothing to free then. */
int checkpoint_read_head(const char *path, CheckpointHead *head);
void checkpoint_head_free(CheckpointHead *head);

/* Reads the networks. After an error their values are undefined. */
int checkpoint_read(const char *path, Learner *generator, Learner *discriminator);

/* The checkpoints of a run directory, newest (highest step) first; their number. The caller frees
 * the array. */
int checkpoint_list(const char *folder, int64_t **steps);
char *checkpoint_path(const char *folder, int64_t step);

/* Which checkpoints of a run stay: the newest, those of multiples of `each` steps (0: none), and
 * those of the steps in `kept`. Later ones than `step`, where the run stands, go. */
typedef struct CheckpointRule {
    int64_t step, each;
    const int64_t *kept;
    int kept_count;
} CheckpointRule;
bool checkpoint_stays(const CheckpointRule *rule, int64_t step, bool newest);

/* Removes those that do not stay. */
void checkpoint_prune(const char *folder, const CheckpointRule *rule);

#endif
