#include "train/learner.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "train/schedule.h"

static const double ADAM_EPSILON = 1e-8;

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
    l->first = new_vector(l->count);
    l->second = new_vector(l->count);
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
        build_vectors(l, averaged) == 0)
        return l;
    learner_free(l);
    return NULL;
}

void learner_free(Learner *l)
{
    if (!l)
        return;
    exchange_free(l->exchange);
    tensor_free(l->first);
    tensor_free(l->second);
    tensor_free(l->average);
    network_free(l->network);
    graph_free(l->graph);
    free(l);
}

int learner_restart(Learner *l)
{
    if (l->average)
        tensor_copy(network_values(l->network), l->average);
    tensor_fill(l->first, 0);
    return tensor_fill(l->second, 0);
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

bool learner_gradients_are_finite(const Learner *l)
{
    return tensor_is_finite(network_gradients(l->network));
}

bool learner_is_finite(const Learner *l)
{
    return tensor_is_finite(network_values(l->network)) && tensor_is_finite(l->first) &&
           tensor_is_finite(l->second) && (!l->average || tensor_is_finite(l->average));
}

int learner_update(Learner *l, const StageConfig *stage, double peak_rate, int64_t step)
{
    AdamStep adam = {.rate = peak_rate * schedule_factor(stage, step),
                     .beta1 = stage->beta1,
                     .beta2 = stage->beta2,
                     .epsilon = ADAM_EPSILON,
                     .decay = stage->weight_decay,
                     .step = step + 1,
                     .average_decay = schedule_average_decay(stage, step),
                     .gradient_scale = 1};
    return tensor_adam(network_values(l->network), network_gradients(l->network), l->first,
                       l->second, l->average, &adam);
}
