#include "nets/fused/memory.h"

#include <stdlib.h>

#include "core/memory.h"
#include "nets/fused/gradients.h"
#include "nets/network_nodes.h"

static int64_t weight_count(const Node *n)
{
    return (int64_t)n->channels * n->inputs[0]->channels * n->kernel * n->kernel;
}

static int64_t packed_bytes(const FusedPlan *p, const Node *n, ConvDirection direction)
{
    ConvShape shape = network_conv_shape(n);
    Conv *conv = conv_new(&shape, p->types[n->index], CONV_AUTO);
    int64_t bytes = conv ? (int64_t)conv_packed_bytes(conv, direction) : 0;
    conv_free(conv);
    return bytes;
}

/* The largest convolution's: they are packed one at a time. */
static int64_t most_packed_bytes(const FusedPlan *p, ConvDirection direction)
{
    const Node *largest = NULL;
    for (int k = 0; k < p->step_count; k++) {
        const Node *n = p->steps[k].node;
        if (n->operation == OPERATION_CONV && (!largest || weight_count(n) > weight_count(largest)))
            largest = n;
    }
    return largest ? packed_bytes(p, largest, direction) : 0;
}

static int64_t value_count(const ParameterUse *use)
{
    const Node *n = use->node;
    return use->is_bias || n->operation != OPERATION_CONV ? n->channels : weight_count(n);
}

/* Gradients of all parameters. */
static int64_t gradient_bytes(const FusedPlan *p)
{
    int64_t values = 0;
    for (int i = 0; i < p->parameter_count; i++)
        values += value_count(&p->parameters[i]);
    return values * (int64_t)sizeof(float);
}

/* Weights that are made of others: of composed ones autograd keeps a product of twice as many
 * channels too. */
static int64_t made_bytes(const FusedPlan *p)
{
    int64_t values = 0;
    for (int i = 0; i < p->parameter_count; i++) {
        const Node *n = p->parameters[i].node;
        if (n->operation == OPERATION_CONV && n->parts[0] >= 0)
            values += (p->form.learns ? 3 : 1) * value_count(&p->parameters[i]);
        else if (n->operation == OPERATION_CONV && n->spectral_u >= 0)
            values += value_count(&p->parameters[i]);
    }
    return values * (int64_t)sizeof(float);
}

static const WayBack *way_back(FusedPlan *p, const bool *wanted)
{
    bool *inputs = memory_array((size_t)p->input_count + 1, sizeof *inputs);
    bool *parameters = memory_array((size_t)p->parameter_count + 1, sizeof *parameters);
    bool *outputs = memory_array((size_t)p->output_count + 1, sizeof *outputs);
    for (int i = 0; i < p->input_count; i++)
        inputs[i] = wanted[p->inputs[i]];
    for (int i = 0; i < p->parameter_count; i++)
        parameters[i] = p->form.learns;
    for (int i = 0; i < p->output_count; i++)
        outputs[i] = wanted[p->outputs[i]];
    WayForm form = {inputs, parameters, outputs};
    const WayBack *way = plan_way_back(p, &form);
    free(inputs);
    free(parameters);
    free(outputs);
    return way;
}

int fused_memory(const Graph *g, const FusedForm *form, const bool *visible,
                 const TensorType *types, const bool *wanted, FusedMemory *memory)
{
    FusedPlan *p = plan_new(g, form, visible, types);
    *memory = (FusedMemory){0};
    if (!p)
        return -1;
    memory->kept = (int64_t)p->kept_bytes + made_bytes(p);
    memory->forward = (int64_t)p->passing_bytes + most_packed_bytes(p, CONV_FORWARD);
    if (form->records)
        memory->backward = (int64_t)way_back(p, wanted)->bytes + most_packed_bytes(p, CONV_DATA) +
                           (form->learns ? gradient_bytes(p) : 0);
    plan_free(p);
    return 0;
}
