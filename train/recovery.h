/* The way back from steps that cannot be taken.
 *
 * A step whose losses or gradients are not finite changes nothing, on all ranks alike, and the next
 * samples are tried. After alarms.skips of them in a row, or where a checkpoint is due and the
 * parameters are not finite, the run goes back to its last good checkpoint with the attempt raised,
 * so that other samples are drawn from there; a stage's second time to the one before that, if
 * there is one, and so on. After alarms.rollbacks of these in one stage it ends.
 *
 * All of this follows from the run's state alone, so a resumed run does the same: it goes back to
 * regular checkpoints only, those that every run of the config writes, wherever it was interrupted;
 * and the checkpoint it goes back to is written again with the raised attempt. */
#ifndef TRAIN_RECOVERY_H
#define TRAIN_RECOVERY_H

#include "train/run.h"

/* Whether a checkpoint of `step` is a regular one: of the beginning, of a stage's end, or of a
 * multiple of checkpoint.every. */
bool recovery_is_regular(const Config *config, int64_t step);

/* The regular checkpoints of a run directory that stand in no row of skipped steps, newest first
 * and at most `most` of them, and their number. */
int recovery_list(const Config *config, const char *folder, int most, int64_t *steps);

/* To be called after every step. broken: what of it was not finite, or ""; due: a regular
 * checkpoint is to be written next. Collective. 1 where the run went back and run->position is an
 * earlier one, 0 where it goes on, -1 with an error where it ends. */
int recovery_check(Run *run, const char *broken, bool due);

#endif
