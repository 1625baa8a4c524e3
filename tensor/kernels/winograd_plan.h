/* Who computes which tiles, and where: either every thread makes blocks of tiles of its own, small
 * enough for its cache, or, where there are few tiles or many channels, all threads make larger
 * blocks together. */
#ifndef TENSOR_KERNELS_WINOGRAD_PLAN_H
#define TENSOR_KERNELS_WINOGRAD_PLAN_H

#include "tensor/kernels/winograd_steps.h"

/* processor_kind()'s, for kernels of this stride: for forward and data, or for weights; with
 * products of pairs for convolutions in bf16, where it has them. */
const WinogradSteps *winograd_steps(int stride, TensorType type, bool for_weights);

/* Part `index` of `count` parts that are as even as they can be. */
Range winograd_part(Range range, int index, int count);

/* For `rows` x `columns` results of each picture; the rest is 0 and 1. */
Tiles tiles_of(const WinogradSteps *steps, int64_t rows, int64_t columns);

typedef struct Plan {
    int threads;
    bool together;
    int64_t tiles, block; /* all, and those of a block at most */
    int64_t depth;        /* of a convolution's product */
    int64_t channels[2];  /* of a block's transformed tiles, rounded up to whole vectors; the second
                           * 0: products take the place of the tiles */
    int64_t chunk;        /* 0, or transformed tiles are in chunks of so many channels */
    int row_tiles;        /* transformed tiles in a row */
    int64_t sums, result; /* values for each thread, and for each team, besides */
    bool scaled;          /* transformed tiles have scales, and threads room for one */
} Plan;

/* For the tiles of `pictures` pictures, with a factor of depth x columns values at each point,
 * which are multiples of the lanes. */
void plan_convolution(Plan *plan, const Tiles *tiles, int64_t pictures, int64_t depth,
                      int64_t columns, const WinogradSteps *steps);
/* For a gradient of inputs x outputs values at each point. Fewer inputs at a time where it would
 * be large: returns how many. */
int64_t plan_weights(Plan *plan, const Tiles *tiles, int64_t pictures, int64_t inputs,
                     int64_t outputs, const WinogradSteps *steps);

/* Threads that make one block, this one being number `index` of them and `thread` of all. */
typedef struct Team {
    int index, count, thread;
} Team;

/* The calling thread's team and the tiles that this team makes, in plan_blocks blocks. Inside of
 * a parallel region. */
Range plan_tiles(const Plan *plan, Team *team);
int64_t plan_blocks(const Plan *plan, Range tiles);

/* Collective in the team. The product of tiles and packed weights; and V' D of tiles in chunks, for
 * each point rows x columns. */
void team_wait(Team team);
void team_multiply(const WinogradSteps *steps, const Product *product, int64_t rows, Team team);
void team_multiply_tiles(const WinogradSteps *steps, const Transformed *v, int64_t rows,
                         const Transformed *d, int64_t columns, float *result, bool add, Team team);

/* A plan's memory, in the calling thread's scratch. */
typedef struct Memory {
    const Plan *plan;
    float *sums, *rooms, *teams;
    double *totals;
    int64_t team_values;
} Memory;

int memory_begin(Memory *memory, const Plan *plan);
/* Room for a block's tiles, transformed: the first (0) or the second (1). */
Transformed memory_block(const Memory *memory, int which, Team team, Range block);
float *memory_result(const Memory *memory, Team team);

/* A thread's sums, which start with zeros, to be flushed after each block, and their totals, added
 * to `to` in the order of the threads. */
float *memory_sums(const Memory *memory, int thread);
void memory_flush_sums(const Memory *memory, int thread);
void memory_add_sums(const Memory *memory, float *to, int64_t count);

#endif
