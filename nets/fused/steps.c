/* Which nodes are computed as one:
 *
 *     conv + relu | leaky_relu | prelu           in the convolution's last pass over its result
 *     conv + add                                 the same, where only the sum reads the result
 *     conv + relu | leaky_relu | prelu + add     the same, where nothing will go back through it
 *
 * All other nodes are steps by themselves. Concatenations and slices often cost nothing: places.c
 */
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/fused/plan.h"

bool fused_knows(const Node *n)
{
    switch (n->operation) {
    case OPERATION_INPUT:
    case OPERATION_CONV:
    case OPERATION_PRELU:
    case OPERATION_LEAKY_RELU:
    case OPERATION_RELU:
    case OPERATION_SILU:
    case OPERATION_SIGMOID:
    case OPERATION_MISH:
    case OPERATION_GELU:
    case OPERATION_ADD:
    case OPERATION_MULTIPLY:
    case OPERATION_AFFINE:
    case OPERATION_CONCAT:
    case OPERATION_SLICE:
    case OPERATION_REPEAT:
    case OPERATION_PIXEL_SHUFFLE:
    case OPERATION_PIXEL_UNSHUFFLE:
    case OPERATION_NEAREST:
    case OPERATION_BILINEAR:
    case OPERATION_MAX_POOL:
        return true;
    case OPERATION_NORMALISE:
        return n->channels <= 4;
    case OPERATION_QUANTISE:
    case OPERATION_BATCH_NORM:
    case OPERATION_GROUP_NORM:
    case OPERATION_LAYER_NORM:
    case OPERATION_PAD_TO_MULTIPLE:
    case OPERATION_CROP:
    case OPERATION_WINDOW_ATTENTION:
        return false;
    }
    return false;
}

ActivationSetting plan_activation(const Node *n, const float *slopes)
{
    ActivationSetting a = {ACTIVATION_NONE, 0, NULL};
    if (!n)
        return a;
    switch ((int)n->operation) {
    case OPERATION_RELU:
        a.kind = ACTIVATION_RELU;
        break;
    case OPERATION_LEAKY_RELU:
        a.kind = ACTIVATION_LEAKY_RELU;
        a.slope = (float)n->value;
        break;
    case OPERATION_PRELU:
        a.kind = ACTIVATION_PRELU;
        a.slopes = slopes;
        break;
    case OPERATION_SILU:
        a.kind = ACTIVATION_SILU;
        break;
    case OPERATION_SIGMOID:
        a.kind = ACTIVATION_SIGMOID;
        break;
    case OPERATION_MISH:
        a.kind = ACTIVATION_MISH;
        break;
    case OPERATION_GELU:
        a.kind = ACTIVATION_GELU;
        break;
    default:
        break;
    }
    return a;
}

static TensorType type_after(const FusedPlan *p, const Node *n)
{
    TensorType type = p->types[n->inputs[0]->index];
    switch ((int)n->operation) {
    case OPERATION_CONV:
        return p->form.precision == PRECISION_BF16 ? TENSOR_BF16 : TENSOR_FLOAT;
    case OPERATION_NORMALISE:
        return TENSOR_FLOAT;
    case OPERATION_ADD:
    case OPERATION_MULTIPLY:
    case OPERATION_CONCAT:
        for (int k = 1; k < n->input_count; k++)
            if (p->types[n->inputs[k]->index] == TENSOR_FLOAT)
                type = TENSOR_FLOAT;
        return type;
    default:
        return type;
    }
}

/* Nodes of the plan whose results somebody reads. */
static bool *find_used(const FusedPlan *p)
{
    bool *used = memory_array((size_t)p->graph->count + 1, sizeof *used);
    for (int i = p->form.end - 1; i >= p->form.first; i--) {
        const Node *n = p->graph->nodes[i];
        used[i] = used[i] || p->visible[i];
        for (int k = 0; used[i] && k < n->input_count; k++)
            used[n->inputs[k]->index] = true;
    }
    return used;
}

/* The first node of the plan behind `n` that reads it and is still free; NULL if there is none. */
static const Node *reader_of(const FusedPlan *p, const Node *n, const bool *free_nodes,
                             bool (*fits)(const FusedPlan *p, const Node *reader, const Node *n))
{
    for (int i = n->index + 1; i < p->form.end && i <= n->last_use; i++) {
        const Node *reader = p->graph->nodes[i];
        if (free_nodes[i] && fits(p, reader, n))
            return reader;
    }
    return NULL;
}

static bool can_activate(const FusedPlan *p, const Node *reader, const Node *n)
{
    if (reader->inputs[0] != n)
        return false;
    return reader->operation == OPERATION_RELU || reader->operation == OPERATION_PRELU ||
           (reader->operation == OPERATION_LEAKY_RELU && (!p->form.records || reader->value > 0));
}

/* The other summand. */
static const Node *base_of(const Node *sum, const Node *n)
{
    return sum->inputs[0] == n ? sum->inputs[1] : sum->inputs[0];
}

static bool can_sum(const FusedPlan *p, const Node *reader, const Node *n)
{
    (void)p;
    return reader->operation == OPERATION_ADD && reader->inputs[0] != reader->inputs[1] &&
           (reader->inputs[1] == n || (reader->inputs[0] == n && reader->value == 1));
}

static void fuse(const FusedPlan *p, Step *s, bool *free_nodes)
{
    const Node *conv = s->node;
    s->activation = reader_of(p, conv, free_nodes, can_activate);
    if (s->activation)
        free_nodes[s->activation->index] = false;
    s->result = s->activation ? s->activation : conv;
    if (s->result->readers != 1 || p->visible[s->result->index] ||
        (s->activation && p->form.records))
        return;
    const Node *sum = reader_of(p, s->result, free_nodes, can_sum);
    if (!sum || base_of(sum, s->result)->index > conv->index)
        return;
    s->sum = sum;
    s->base = base_of(sum, s->result);
    s->scale = sum->inputs[1] == s->result ? sum->value : 1;
    s->result = sum;
    free_nodes[sum->index] = false;
}

static int use_parameter(FusedPlan *p, const Node *n, bool is_bias)
{
    p->parameters[p->parameter_count] = (ParameterUse){n, is_bias};
    return p->parameter_count++;
}

static void add_step(FusedPlan *p, const Node *n, bool *free_nodes)
{
    Step *s = &p->steps[p->step_count++];
    *s = (Step){.node = n, .result = n, .weight = -1, .bias = -1, .slopes = -1, .scale = 1};
    if (n->operation == OPERATION_CONV) {
        s->weight = use_parameter(p, n, false);
        s->bias = n->bias >= 0 ? use_parameter(p, n, true) : -1;
        fuse(p, s, free_nodes);
    }
    const Node *slopes = s->activation ? s->activation : n;
    if (slopes->operation == OPERATION_PRELU)
        s->slopes = use_parameter(p, slopes, false);
    p->makers[s->result->index] = s;
}

static void add_input(FusedPlan *p, const Node *n, bool *seen)
{
    if (!seen[n->index])
        p->inputs[p->input_count++] = n->index;
    seen[n->index] = true;
}

void plan_steps(FusedPlan *p)
{
    const Graph *g = p->graph;
    size_t room = (size_t)g->count + 1;
    bool *used = find_used(p), *free_nodes = memory_array(room, sizeof *free_nodes);
    bool *seen = memory_array(room, sizeof *seen);
    for (int i = p->form.first; i < p->form.end; i++)
        free_nodes[i] = used[i];
    for (int i = 0; i < p->form.end; i++) {
        const Node *n = g->nodes[i];
        if (!used[i])
            continue;
        if (i < p->form.first || n->operation == OPERATION_INPUT) {
            add_input(p, n, seen);
            continue;
        }
        p->types[i] = type_after(p, n);
        if (free_nodes[i])
            add_step(p, n, free_nodes);
    }
    free(used);
    free(free_nodes);
    free(seen);
}
