#include "losses/perceptual.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/features.h"

struct Perceptual {
    Graph *graph;
    Network *network;
};

static const double LAYER_WEIGHTS[VGG19_TAPS] = {0.1, 0.1, 1, 1, 1};

Perceptual *perceptual_open(const char *path, Precision precision)
{
    Perceptual *p = memory_new(sizeof *p);
    Weights *weights = weights_read(path);
    p->graph = weights ? vgg19_graph() : NULL;
    if (p->graph && graph_check_weights(p->graph, weights, path) == 0)
        p->network = network_new(p->graph, weights, precision);
    weights_free(weights);
    if (p->network)
        return p;
    perceptual_close(p);
    return NULL;
}

void perceptual_close(Perceptual *p)
{
    if (!p)
        return;
    network_free(p->network);
    graph_free(p->graph);
    free(p);
}

Tensor *loss_perceptual(Perceptual *p, Tensor *sr, Tensor *hr, double share)
{
    Tensor *sr_taps[VGG19_TAPS], *hr_taps[VGG19_TAPS], *loss = NULL;
    tensor_no_grad_begin();
    network_forward(p->network, hr, FORWARD_FROZEN, hr_taps);
    tensor_no_grad_end();
    network_forward(p->network, sr, FORWARD_FROZEN, sr_taps);
    if (error_pending())
        return NULL;
    for (int i = 0; i < VGG19_TAPS; i++) {
        Tensor *distance = tensor_mean(tensor_absolute(tensor_subtract(sr_taps[i], hr_taps[i])));
        Tensor *term = tensor_affine(distance, LAYER_WEIGHTS[i] * share, 0);
        loss = loss ? tensor_add(loss, term) : term;
    }
    return loss;
}
