/* Gradients summed over ranks while the backward pass still runs.
 *
 * The flat gradient vector is cut from its end (the last layers, whose gradients come first) into
 * buckets; each begins its way as soon as all gradients in it are complete and those before it have
 * begun. Where the buckets lie is a matter of the network alone and each is summed as a whole, so
 * results have the same bits from run to run, overlapped or not.
 *
 * On GPUs the buckets go through pinned host memory, unless MPI reads GPU memory itself. */
#ifndef TRAIN_EXCHANGE_H
#define TRAIN_EXCHANGE_H

#include <stdbool.h>

#include "nets/network.h"

typedef struct Exchange Exchange;

/* How gradients travel. */
typedef struct ExchangePlan {
    bool overlap; /* false: all buckets begin in exchange_finish */
    bool bf16;    /* half the bytes; sums are rounded to bf16, so they depend on the ranks */
} ExchangePlan;

/* For a network whose gradients are to be summed; it must outlive the exchange, which becomes its
 * watcher. NULL with an error. */
Exchange *exchange_new(Network *network, const ExchangePlan *plan);

/* NULL is fine. Between exchange_arm and exchange_finish, when MPI may be writing into the
 * gradients, it ends the run (ranks_abort): a rank has failed alone then. */
void exchange_free(Exchange *exchange);

/* From here on gradients that a backward pass completes may leave at once: to be called before the
 * last pass (or the last passes, if they complete different parameters) that adds to them. NULL is
 * fine: one rank. */
void exchange_arm(Exchange *exchange);

/* Collective: what has not left yet does, then waits until all gradients are sums over ranks. NULL
 * is fine. ERROR_TENSOR if a gradient was completed twice since exchange_arm. */
int exchange_finish(Exchange *exchange);

#endif
