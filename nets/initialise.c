/* Values for a graph's parameters: initial ones, and those another file brings. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "nets/compose.h"

static void fill(const Parameter *p, Random *r, float *values)
{
    double bound = p->initialisation == INITIALISE_FAN_IN ? 1 / sqrt(p->value) : 0, squares = 0;
    for (int64_t i = 0; i < p->count; i++) {
        switch (p->initialisation) {
        case INITIALISE_CONSTANT:
            values[i] = (float)p->value;
            break;
        case INITIALISE_NORMAL:
            values[i] = (float)(p->value * random_normal(r));
            break;
        case INITIALISE_FAN_IN:
            values[i] = (float)random_range(r, -bound, bound);
            break;
        case INITIALISE_UNIT:
            values[i] = (float)random_normal(r);
            squares += (double)values[i] * values[i];
            break;
        }
    }
    if (p->initialisation == INITIALISE_UNIT)
        for (int64_t i = 0; i < p->count; i++)
            values[i] = (float)(values[i] / sqrt(squares));
}

Weights *graph_initial_weights(const Graph *g, uint64_t seed)
{
    Weights *weights = weights_new();
    for (int i = 0; i < g->parameter_count; i++) {
        const Parameter *p = &g->parameters[i];
        Random r = random_stream(seed, RANDOM_INITIALISE, (uint64_t)i, 0);
        fill(p, &r, weights_add(weights, p->key, p->rank, p->shape)->values);
    }
    graph_compose(g, weights);
    return weights;
}

static bool fits(const Parameter *p, const Weight *w)
{
    if (w->rank != p->rank)
        return false;
    for (int i = 0; i < p->rank; i++)
        if (w->shape[i] != p->shape[i])
            return false;
    return true;
}

int graph_merge_weights(const Graph *g, Weights *into, const Weights *from, bool report)
{
    int copied = 0;
    for (int i = 0; i < g->parameter_count; i++) {
        const Parameter *p = &g->parameters[i];
        const Weight *source = weights_find(from, p->key);
        Weight *target = weights_find(into, p->key);
        if (!source || !fits(p, source)) {
            if (report)
                log_info("  %s: %s, keeps its initial values", p->key,
                         source ? "has another shape in the file" : "not in the file");
            continue;
        }
        memcpy(target->values, source->values, (size_t)p->count * sizeof *target->values);
        copied++;
    }
    for (int i = 0; report && i < from->count; i++)
        if (!graph_find_parameter(g, from->items[i].key))
            log_info("  %s: in the file, not in this network", from->items[i].key);
    return copied;
}

int graph_check_weights(const Graph *g, const Weights *weights, const char *name)
{
    for (int i = 0; i < g->parameter_count; i++) {
        const Parameter *p = &g->parameters[i];
        const Weight *w = weights_find(weights, p->key);
        if (!w)
            return error_set(ERROR_FORMAT, "%s: %s is missing", name, p->key);
        if (!fits(p, w))
            return error_set(ERROR_FORMAT, "%s: %s has another shape than this network's", name,
                             p->key);
    }
    return 0;
}
