/* What a network's layers take on this machine, measured. */
#ifndef NETS_SPEED_H
#define NETS_SPEED_H

#include <stdio.h>

#include "nets/network.h"

typedef struct SpeedForm {
    Precision precision;
    int64_t samples, h, w; /* of the input */
} SpeedForm;

/* Seconds of one node, with what is computed as one with it: without gradients, then in a training
 * pass there and back. Those of libtorch's on the way back are not known: 0. */
typedef struct NodeSpeed {
    double alone, forward, back;
    char method[64]; /* of a convolution: network_method; else "" */
} NodeSpeed;

typedef struct Speed {
    NodeSpeed *nodes;             /* graph->count, of the passes of median time */
    double alone, training, peak; /* seconds of these passes; FLOP/s of fp32 (kernel_peak) */
    const char *backend, *precision;
} Speed;

/* Runs the network from initial weights on made-up pictures for some seconds. Free with
 * speed_free, also after an error. 0 or -1. */
int speed_measure(const Graph *graph, const SpeedForm *form, Speed *speed);
void speed_free(Speed *speed);

/* speed_measure as a table. 0 or -1. */
int speed_print_table(const Graph *graph, const SpeedForm *form, FILE *stream);

#endif
