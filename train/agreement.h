/* Whether all ranks train the same thing. */
#ifndef TRAIN_AGREEMENT_H
#define TRAIN_AGREEMENT_H

#include "train/run.h"

/* Collective, once a run's data is open: every rank's effective config and what it found where the
 * config points (files, counts, recipes) are rank 0's. ERROR_RANK, on every rank alike, names the
 * first rank that differs, and in what. */
int agreement_check_setting(const Run *run);

/* Collective: the trained parameters of both networks, and the average, have rank 0's bits on every
 * rank. ERROR_RANK as above: memory that lies, or a rank that computes something else. */
int agreement_check_parameters(const Run *run);

#endif
