/* What a run of nodes takes, from its plan: for the memory reader (nets/memory.h). */
#ifndef NETS_FUSED_MEMORY_H
#define NETS_FUSED_MEMORY_H

#include "nets/fused/plan.h"

/* Bytes beside the run's inputs and those of its results that go outside. */
typedef struct FusedMemory {
    int64_t kept;     /* from its computation until there is no way back any more */
    int64_t forward;  /* while it is computed, beside those */
    int64_t backward; /* on the way back, beside the gradients that come and go outside */
} FusedMemory;

/* visible, types: as plan_new's. wanted: of every node in front, and of the image, whether its
 * gradient is; of the visible ones, whether one comes. 0 or -1. */
int fused_memory(const Graph *graph, const FusedForm *form, const bool *visible,
                 const TensorType *types, const bool *wanted, FusedMemory *memory);

#endif
