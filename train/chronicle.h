/* What a run tells of itself: log.jsonl, and from the same lines TensorBoard's event files and
 * report.html. It also keeps what follows from those lines: alarms, and which
 * validation was best. Rank 0 has it; on others it is NULL, and its functions do nothing. */
#ifndef TRAIN_CHRONICLE_H
#define TRAIN_CHRONICLE_H

#include "train/alarms.h"
#include "train/best.h"
#include "train/config.h"
#include "train/validation.h"

typedef struct Chronicle Chronicle;

/* Takes up FOLDER's log after `step`; later lines are dropped. The config must outlive it. NULL
 * with ERROR_FILE. */
Chronicle *chronicle_open(const Config *config, const char *folder, int64_t step);

/* Writes report.html a last time; it says how the run ended: the pending error, if there is one. */
void chronicle_close(Chronicle *chronicle);

/* Adds a line of the log and the alarms that it raises (train/watch.h), and writes report.html if
 * that was not done for half a minute. ERROR_FILE.
 */
int chronicle_add(Chronicle *chronicle, const cJSON *line);

/* Adds an alarm's line, and warns of it on standard error; of steps that were not taken only the
 * first time. ERROR_FILE. */
int chronicle_alarm(Chronicle *chronicle, int64_t step, AlarmKind kind, const char *message);

/* The best validations so far, and by which criteria the newest one was better than all before
 * (bits of train/best.h): on rank 0, else none. */
const Best *chronicle_best(const Chronicle *chronicle);
unsigned chronicle_better(const Chronicle *chronicle);

/* Whether the log holds what bicubic enlargements measure. */
bool chronicle_has_baseline(const Chronicle *chronicle);

/* The step of the newest validation in the log, -1 if there is none. */
int64_t chronicle_validated(const Chronicle *chronicle);
/* What the validation of that step measured, if it is the newest; else NULL. */
const cJSON *chronicle_measures(const Chronicle *chronicle, int64_t step);

/* Shows the pictures of a validation whose line was added, and writes report.html. ERROR_FILE. */
int chronicle_show(Chronicle *chronicle, const Validation *validation, int64_t step);

/* Writes report.html now. ERROR_FILE. */
int chronicle_report(Chronicle *chronicle);

/* The run went back to `step`: what was told of later ones is dropped. ERROR_FILE. */
int chronicle_go_back(Chronicle *chronicle, int64_t step);

#endif
