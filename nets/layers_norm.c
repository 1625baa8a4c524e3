/* Builder calls: normalisation by statistics of what comes in. */
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
