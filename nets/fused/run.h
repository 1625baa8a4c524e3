/* One pass by a plan. */
#ifndef NETS_FUSED_RUN_H
#define NETS_FUSED_RUN_H

#include <pthread.h>

#include "nets/fused/fused.h"
#include "nets/fused/gradients.h"
#include "nets/fused/plan.h"

/* What the passes of a network share; several threads may be in passes at once. */
struct FusedCache {
    pthread_mutex_t lock;
    Conv **convs;    /* of every node, made at its first use */
    Tensor **packed; /* 2 for every node: weights ready for kernels, of a network that is fixed */
    int count;       /* of nodes */
    bool fixed;
    FusedPlan *plans; /* the newest first */
    int runs;         /* that are not freed yet: the last one frees a cache that is `closed` */
    bool closed;
    NetworkClock clock;
};

typedef struct FusedRun {
    FusedCache *cache;
    FusedPlan *plan;
    Tensor **inputs, **outputs, **parameters; /* owned, without history */
    Tensor *kept, *passing;                   /* the plan's arenas */
    Tensor *weights;                          /* of one convolution, packed */
    char **bases;                             /* where every buffer begins */
} FusedRun;

/* 0 or -1. The inputs, outputs and parameters are there. */
int run_forward(FusedRun *run);
/* gradients of outputs that the way's form says are given; results[i] of inputs, then parameters.
 * 0 or -1. */
int run_backward(FusedRun *run, const WayBack *way, Tensor *const *gradients, Tensor **results);

/* y = the result of a node that is no convolution. inputs: its first two; a concatenation reads its
 * inputs from where they lie. 0 or -1. */
int run_node(const FusedRun *run, const Step *step, const Map *inputs, const Map *y);

/* The convolution of a step. NULL with an error. */
const Conv *run_conv(FusedRun *run, const Step *step);
/* Its weights times factor, ready for kernels; valid until the next call. NULL with an error. */
const void *run_weights(FusedRun *run, const Step *step, ConvDirection direction, float factor);
/* A parameter's values; NULL for index -1. */
const float *run_parameter(const FusedRun *run, int index);

/* A place as kernels see it, in buffers that begin at `bases`. */
Map run_map(const FusedRun *run, const Buffer *buffers, char *const *bases, Place place);
/* The map of a node's result; no map where it has none. */
Map run_value(const FusedRun *run, const Node *node);

#endif
