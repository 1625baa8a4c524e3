/* The processes of one run (MPI ranks). Without a launcher there is one rank and MPI is not started
 * (MPI_Init costs 0.3 s). Functions marked collective must be called by every rank. */
#ifndef CORE_RANKS_H
#define CORE_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts MPI if a launcher (mpirun, srun) started this process. Collective. 0 or -1. */
int ranks_begin(void);

/* Ends MPI, if it was started. Collective. */
void ranks_end(void);

int ranks_rank(void); /* 0 .. size-1; 0 before ranks_begin */
int ranks_size(void);
int ranks_on_host(void);  /* ranks sharing this machine */
bool ranks_use_mpi(void); /* MPI is running (perhaps with one rank) */

/* Ends every rank at once after printing the pending error as "unmush: rank R: message". For
 * failures that leave other ranks waiting. Does not return. */
void ranks_abort(void) __attribute__((noreturn));

/* Collective: agrees that no rank has a pending error. If one has, it ends the run: the lowest
 * failing rank's message is set on every rank ("rank 3: ...") and -1 returned, everywhere. */
int ranks_agree(void);

/* Whether the last failure was agreed on: every rank knows of it and none is left waiting. */
bool ranks_failed_together(void);

/* Collective reductions in place; every rank gets bitwise the same result. */
int ranks_sum_floats(float *values, size_t count);
int ranks_sum_doubles(double *values, size_t count);
int ranks_sum_integers(int64_t *values, size_t count);

/* Collective: rank 0's bytes reach every rank. */
int ranks_broadcast(void *bytes, size_t count);

/* Collective: each rank's `count` floats (they may differ from rank to rank), in rank order, in
 * `all`, which holds the sum of all counts. counts: one per rank. */
int ranks_gather_floats(const float *own, float *all, const int *counts);

/* This rank's share of `total` items, as even as possible and in rank order: first..first+count-1.
 */
typedef struct Share {
    int64_t first, count;
} Share;
Share ranks_share(int64_t total, int rank, int size);

#endif
