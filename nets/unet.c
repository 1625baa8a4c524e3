#include "nets/unet.h"

#include "core/error.h"
#include "nets/layers.h"

enum { MOST_FEATURES = 512 };

static const Field FIELDS[] = {{.name = "features",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(UnetConfig, features),
                                .fallback = "64",
                                .min = 1,
                                .max = MOST_FEATURES,
                                .help = "channels of the first layer"},
                               {.name = "skip",
                                .kind = FIELD_FLAG,
                                .offset = offsetof(UnetConfig, skip),
                                .fallback = "true",
                                .help = "add the way down to the way up"},
                               {0}};

/* Spectral norm, no bias, leaky ReLU after it. */
static Node *block(Graph *g, const char *name, Node *x, int channels, int kernel, int stride)
{
    ConvOptions options = {.kernel = kernel, .stride = stride, .padding = 1, .spectral = true};
    return layer_leaky_relu(g, layer_conv_general(g, name, x, channels, options), 0.2);
}

static Node *up(Graph *g, const char *name, Node *x, Node *beside, int channels, bool skip)
{
    x = block(g, name, layer_bilinear(g, x, 2), channels, 3, 1);
    return skip ? layer_add(g, x, beside) : x;
}

/* image (N,3,H,W) in 0..1, H and W multiples of 8 -> logits (N,1,H,W). */
static Graph *build(const void *config, int scale)
{
    (void)scale;
    const UnetConfig *c = config;
    int f = (int)c->features;
    Graph *g = graph_new();
    Node *x0 = layer_leaky_relu(g, layer_conv(g, "conv0", layer_input(g, 3), f, 3), 0.2);
    Node *x1 = block(g, "conv1", x0, 2 * f, 4, 2);
    Node *x2 = block(g, "conv2", x1, 4 * f, 4, 2);
    Node *x3 = block(g, "conv3", x2, 8 * f, 4, 2);
    Node *x = up(g, "conv4", x3, x2, 4 * f, c->skip);
    x = up(g, "conv5", x, x1, 2 * f, c->skip);
    x = up(g, "conv6", x, x0, f, c->skip);
    x = block(g, "conv7", x, f, 3, 1);
    x = block(g, "conv8", x, f, 3, 1);
    graph_output(g, layer_conv(g, "conv9", x, 1, 3));
    Node *taps[UNET_TAPS] = {x0, x1, x2, x3};
    for (int i = 0; i < UNET_TAPS; i++)
        graph_tap(g, taps[i]);
    return graph_finish(g);
}

static bool recognise(const Weights *weights, void *config, int *scale)
{
    const Weight *first = weights_find(weights, "conv0.weight");
    const Weight *last = weights_find(weights, "conv9.weight");
    if (!first || !last || !weights_find(weights, "conv1.weight_orig") || first->rank != 4 ||
        last->rank != 4 || first->shape[0] != last->shape[1])
        return false;
    *(UnetConfig *)config = (UnetConfig){.features = first->shape[0], .skip = true};
    *scale = 1;
    return first->shape[0] >= 1 && first->shape[0] <= MOST_FEATURES;
}

const Architecture UNET = {.name = "unet",
                           .title = "UNetDiscriminatorSN (Real-ESRGAN)",
                           .kind = KIND_DISCRIMINATOR,
                           .fields = FIELDS,
                           .config_bytes = sizeof(UnetConfig),
                           .build = build,
                           .recognise = recognise};
