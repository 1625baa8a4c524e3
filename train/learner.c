#include "train/learner.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "train/schedule.h"

static const double EPSILON = 1e-8; /* of every optimiser */

/* Replaces initial weights by those of a file. */
static int start_from(const Graph *graph, Weights *weights, const char *path)
{
    Weights *from = weights_read(path);
    if (!from)
        return -1;
    int copied = graph_merge_weights(graph, weights, from, true);
    weights_free(from);
    return copied > 0 ? 0 : error_set(ERROR_FORMAT, "%s: holds no weights of this network", path);
}

static Tensor *new_vector(int64_t count)
{
    return tensor_own(tensor_zeros(1, &count));
}

static void free_states(Learner *l)
{
    for (int i = 0; i < OPTIMISER_MOST_STATES; i++) {
        tensor_free(l->states[i]);
        l->states[i] = NULL;
    }
}

static int build_network(Learner *l, const char *start, uint64_t seed, Precision precision)
{
    Weights *weights = graph_initial_weights(l->graph, seed);
    if (weights && (!start || start_from(l->graph, weights, start) == 0))
        l->network = network_new(l->graph, weights, precision);
    weights_free(weights);
    return l->network ? 0 : -1;
}

static int build_vectors(Learner *l, bool averaged)
{
    l->count = graph_trained_count(l->graph);
    network_gradients(l->network); /* now, so that estimates of memory see them */
    if (averaged) {
        l->average = new_vector(l->count);
        tensor_copy(l->average, network_values(l->network));
    }
    return error_pending() ? -1 : 0;
}

Learner *learner_new(const char *name, const Specification *specification, const char *start,
                     uint64_t seed, Precision precision, bool averaged)
{
    Learner *l = memory_new(sizeof *l);
    l->name = name;
    l->graph = specification_build(specification);
    if (l->graph && build_network(l, start, seed, precision) == 0 &&
        build_vectors(l, averaged) == 0 && learner_set_optimiser(l, OPTIMISER_ADAM) == 0)
        return l;
    learner_free(l);
    return NULL;
}

void learner_free(Learner *l)
{
    if (!l)
        return;
    exchange_free(l->exchange);
    free_states(l);
    tensor_free(l->average);
    network_free(l->network);
    graph_free(l->graph);
    free(l);
}

const char *const *learner_state_names(OptimiserKind kind)
{
    static const char *const ADAM[] = {"first", "second"};
    static const char *const ADAN[] = {"first", "second", "difference", "previous"};
    static const char *const SCHEDULE_FREE[] = {"second", "base", "mean"};
    switch (kind) {
    case OPTIMISER_ADAM:
    case OPTIMISER_ADAMW:
        return ADAM;
    case OPTIMISER_ADAN:
        return ADAN;
    case OPTIMISER_SCHEDULE_FREE:
        return SCHEDULE_FREE;
    }
    return NULL;
}

int learner_set_optimiser(Learner *l, OptimiserKind kind)
{
    free_states(l);
    l->optimiser = kind;
    l->mean = (ScheduleMean){0};
    for (int i = 0; i < tensor_optimiser_states(kind); i++)
        l->states[i] = new_vector(l->count);
    return error_pending() ? -1 : 0;
}

int learner_restart(Learner *l, OptimiserKind kind)
{
    Tensor *values = network_values(l->network);
    if (l->average)
        tensor_copy(values, l->average);
    if (learner_set_optimiser(l, kind) != 0 || kind != OPTIMISER_SCHEDULE_FREE)
        return error_pending() ? -1 : 0;
    tensor_copy(l->states[1], values); /* base and mean begin where the parameters are */
    return tensor_copy(l->states[2], values);
}

Tensor *learner_forward(Learner *l, Tensor *image)
{
    tensor_no_grad_begin();
    Tensor *output = network_forward(l->network, image, FORWARD_PLAIN, NULL);
    tensor_no_grad_end();
    return output;
}

Tensor *learner_average_forward(Learner *l, Tensor *image)
{
    if (!l->average)
        return learner_forward(l, image);
    Tensor *values = network_values(l->network);
    Tensor *kept = tensor_own(tensor_zeros(1, &l->count));
    tensor_copy(kept, values);
    tensor_copy(values, l->average);
    Tensor *output = learner_forward(l, image);
    tensor_copy(values, kept);
    tensor_free(kept);
    return output;
}

int learner_zero_gradients(Learner *l)
{
    return tensor_fill(network_gradients(l->network), 0);
}

int learner_connect(Learner *l, const ExchangePlan *plan)
{
    if (ranks_size() > 1)
        l->exchange = exchange_new(l->network, plan);
    return error_pending() ? error_note("%s", l->name) : 0;
}

void learner_arm(Learner *l)
{
    exchange_arm(l->exchange);
}

int learner_sum_gradients(Learner *l)
{
    return exchange_finish(l->exchange);
}

double learner_gradient_norm(Learner *l)
{
    return tensor_norm(network_gradients(l->network));
}

bool learner_is_finite(const Learner *l)
{
    double sum = tensor_norm(network_values(l->network));
    for (int i = 0; i < tensor_optimiser_states(l->optimiser); i++)
        sum += tensor_norm(l->states[i]);
    if (l->average)
        sum += tensor_norm(l->average);
    return isfinite(sum);
}

int learner_update(Learner *l, const LearnerUpdate *u)
{
    const StageConfig *stage = u->stage;
    bool free_of_schedule = l->optimiser == OPTIMISER_SCHEDULE_FREE;
    double factor = free_of_schedule ? schedule_free_factor(stage, u->updates)
                                     : schedule_factor(stage, u->step);
    OptimiserStep s = {.kind = l->optimiser,
                       .rate = u->peak_rate * factor,
                       .beta1 = stage->beta1,
                       .beta2 = stage->beta2,
                       .beta3 = stage->beta3,
                       .epsilon = EPSILON,
                       .decay = stage->weight_decay,
                       .step = u->updates + 1,
                       .average_decay = schedule_average_decay(stage, u->updates),
                       .gradient_scale = stage->clip > 0 && u->gradient_norm > stage->clip
                                             ? stage->clip / u->gradient_norm
                                             : 1};
    if (free_of_schedule)
        s.mean_weight = schedule_mean_weight(&l->mean, stage, u->updates);
    return tensor_optimise(network_values(l->network), network_gradients(l->network), l->states,
                           l->average, &s);
}
