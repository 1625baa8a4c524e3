/* Builder calls: normalisation by statistics of what comes in. */
#include "core/error.h"
#include "nets/layers_parts.h"

/* A layer with one factor and one offset for each channel, 1 and 0 at first. */
static Node *scaled_and_shifted(Graph *g, Operation operation, const char *name, Node *x,
                                double epsilon)
{
    Node *n = graph_add(g, operation, name, &x, 1);
    if (!n)
        return NULL;
    int64_t channels = n->channels;
    n->value = epsilon;
    n->weight = layer_parameter(g, n, "weight", 1, &channels, INITIALISE_CONSTANT, 1);
    n->bias = layer_parameter(g, n, "bias", 1, &channels, INITIALISE_CONSTANT, 0);
    return n;
}

Node *layer_batch_norm(Graph *g, const char *name, Node *x)
{
    Node *n = scaled_and_shifted(g, OPERATION_BATCH_NORM, name, x, 1e-5);
    if (!n)
        return NULL;
    int64_t channels = n->channels;
    n->running_mean = layer_buffer(g, n, "running_mean", 1, &channels, INITIALISE_CONSTANT, 0);
    n->running_variance = layer_buffer(g, n, "running_var", 1, &channels, INITIALISE_CONSTANT, 1);
    n->batches = layer_buffer(g, n, "num_batches_tracked", 0, NULL, INITIALISE_CONSTANT, 0);
    return n;
}

Node *layer_group_norm(Graph *g, const char *name, Node *x, int groups)
{
    Node *n = scaled_and_shifted(g, OPERATION_GROUP_NORM, name, x, 1e-5);
    if (n && x->channels % groups != 0)
        error_set(ERROR_SHAPE, "%s: %d channels in %d groups", n->name, x->channels, groups);
    if (n)
        n->factor = groups;
    return n;
}

Node *layer_layer_norm(Graph *g, const char *name, Node *x, double epsilon)
{
    return scaled_and_shifted(g, OPERATION_LAYER_NORM, name, x, epsilon);
}
