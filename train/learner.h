/* A network in training: its parameters, Adam's two moments and the moving average. */
#ifndef TRAIN_LEARNER_H
#define TRAIN_LEARNER_H

#include "nets/network.h"
#include "train/config.h"
#include "train/exchange.h"

typedef struct Learner {
    const char *name; /* "generator" or "discriminator", for messages and checkpoints */
    Graph *graph;
    Network *network;
    Tensor *first, *second; /* Adam's moments, flat as network_values */
    Tensor *average;        /* of the parameters, or NULL */
    Exchange *exchange;     /* of the gradients, or NULL with one rank */
    int64_t count;          /* trained parameters */
} Learner;

/* Builds the network with initial weights of `seed`; those that the file `start` holds (or NULL)
 * replace them, reported key by key. ERROR_FORMAT if it holds none. NULL with an error. */
Learner *learner_new(const char *name, const Specification *specification, const char *start,
                     uint64_t seed, Precision precision, bool averaged);
void learner_free(Learner *learner);

/* With more than one rank: to be called once, before the first step. Collective. 0 or -1. */
int learner_connect(Learner *learner, const ExchangePlan *plan);

/* For a new stage: parameters become their average (if there is one), moments zero. */
int learner_restart(Learner *learner);

int learner_zero_gradients(Learner *learner);

/* Before the backward pass that completes the gradients (exchange_arm). */
void learner_arm(Learner *learner);

/* Collective: gradients become their sum over ranks (exchange_finish). */
int learner_sum_gradients(Learner *learner);

/* Whether every gradient is finite; after learner_sum_gradients on every rank alike. */
bool learner_gradients_are_finite(const Learner *learner);

/* Whether every parameter, its average and the optimiser's state are. */
bool learner_is_finite(const Learner *learner);

/* One Adam step with the gradients. `step` counts from 0 within the stage. */
int learner_update(Learner *learner, const StageConfig *stage, double peak_rate, int64_t step);

#endif
