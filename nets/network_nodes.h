/* Single nodes of a network, for the readers inside nets/ that decide what is computed when. */
#ifndef NETS_NETWORK_NODES_H
#define NETS_NETWORK_NODES_H

#include "nets/network.h"

/* What nodes are computed from. */
typedef struct Pass {
    Network *network;
    int mode; /* ForwardMode values or-ed */
    Tensor *image;
    Tensor **values; /* of every node, NULL once dead */
} Pass;

/* Whether an activation is computed in place of its input: a convolution's result, which no
 * gradient needs, read by nobody else. */
bool network_overwrites(const Graph *graph, const Node *node);

/* The node's result from its inputs' values, in the innermost scope. */
Tensor *network_run_node(const Pass *pass, const Node *node);

#endif
