#include "nets/patch.h"

#include <stdio.h>

#include "core/error.h"
#include "nets/layers.h"

enum { MOST_FEATURES = 512, MOST_LAYERS = 6, MOST_WIDENING = 8 };

static const Field FIELDS[] = {{.name = "features",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(PatchConfig, features),
                                .fallback = "64",
                                .min = 1,
                                .max = MOST_FEATURES,
                                .help = "channels of the first layer"},
                               {.name = "layers",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(PatchConfig, layers),
                                .fallback = "3",
                                .min = 1,
                                .max = MOST_LAYERS,
                                .help = "layers that halve the picture"},
                               {.name = "norm",
                                .kind = FIELD_CHOICE,
                                .offset = offsetof(PatchConfig, norm),
                                .fallback = "spectral",
                                .choices = "spectral|batch",
                                .help = "what keeps its layers in bounds"},
                               {0}};

/* The key of module i of the published nn.Sequential. */
static const char *module(int i)
{
    static _Thread_local char name[24];
    snprintf(name, sizeof name, "model.%d", i);
    return name;
}

static Node *conv(Graph *g, const PatchConfig *c, int i, Node *x, int channels, int stride,
                  bool bias)
{
    ConvOptions options = {.kernel = 4,
                           .stride = stride,
                           .padding = 1,
                           .bias = bias,
                           .spectral = c->norm == PATCH_SPECTRAL};
    return layer_conv_general(g, module(i), x, channels, options);
}

static Node *activate(Graph *g, Node *x)
{
    x = layer_leaky_relu(g, x, 0.2);
    graph_tap(g, x);
    return x;
}

/* image (N,3,H,W) in 0..1 -> logits (N,1,H',W'), for 3 layers H' = H / 8 - 2. Tapped: the result of
 * every activation. Batch norm stands between convolution and activation; with spectral norm the
 * module in its place does nothing, and has no keys. */
static Graph *build(const void *config, int scale)
{
    (void)scale;
    const PatchConfig *c = config;
    int features = (int)c->features, layers = (int)c->layers;
    bool batch = c->norm == PATCH_BATCH;
    Graph *g = graph_new();
    Node *x = activate(g, conv(g, c, 0, layer_input(g, 3), features, 2, true));
    for (int i = 1; i <= layers; i++) {
        int widening = 1 << i < MOST_WIDENING ? 1 << i : MOST_WIDENING;
        x = conv(g, c, 3 * i - 1, x, features * widening, i < layers ? 2 : 1, !batch);
        x = activate(g, batch ? layer_batch_norm(g, module(3 * i), x) : x);
    }
    graph_output(g, conv(g, c, 3 * layers + 2, x, 1, 1, true));
    if (error_pending()) {
        graph_free(g);
        return NULL;
    }
    return g;
}

static bool recognise(const Weights *weights, void *config, int *scale)
{
    bool batch = weights_find(weights, "model.3.running_mean") != NULL;
    const Weight *first = weights_find(weights, batch ? "model.0.weight" : "model.0.weight_orig");
    int layers = 0;
    char key[32];
    do
        snprintf(key, sizeof key, "model.%d.weight%s", 3 * ++layers + 2, batch ? "" : "_orig");
    while (layers < MOST_LAYERS && weights_find(weights, key));
    layers--;
    snprintf(key, sizeof key, "model.%d.bias", 3 * layers + 2);
    const Weight *last = weights_find(weights, key);
    if (!first || first->rank != 4 || first->shape[1] != 3 || layers < 1 || !last ||
        last->rank != 1 || last->shape[0] != 1)
        return false;
    *(PatchConfig *)config = (PatchConfig){.features = first->shape[0],
                                           .layers = layers,
                                           .norm = batch ? PATCH_BATCH : PATCH_SPECTRAL};
    *scale = 1;
    return first->shape[0] >= 1 && first->shape[0] <= MOST_FEATURES;
}

const Architecture PATCH = {.name = "patch",
                            .title = "PatchGAN discriminator (pix2pix, neosr)",
                            .kind = KIND_DISCRIMINATOR,
                            .fields = FIELDS,
                            .config_bytes = sizeof(PatchConfig),
                            .build = build,
                            .recognise = recognise};
