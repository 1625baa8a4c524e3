/* Checks a written model by running it: the network that a file was read back as and the one it was
 * written from must give the same pictures. */
#ifndef EXPORT_VERIFY_H
#define EXPORT_VERIFY_H

#include "nets/graph.h"

/* What one side runs. */
typedef struct Runnable {
    const Graph *graph;
    const Weights *weights;
} Runnable;

typedef struct Agreement {
    double largest; /* difference of output values, of a range of 0..1 or their own if larger */
    int inputs;     /* how many were compared */
    char sizes[64]; /* "17x23, 64x64, 130x97" */
} Agreement;

/* The largest difference allowed. */
#define VERIFY_LIMIT 1e-5

/* Runs both in fp32 on the processor, on random pictures of three sizes (rounded up where a network
 * takes only multiples), one and two at a time. ERROR_FORMAT naming PATH where `written` differs
 * from `original` by more than VERIFY_LIMIT anywhere; `agreement` is filled in then too. */
int verify_agreement(const char *path, Runnable original, Runnable written, Agreement *agreement);

#endif
