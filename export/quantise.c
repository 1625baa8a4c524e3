#include "export/quantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/fold.h"
#include "nets/layers.h"

enum { MOST_LEVEL = 255, MOST_WEIGHT = 127 };

/* ---- The plan -------------------------------------------------------------------------------- */

/* Whether levels can go through: pixels are moved, or channels joined. */
static bool only_moves(const Node *n)
{
    return n->operation == OPERATION_CONCAT || n->operation == OPERATION_SLICE ||
           n->operation == OPERATION_PIXEL_SHUFFLE || n->operation == OPERATION_PIXEL_UNSHUFFLE ||
           n->operation == OPERATION_NEAREST || n->operation == OPERATION_MAX_POOL;
}

static bool has_weights(const Node *n)
{
    return n->operation == OPERATION_CONV || n->operation == OPERATION_WINDOW_ATTENTION;
}

/* Convolutions with weights both before and behind them. */
static int choose_convs(QuantisePlan *p)
{
    const Graph *g = p->graph;
    bool *before = memory_array((size_t)g->count, sizeof *before);
    bool *behind = memory_array((size_t)g->count, sizeof *behind);
    int count = 0;
    for (int i = 0; i < g->count; i++)
        for (int k = 0; k < g->nodes[i]->input_count; k++)
            before[i] |=
                before[g->nodes[i]->inputs[k]->index] || has_weights(g->nodes[i]->inputs[k]);
    for (int i = g->count - 1; i >= 0; i--) {
        const Node *n = g->nodes[i];
        for (int k = 0; k < n->input_count; k++)
            behind[n->inputs[k]->index] |= behind[i] || has_weights(n);
        p->convs[i] = n->operation == OPERATION_CONV && before[i] && behind[i];
        count += p->convs[i];
    }
    free(before);
    free(behind);
    return count;
}

/* The one node that reads n, or NULL. */
static const Node *only_reader(const Graph *g, const Node *n)
{
    for (int i = n->index + 1; i < g->count && n->readers == 1; i++)
        for (int k = 0; k < g->nodes[i]->input_count; k++)
            if (g->nodes[i]->inputs[k] == n)
                return g->nodes[i];
    return NULL;
}

/* Runtimes compute a convolution and the relu behind it at once. */
static const Node *conv_with_relu(const Graph *g, const Node *conv)
{
    const Node *reader = only_reader(g, conv);
    return reader && reader->operation == OPERATION_RELU ? reader : conv;
}

static int root_of(const QuantisePlan *p, int i)
{
    while (p->groups[i] != i)
        i = p->groups[i];
    return i;
}

static void join(QuantisePlan *p, int a, int b)
{
    a = root_of(p, a);
    b = root_of(p, b);
    p->groups[a > b ? a : b] = a > b ? b : a;
}

static void choose_results(QuantisePlan *p)
{
    const Graph *g = p->graph;
    for (int i = 0; i < g->count; i++)
        if (p->convs[i]) {
            p->results[g->nodes[i]->inputs[0]->index] = true;
            p->results[conv_with_relu(g, g->nodes[i])->index] = true;
        }
    for (int i = g->count - 1; i >= 0; i--)
        for (int k = 0; k < g->nodes[i]->input_count; k++)
            if (p->results[i] && only_moves(g->nodes[i])) {
                p->results[g->nodes[i]->inputs[k]->index] = true;
                join(p, i, g->nodes[i]->inputs[k]->index);
            }
    for (int i = 0; i < g->count; i++)
        p->groups[i] = root_of(p, i);
}

int quantise_plan(const Graph *g, QuantisePlan *p)
{
    size_t count = (size_t)g->count;
    *p = (QuantisePlan){.graph = g,
                        .convs = memory_array(count, sizeof *p->convs),
                        .results = memory_array(count, sizeof *p->results),
                        .groups = memory_array(count, sizeof *p->groups)};
    for (int i = 0; i < g->count; i++) {
        p->groups[i] = i;
        if (g->nodes[i]->operation == OPERATION_QUANTISE)
            return error_set(ERROR_FORMAT, "this network is one of 8-bit numbers already");
    }
    if (choose_convs(p) == 0)
        return error_set(ERROR_FORMAT, "no convolution lies between the first and the last");
    choose_results(p);
    return 0;
}

void quantise_plan_free(QuantisePlan *p)
{
    free(p->convs);
    free(p->results);
    free(p->groups);
    *p = (QuantisePlan){0};
}

/* ---- The network ----------------------------------------------------------------------------- */

typedef struct Quantiser {
    const QuantisePlan *plan;
    const Range *ranges;
    GraphCopy copy;
    Node **levels; /* of what the plan quantises */
} Quantiser;

/* Whether everyone reads a result's levels, because a runtime has nothing else: what a convolution
 * of levels, or the leaky relu behind it, gives. */
static bool has_only_levels(const QuantisePlan *p, const Node *n)
{
    const Node *x = n->input_count ? n->inputs[0] : NULL;
    if (!p->results[n->index])
        return false;
    if (p->convs[n->index])
        return true;
    return x && p->convs[x->index] &&
           (n->operation == OPERATION_RELU || n->operation == OPERATION_LEAKY_RELU);
}

static bool reads_levels(const QuantisePlan *p, const Node *n, const Node *input)
{
    if (!p->results[input->index])
        return false;
    return p->convs[n->index] || (only_moves(n) && p->results[n->index]) ||
           has_only_levels(p, input);
}

/* Each output channel's largest weight is 127 steps. Where the bias is so much larger that it would
 * not fit 32 bits, fewer. */
static void choose_steps(const Weight *w, const Weight *bias, double input_step, float *steps)
{
    const double MOST_SUM = 1 << 30;
    int64_t each = w->count / w->shape[0];
    for (int64_t c = 0; c < w->shape[0]; c++) {
        double largest = 0;
        for (int64_t i = 0; i < each; i++)
            largest = fmax(largest, fabs((double)w->values[c * each + i]));
        double step = largest / MOST_WEIGHT;
        if (bias)
            step = fmax(step, fabs((double)bias->values[c]) / (input_step * MOST_SUM));
        steps[c] = step > 0 ? (float)step : 1;
    }
}

/* The sum makes -0 a 0, which integers have one of. */
static float rounded(float value, float step)
{
    return (float)nearbyint((double)value / (double)step) * step + 0.0f;
}

static void round_weight(Weight *w, const float *steps)
{
    int64_t each = w->count / w->shape[0];
    for (int64_t i = 0; i < w->count; i++)
        w->values[i] = rounded(w->values[i], steps[i / each]);
}

static void round_bias(Weight *bias, const float *steps, float input_step)
{
    for (int64_t c = 0; c < bias->count; c++)
        bias->values[c] = rounded(bias->values[c], input_step * steps[c]);
}

static void quantise_conv(Quantiser *q, Node *conv)
{
    Graph *g = q->copy.to;
    int64_t channels = conv->channels;
    conv->steps = graph_parameter(g, conv->name, "weight_steps", 1, &channels);
    g->parameters[conv->steps].trained = false;
    Weights *made = q->copy.made;
    weights_add(made, g->parameters[conv->steps].key, 1, &channels);
    float *steps = weights_find(made, g->parameters[conv->steps].key)->values;
    Weight *w = weights_find(made, g->parameters[conv->weight].key);
    Weight *bias = conv->bias >= 0 ? weights_find(made, g->parameters[conv->bias].key) : NULL;
    choose_steps(w, bias, conv->inputs[0]->value, steps);
    round_weight(w, steps);
    if (bias)
        round_bias(bias, steps, (float)conv->inputs[0]->value);
}

static Node *add_levels(Quantiser *q, Node *x, Range r)
{
    float step = (float)((r.high - r.low) / MOST_LEVEL);
    if (!(step > 0))
        step = 1;
    return layer_quantise(q->copy.to, x, (double)step, (int)nearbyint(-r.low / (double)step));
}

static void add_node(Quantiser *q, const Node *n)
{
    const QuantisePlan *p = q->plan;
    Node *values[NODE_MOST_INPUTS];
    for (int k = 0; k < n->input_count; k++) {
        int input = n->inputs[k]->index;
        values[k] = q->copy.nodes[input];
        if (reads_levels(p, n, n->inputs[k]))
            q->copy.nodes[input] = q->levels[input];
    }
    Node *made = graph_copy_node(&q->copy, n);
    for (int k = n->input_count - 1; k >= 0; k--)
        q->copy.nodes[n->inputs[k]->index] = values[k];
    if (made && p->convs[n->index])
        quantise_conv(q, made);
    if (made && p->results[n->index])
        q->levels[n->index] = add_levels(q, made, q->ranges[p->groups[n->index]]);
}

Graph *quantise_graph(const QuantisePlan *plan, const Weights *weights, const Range *ranges,
                      Weights **quantised)
{
    const Graph *g = plan->graph;
    Quantiser q = {.plan = plan, .ranges = ranges, .copy = graph_copy_begin(g, weights)};
    q.levels = memory_array((size_t)g->count, sizeof *q.levels);
    for (int i = 0; i < g->count && !error_pending(); i++)
        add_node(&q, g->nodes[i]);
    free(q.levels);
    return graph_copy_end(&q.copy, quantised);
}
