/* Values for a graph's parameters: initial ones, and those another file brings. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "nets/compose.h"

/* Place in the bias table of how pixel i of a window lies relative to pixel k. */
static int64_t relative_place(int64_t window, int64_t i, int64_t k)
{
    int64_t down = i / window - k / window, right = i % window - k % window;
    return (down + window - 1) * (2 * window - 1) + right + window - 1;
}

static void fill_window_index(const Parameter *p, float *values)
{
    int64_t area = p->shape[0], window = lround(sqrt((double)area));
    for (int64_t i = 0; i < p->count; i++)
        values[i] = (float)relative_place(window, i / area, i % area);
}

/* In the last row and column of shifted windows, opposite borders of the picture meet. */
static void fill_window_mask(const Parameter *p, float *values)
{
    const float APART = -100;
    int64_t area = p->shape[1], window = lround(sqrt((double)area)), half = window - window / 2;
    int64_t across = lround(sqrt((double)p->shape[0]));
    for (int64_t n = 0; n < p->count; n++) {
        int64_t place = n / (area * area), i = n / area % area, k = n % area;
        bool last_row = place / across == across - 1, last_column = place % across == across - 1;
        bool apart = (last_row && (i / window < half) != (k / window < half)) ||
                     (last_column && (i % window < half) != (k % window < half));
        values[n] = apart ? APART : 0;
    }
}

static void fill_constant(const Parameter *p, float *values)
{
    if (p->initialisation == INITIALISE_WINDOW_INDEX)
        fill_window_index(p, values);
    else
        fill_window_mask(p, values);
}

static void fill(const Parameter *p, Random *r, float *values)
{
    if (p->constant) {
        fill_constant(p, values);
        return;
    }
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
        case INITIALISE_WINDOW_INDEX:
        case INITIALISE_WINDOW_MASK:
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
        if (p->constant)
            continue;
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
        if (p->constant)
            continue;
        if (!w)
            return error_set(ERROR_FORMAT, "%s: %s is missing", name, p->key);
        if (!fits(p, w))
            return error_set(ERROR_FORMAT, "%s: %s has another shape than this network's", name,
                             p->key);
    }
    return 0;
}

void graph_complete_weights(const Graph *g, Weights *weights)
{
    for (int i = 0; i < g->parameter_count; i++) {
        const Parameter *p = &g->parameters[i];
        Weight *w = weights_find(weights, p->key);
        if (p->constant && !w)
            w = weights_ask(weights, p->key, p->rank, p->shape);
        if (p->constant && w && fits(p, w))
            fill_constant(p, w->values);
    }
}
