/* The fused reader: computes runs of a graph's nodes with our own kernels (tensor/kernels), forward
 * and back, by a plan made once for each size of input. To libtorch's autograd each run is one
 * function, so what it does not know, and all losses, stand beside it. In host memory only.
 * Gradients of gradients do not go through it. */
#ifndef NETS_FUSED_FUSED_H
#define NETS_FUSED_FUSED_H

#include "nets/network_nodes.h"

typedef struct FusedCache FusedCache;

FusedCache *fused_cache_new(const Graph *graph);
/* Passes that something can still go back through keep what they need. */
void fused_cache_free(FusedCache *cache);
/* The network's parameters change no more: what kernels need of them is kept. */
void fused_cache_fix(FusedCache *cache);
/* They have changed all the same. */
void fused_cache_forget(FusedCache *cache);
/* Who is told of times from now on. */
void fused_cache_time(FusedCache *cache, NetworkClock clock);

/* Whether a node's operation is one of those it computes. */
bool fused_knows(const Node *node);

/* Computes the nodes first .. end - 1, all of them known, from pass->values of earlier ones, and
 * puts those that `visible` marks into pass->values, in the innermost scope. 0 or -1. */
int fused_run(const Pass *pass, FusedCache *cache, int first, int end, const bool *visible);

#endif
