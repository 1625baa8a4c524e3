/* The cost reader: what a network needs, from its graph alone. */
#ifndef NETS_COST_H
#define NETS_COST_H

#include <stdio.h>

#include "nets/graph.h"

typedef struct Cost {
    int64_t parameters;        /* trained ones */
    int64_t multiply_adds;     /* of one forward pass for one h x w input */
    int64_t activation_values; /* sum over nodes: what training keeps, in values */
    int64_t peak_values;       /* most values alive at once without gradients */
    int radius;         /* input pixels on each side that can change an output pixel's value: the
                         * receptive field is 2 * radius + 1. Attention reads all of its windows, so the
                         * radius is that of the pixel that windows favour most */
    bool whole_picture; /* beyond the radius, statistics of the whole picture count (group norm):
                         * tiles cannot be the same as the whole */
    int multiple;       /* heights and widths must be multiples of it */
    int alignment;      /* parts of a picture are computed as in the whole where they begin at
                         * multiples of it: of strides, windows and pixel-unshuffles */
} Cost;

/* For one input picture of h x w. */
int cost_of_graph(const Graph *g, int64_t h, int64_t w, Cost *cost);

/* Multiply-adds of every node for one h x w input; g->count values. 0 or -1. */
int cost_of_nodes(const Graph *g, int64_t h, int64_t w, int64_t *values);

/* A table: layer, result's shape, parameters, multiply-adds, receptive field up to there (its edge
 * in input pixels); sums below. */
int cost_print_table(const Graph *g, int64_t h, int64_t w, FILE *stream);

#endif
