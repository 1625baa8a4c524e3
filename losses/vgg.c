#include "losses/vgg.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "losses/charbonnier.h"
#include "losses/l1.h"
#include "losses/mse.h"
#include "nets/weights_catalogue.h"

const VggSetting VGG_REALESRGAN = {{0.1, 0.1, 1, 1, 1}, VGG_L1};
const VggSetting VGG_ESRGAN = {{0, 0, 0, 0, 1}, VGG_L1};

struct Vgg {
    Graph *graph;
    Network *network;
};

Vgg *vgg_open(const char *named, Precision precision)
{
    Vgg *p = memory_new(sizeof *p);
    char *path = weights_require(named, "vgg19") == 0 ? weights_file(named) : NULL;
    Weights *weights = path ? weights_read(path) : NULL;
    p->graph = weights ? vgg19_graph() : NULL;
    if (p->graph && graph_check_weights(p->graph, weights, path) == 0)
        p->network = network_new(p->graph, weights, precision);
    weights_free(weights);
    free(path);
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

static Tensor *distance(VggCriterion criterion, Tensor *sr, Tensor *hr, double weight)
{
    switch (criterion) {
    case VGG_L1:
        return loss_l1(sr, hr, weight);
    case VGG_MSE:
        return loss_mse(sr, hr, weight);
    case VGG_CHARBONNIER:
        break;
    }
    return loss_charbonnier(sr, hr, weight);
}

Tensor *loss_vgg(Vgg *p, const VggSetting *setting, Tensor *sr, Tensor *hr, double share)
{
    Tensor *sr_taps[VGG19_TAPS], *hr_taps[VGG19_TAPS], *loss = NULL;
    tensor_no_grad_begin();
    network_forward(p->network, hr, FORWARD_FROZEN, hr_taps);
    tensor_no_grad_end();
    network_forward(p->network, sr, FORWARD_FROZEN, sr_taps);
    if (error_pending())
        return NULL;
    for (int i = 0; i < VGG19_TAPS; i++) {
        if (setting->layers[i] == 0)
            continue;
        Tensor *term = distance((VggCriterion)setting->criterion, sr_taps[i], hr_taps[i],
                                setting->layers[i] * share);
        loss = loss ? tensor_add(loss, term) : term;
    }
    return loss;
}
