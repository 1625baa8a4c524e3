/* Networks of 8-bit numbers: which of a network's values become levels, and the network that
 * computes with them. Convolutions take levels and give levels (uint8, one step and one zero for a
 * whole value; weights int8, one step for each output channel, around 0), the first and the last
 * stay in float, and so do sums, products, norms and attention, which read what levels stand for.
 * Affine quantisation: Jacob et al., CVPR 2018, arXiv:1712.05877. */
#ifndef EXPORT_QUANTISE_H
#define EXPORT_QUANTISE_H

#include "nets/graph.h"

typedef struct QuantisePlan {
    const Graph *graph;
    bool *convs;   /* of every node: whether it is a convolution of levels, */
    bool *results; /* whether its result becomes levels, */
    int *groups;   /* and the first node whose result has the same step and zero: what only moves
                    * pixels or joins channels leaves levels as they are */
} QuantisePlan;

/* g: as graph_fold makes it; it must live as long. ERROR_FORMAT where no convolution can be
 * quantised, or one is already. quantise_plan_free in both cases. */
int quantise_plan(const Graph *g, QuantisePlan *plan);
void quantise_plan_free(QuantisePlan *plan);

/* What a result's values are; 0 is always among them. */
typedef struct Range {
    double low, high;
} Range;

/* The network with OPERATION_QUANTISE where the plan says, weights rounded to their steps, biases
 * to those of the sums they are added to. ranges: for every node, of the first of its group. NULL
 * with an error. */
Graph *quantise_graph(const QuantisePlan *plan, const Weights *weights, const Range *ranges,
                      Weights **quantised);

#endif
