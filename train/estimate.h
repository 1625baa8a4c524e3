/* What a run takes of a rank's memory, told before it starts. */
#ifndef TRAIN_ESTIMATE_H
#define TRAIN_ESTIMATE_H

#include <stdio.h>

#include "train/run.h"

/* Bytes. On a GPU `parameters` and `activations` lie there, and `available` is what it has free. */
typedef struct Estimate {
    int64_t process;     /* what this process takes already: libraries, networks, opened data */
    int64_t parameters;  /* part of it: values, gradients, optimiser states, averages */
    int64_t activations; /* of the stage that takes most, with losses and discriminator */
    int64_t data;        /* batches read ahead, pictures that stay decoded */
    int64_t total;       /* the most that this rank will take in memory that `available` is of */
    int64_t available;   /* what there is for it, with what it takes already; 0: not known */
} Estimate;

/* To be called after run_open. 0 or -1. */
int estimate_run(const Run *run, Estimate *estimate);

/* One line: "memory: about 812 MB per rank (...) of 15.2 GB". */
void estimate_print(const Estimate *estimate, char *text, size_t size);

#endif
