/* The processes of one run (MPI ranks). Without a launcher there is one rank and MPI is not started
 * (MPI_Init costs 0.3 s). Functions marked collective must be called by every rank, in one order.
 *
 * No rank waits for ever. Each tells the others every second that it lives, whatever it does (a
 * thread of its own does this), so a slow rank is told from a dead one: when rank 0 has heard
 * nothing of a rank, or a rank nothing of rank 0, for 25 s ($UNMUSH_SILENCE; 0: never mind), it
 * says so in one line and ends the run within another 4 s. A host that is cut off ends itself so,
 * too. A run that was suspended as a whole and continued is not ended. What this cannot see (two
 * hosts that reach rank 0 but not one another; a rank that computes for ever) is caught by a
 * deadline for each wait, which is off until ranks_set_deadline. */
#ifndef CORE_RANKS_H
#define CORE_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts MPI if a launcher (mpirun, srun) started this process. Collective. 0 or -1. ERROR_RANK
 * where srun started several tasks that MPI does not connect. */
int ranks_begin(void);

/* Ends MPI, if it was started. Collective. */
void ranks_end(void);

int ranks_rank(void); /* 0 .. size-1; 0 before ranks_begin */
int ranks_size(void);
int ranks_on_host(void);  /* ranks sharing this machine */
int ranks_local(void);    /* this rank's place among them, from 0 */
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

/* ---- Sums that go on while this rank computes ----
 *
 * They may be mixed with all other collectives: only their order among themselves must be the same
 * on every rank. (So a layer may sum over ranks inside a backward pass whose gradients are under
 * way.) Where MPI allows no second thread they go on only inside ranks_sum_end. */
typedef enum RanksType { RANKS_FLOAT, RANKS_BF16 } RanksType; /* bf16: every addition is rounded */
typedef struct RanksSum RanksSum;

/* Collective: begins to sum `count` values of `own` over ranks into `sum`, another place; both must
 * stay in host memory until ranks_sum_end. Any thread.
 *   ready, context   NULL, or asked (by any thread) until it says that `own` is written
 * NULL with an error. */
RanksSum *ranks_sum_begin(const void *own, void *sum, int count, RanksType type,
                          bool (*ready)(void *context), void *context);
/* Waits until it is done, and frees it. Every rank has bitwise the same result. */
int ranks_sum_end(RanksSum *sum);

/* Seconds this process has spent waiting in collectives so far. */
double ranks_waited(void);

/* How long any one wait for other ranks may take, in seconds, before this rank ends the run; 0: as
 * long as it likes. $UNMUSH_DEADLINE wins. */
void ranks_set_deadline(double seconds);

/* Collective: rank 0's bytes reach every rank. */
int ranks_broadcast(void *bytes, size_t count);

/* Collective: each rank's `count` floats (they may differ from rank to rank), in rank order, in
 * `all`, which holds the sum of all counts. counts: one per rank. */
int ranks_gather_floats(const float *own, float *all, const int *counts);

/* Collective: the bytes that rank `owner` holds reach rank 0, which frees what it got; for results
 * of a size that only their maker knows.
 *   bytes, count   in: of the owner; on rank 0 afterwards: what the owner had. Elsewhere ignored. */
int ranks_fetch_bytes(int owner, uint8_t **bytes, size_t *count);

/* This rank's share of `total` items, as even as possible and in rank order: first..first+count-1.
 */
typedef struct Share {
    int64_t first, count;
} Share;
Share ranks_share(int64_t total, int rank, int size);

#endif
