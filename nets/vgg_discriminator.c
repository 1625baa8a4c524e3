#include "nets/vgg_discriminator.h"

#include <stdio.h>

#include "core/error.h"
#include "nets/layers.h"

enum { MOST_FEATURES = 512, LEAST_SIZE = 16, MOST_SIZE = 1024, LAST_SIDE = 4, HIDDEN = 100 };

static const Field FIELDS[] = {{.name = "features",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(VggDiscriminatorConfig, features),
                                .fallback = "64",
                                .min = 1,
                                .max = MOST_FEATURES,
                                .help = "channels of the first layer"},
                               {.name = "size",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(VggDiscriminatorConfig, size),
                                .fallback = "128",
                                .min = LEAST_SIZE,
                                .max = MOST_SIZE,
                                .help = "height and width of its pictures, a power of two"},
                               {0}};

static Node *normalised(Graph *g, int stage, int part, Node *x, int channels, ConvOptions options)
{
    char conv[32], norm[32];
    snprintf(conv, sizeof conv, "conv%d_%d", stage, part);
    snprintf(norm, sizeof norm, "bn%d_%d", stage, part);
    x = layer_conv_general(g, conv, x, channels, options);
    return layer_leaky_relu(g, layer_batch_norm(g, norm, x), 0.2);
}

/* Two convolutions, the second of which halves the picture. */
static Node *stage(Graph *g, int number, Node *x, int channels)
{
    ConvOptions same = {.kernel = 3, .stride = 1, .padding = 1};
    ConvOptions half = {.kernel = 4, .stride = 2, .padding = 1};
    x = number == 0 ? layer_leaky_relu(g, layer_conv(g, "conv0_0", x, channels, 3), 0.2)
                    : normalised(g, number, 0, x, channels, same);
    x = normalised(g, number, 1, x, channels, half);
    graph_tap(g, x);
    return x;
}

/* image (N,3,size,size) in 0..1 -> logits (N,1,1,1). Tapped: the result of every stage. */
static Graph *build(const void *config, int scale)
{
    (void)scale;
    const VggDiscriminatorConfig *c = config;
    int features = (int)c->features;
    if (c->size & (c->size - 1)) {
        error_set(ERROR_CONFIG, "size: %d is no power of two", (int)c->size);
        return NULL;
    }
    Graph *g = graph_new();
    g->input_size = (int)c->size;
    Node *x = layer_input(g, 3);
    int number = 0;
    for (int side = (int)c->size; side > LAST_SIDE; side /= 2, number++)
        x = stage(g, number, x, features << (number < 3 ? number : 3));
    x = layer_leaky_relu(g, layer_linear(g, "linear1", x, HIDDEN, LAST_SIDE), 0.2);
    graph_output(g, layer_linear(g, "linear2", x, 1, 1));
    if (error_pending()) {
        graph_free(g);
        return NULL;
    }
    return g;
}

static bool recognise(const Weights *weights, void *config, int *scale)
{
    const Weight *first = weights_find(weights, "conv0_0.weight");
    const Weight *last = weights_find(weights, "linear2.weight");
    if (!first || !last || !weights_find(weights, "bn0_1.running_mean") || first->rank != 4 ||
        last->rank != 2 || last->shape[1] != HIDDEN)
        return false;
    int64_t size = LAST_SIDE;
    char key[32] = "conv0_1.weight";
    for (int i = 1; size <= MOST_SIZE && weights_find(weights, key); i++, size *= 2)
        snprintf(key, sizeof key, "conv%d_1.weight", i);
    *(VggDiscriminatorConfig *)config = (VggDiscriminatorConfig){first->shape[0], size};
    *scale = 1;
    return first->shape[0] >= 1 && first->shape[0] <= MOST_FEATURES && size >= LEAST_SIZE &&
           size <= MOST_SIZE;
}

const Architecture VGG_DISCRIMINATOR = {.name = "vgg",
                                        .title = "VGGStyleDiscriminator (ESRGAN)",
                                        .kind = KIND_DISCRIMINATOR,
                                        .fields = FIELDS,
                                        .config_bytes = sizeof(VggDiscriminatorConfig),
                                        .build = build,
                                        .recognise = recognise};
