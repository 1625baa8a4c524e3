/* Single nodes of a network, for the readers inside nets/ that decide what is computed when. */
#ifndef NETS_NETWORK_NODES_H
#define NETS_NETWORK_NODES_H

#include "nets/network.h"
#include "tensor/kernels/conv.h"

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

/* Computes the nodes first .. end - 1 in the innermost scope. Of their results those stay in
 * pass->values that `visible` marks; earlier ones are only read. */
void network_run_nodes(const Pass *pass, int first, int end, const bool *visible);

/* Where the fused reader computes: the end of the nodes, up to `end`, that are computed as `first`
 * is, by one run of it or by libtorch. cuts: nodes where runs end all the same, or NULL. */
int network_end_of_run(const Graph *graph, const bool *cuts, int first, int end,
                       bool *is_fused_run);

/* Who is told of times. */
typedef struct NetworkClock {
    NetworkObserver *observe; /* or NULL */
    void *context;
} NetworkClock;

/* Tells the observer, if there is one, what was done for `node` (NULL: nothing that is
 * told) since `begun` (clock_seconds); returns the time now, 0 without one. */
double network_tell(const NetworkClock *clock, const Node *node, bool back, double begun);

/* For readers of runs of nodes: a node's result or the image; a parameter as it is kept, in fp32
 * (a spectral norm's and a composed one as convolutions take it); whether gradients go into
 * parameters of these nodes. */
Tensor *network_value(const Pass *pass, const Node *node);
Tensor *network_parameter(const Pass *pass, const Node *node, bool is_bias);
bool network_records(const Pass *pass, int first, int end);
Precision network_precision(const Network *network);

/* A convolution node as kernels take it. */
ConvShape network_conv_shape(const Node *node);

/* The method of a convolution in a network that is (conv_method_name). */
void network_method(const Network *network, const Node *node, char *text, size_t size);

#endif
