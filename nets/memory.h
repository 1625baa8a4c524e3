/* The memory reader: what computing with a network takes, from its graph alone, through the forward
 * and the backward pass. Of operations that libtorch computes it follows what autograd keeps; of
 * runs of nodes that the fused reader computes it takes the figures of their plans. Memory that
 * kernels hold beside tensors is not in it. */
#ifndef NETS_MEMORY_H
#define NETS_MEMORY_H

#include "nets/network.h"

/* How a network is gone through. */
typedef struct MemoryPlan {
    Precision precision;
    int64_t samples, h, w; /* of the input */
    int segments;          /* as network_pass_begin's */
    bool into_input;       /* gradients go into the input too, which is asked for first */
    bool frozen;           /* FORWARD_FROZEN */
    Backend backend;       /* AUTO: the one that network_new takes now */
} MemoryPlan;

/* Bytes of activations, gradients of activations and copies of weights in bf16. */
typedef struct PassMemory {
    int64_t kept;    /* between the forward and the backward pass */
    int64_t most;    /* at once, at any moment */
    int64_t without; /* most at once of a forward pass that records nothing */
} PassMemory;

/* ERROR_SHAPE if the input does not fit. */
int memory_of_pass(const Graph *g, const MemoryPlan *plan, PassMemory *memory);

/* The number of segments that takes the least memory; 1 where none saves any. -1 with an error. */
int memory_best_segments(const Graph *g, const MemoryPlan *plan);

#endif
