/* Networks as they are computed: without what only their training needs. */
#ifndef NETS_FOLD_H
#define NETS_FOLD_H

#include "nets/graph.h"

/* A copy that can be added to: of one graph's nodes and parameters into another's. */
typedef struct GraphCopy {
    const Graph *from;
    const Weights *weights; /* every parameter of `from` */
    Graph *to;
    Weights *made;
    Node **nodes; /* of `to`, by the index of the node in `from` that they stand for */
} GraphCopy;

GraphCopy graph_copy_begin(const Graph *from, const Weights *weights);
/* The next node of `from`, reading what stands for its inputs. Spectral norm is divided into the
 * weight, NAME.weight; a composed kernel is a kernel like others. Later nodes read the result. */
Node *graph_copy_node(GraphCopy *copy, const Node *n);
/* Hands over the graph and its weights (every parameter); the taps are not copied. NULL with an
 * error if one is pending: then nothing is left to free. */
Graph *graph_copy_end(GraphCopy *copy, Weights **weights);

/* The whole graph in that way. */
Graph *graph_fold(const Graph *g, const Weights *weights, Weights **folded);

#endif
