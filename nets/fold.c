#include "nets/fold.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

GraphCopy graph_copy_begin(const Graph *from, const Weights *weights)
{
    Graph *to = graph_new();
    to->input_size = from->input_size;
    return (GraphCopy){from, weights, to, weights_new(),
                       memory_array((size_t)from->count + 1, sizeof(Node *))};
}

static const Weight *values_of(const GraphCopy *c, int index)
{
    return weights_find(c->weights, c->from->parameters[index].key);
}

/* A parameter under `key` with the shape and the values of another; -1 stays -1. */
static int copy_parameter(GraphCopy *c, int index, const char *key)
{
    if (index < 0)
        return -1;
    const Parameter *p = &c->from->parameters[index];
    int made = graph_parameter(c->to, "", key ? key : p->key, p->rank, p->shape);
    Weight *to = weights_add(c->made, c->to->parameters[made].key, p->rank, p->shape);
    memcpy(to->values, values_of(c, index)->values, (size_t)p->count * sizeof *to->values);
    return made;
}

static int copy_buffer(GraphCopy *c, int index)
{
    int made = copy_parameter(c, index, NULL);
    if (made >= 0)
        c->to->parameters[made].trained = false;
    return made;
}

/* u' W v, with W as (O, rest): what spectral norm divides by. */
static double spectral_sigma(const GraphCopy *c, const Node *n)
{
    const Weight *weight = values_of(c, n->weight);
    const float *u = values_of(c, n->spectral_u)->values;
    const float *v = values_of(c, n->spectral_v)->values;
    int64_t rest = weight->count / weight->shape[0];
    double sigma = 0;
    for (int64_t o = 0; o < weight->shape[0]; o++) {
        double row = 0;
        for (int64_t i = 0; i < rest; i++)
            row += (double)weight->values[o * rest + i] * (double)v[i];
        sigma += (double)u[o] * row;
    }
    return sigma;
}

static int copy_divided(GraphCopy *c, const Node *n)
{
    char *key = memory_print("%s.weight", n->name);
    int made = copy_parameter(c, n->weight, key);
    Weight *w = weights_find(c->made, key);
    double sigma = spectral_sigma(c, n);
    for (int64_t i = 0; i < w->count; i++)
        w->values[i] = (float)((double)w->values[i] / sigma);
    free(key);
    return made;
}

static void copy_parameters(GraphCopy *c, const Node *from, Node *to)
{
    to->weight =
        from->spectral_u >= 0 ? copy_divided(c, from) : copy_parameter(c, from->weight, NULL);
    to->bias = copy_parameter(c, from->bias, NULL);
    to->steps = copy_buffer(c, from->steps);
    to->running_mean = copy_buffer(c, from->running_mean);
    to->running_variance = copy_buffer(c, from->running_variance);
    to->batches = copy_buffer(c, from->batches);
    to->projection = copy_parameter(c, from->projection, NULL);
    to->projection_bias = copy_parameter(c, from->projection_bias, NULL);
    to->table = copy_parameter(c, from->table, NULL);
}

Node *graph_copy_node(GraphCopy *c, const Node *n)
{
    Node *inputs[NODE_MOST_INPUTS];
    for (int i = 0; i < n->input_count; i++)
        inputs[i] = c->nodes[n->inputs[i]->index];
    Node *copy = graph_add(c->to, n->operation, n->name, inputs, n->input_count);
    if (!copy)
        return NULL;
    copy->channels = n->channels;
    copy->kernel = n->kernel;
    copy->stride = n->stride;
    copy->padding = n->padding;
    copy->factor = n->factor;
    copy->first = n->first;
    copy->ceil_mode = n->ceil_mode;
    copy->value = n->value;
    copy->shift = n->shift;
    memcpy(copy->mean, n->mean, sizeof copy->mean);
    memcpy(copy->deviation, n->deviation, sizeof copy->deviation);
    copy_parameters(c, n, copy);
    return c->nodes[n->index] = copy;
}

Graph *graph_copy_end(GraphCopy *c, Weights **weights)
{
    bool good = !error_pending() && c->from->output;
    if (good)
        graph_output(c->to, c->nodes[c->from->output->index]);
    else {
        graph_free(c->to);
        weights_free(c->made);
    }
    free(c->nodes);
    *weights = good ? c->made : NULL;
    return good ? c->to : NULL;
}

Graph *graph_fold(const Graph *g, const Weights *weights, Weights **folded)
{
    GraphCopy copy = graph_copy_begin(g, weights);
    for (int i = 0; i < g->count; i++)
        graph_copy_node(&copy, g->nodes[i]);
    return graph_copy_end(&copy, folded);
}
