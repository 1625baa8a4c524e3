/* Where gradient checkpointing cuts a graph: between two nodes, in their order. */
#ifndef NETS_SEGMENTS_H
#define NETS_SEGMENTS_H

#include "nets/graph.h"

/* Whether a node that comes at or after `border`, or the caller, reads the result of `n`. */
bool segments_reads_across(const Graph *g, const Node *n, int border);

/* Cuts the nodes up to the graph's output into at most `wanted` segments of about equal activations
 * for an input of h x w, at places where few values are alive. Segment k is the nodes borders[k] to
 * borders[k + 1] - 1; `borders` has room for wanted + 1. The number of segments, or -1. */
int segments_plan(const Graph *g, int64_t h, int64_t w, int wanted, int *borders);

#endif
