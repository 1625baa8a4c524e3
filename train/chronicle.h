/* What a run tells of itself: log.jsonl, and TensorBoard's event files made from the same lines.
 * Rank 0 keeps it; on others it is NULL, and adding to it does nothing. */
#ifndef TRAIN_CHRONICLE_H
#define TRAIN_CHRONICLE_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "train/alarms.h"

typedef struct Chronicle Chronicle;

/* Takes up FOLDER's log after `step`; later lines are dropped. NULL with ERROR_FILE. */
Chronicle *chronicle_open(const char *folder, int64_t step);
void chronicle_close(Chronicle *chronicle);

/* Adds a line of the log. ERROR_FILE. */
int chronicle_add(Chronicle *chronicle, const cJSON *line);

/* Adds an alarm's line, and warns of it on standard error; of steps that were not taken
 * only the first time. ERROR_FILE. */
int chronicle_alarm(Chronicle *chronicle, int64_t step, AlarmKind kind, const char *message);

/* The run went back to `step`: what was told of later ones is dropped. ERROR_FILE. */
int chronicle_go_back(Chronicle *chronicle, int64_t step);

#endif
