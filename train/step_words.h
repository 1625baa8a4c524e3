/* What is said of a step: its line of the log, and the note beside the progress. */
#ifndef TRAIN_STEP_WORDS_H
#define TRAIN_STEP_WORDS_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "train/step.h"

/* Seconds, means over some steps: of a step, and of these waiting for data and for other ranks. */
typedef struct StepTimes {
    double whole, waited, exchanged;
} StepTimes;

/* Adds to a line of the log: rate, losses, the discriminator's verdicts, lengths of gradients,
 * seconds, wait, exchange and throughput. */
void step_words_line(const StepSetting *s, const StepResult *result, double rate,
                     const StepTimes *times, cJSON *line);

/* "l1 0.0312, adversarial 0.71, D 0.61/0.39, rate 0.001, 51 samples/s, waiting 0.2 %" */
void step_words_note(const StepSetting *s, const StepResult *result, double rate,
                     const StepTimes *times, char *text, size_t size);

#endif
