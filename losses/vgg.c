#include "losses/vgg.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/features.h"

struct Vgg {
    Graph *graph;
    Network *network;
};

static const double LAYER_WEIGHTS[VGG19_TAPS] = {0.1, 0.1, 1, 1, 1};

Vgg *vgg_open(const char *path, Precision precision)
{
    Vgg *p = memory_new(sizeof *p);
    Weights *weights = weights_read(path);
    p->graph = weights ? vgg19_graph() : NULL;
    if (p->graph && graph_check_weights(p->graph, weights, path) == 0)
        p->network = network_new(p->graph, weights, precision);
    weights_free(weights);
    if (p->network)
        return p;
    vgg_close(p);
    return NULL;
}

void vgg_close(Vgg *p)
{
    if (!p)
        return;
    network_free(p->network);
    graph_free(p->graph);
    free(p);
}

Tensor *loss_vgg(Vgg *p, Tensor *sr, Tensor *hr, double share)
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
