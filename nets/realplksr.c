#include "nets/realplksr.h"

#include <stdio.h>

#include "core/error.h"
#include "nets/layers.h"
#include "nets/recognise.h"

enum { CHANNELS = 3, MOST_FEATURES = 1024, MOST_BLOCKS = 256, MOST_KERNEL = 63, GROUPS = 4 };
static const double DEVIATION = 0.02, LAYER_EPSILON = 1e-6;

static const Field FIELDS[] = {
    {.name = "features",
     .kind = FIELD_INTEGER,
     .offset = offsetof(RealplksrConfig, features),
     .fallback = "64",
     .min = 4,
     .max = MOST_FEATURES,
     .help = "channels"},
    {.name = "blocks",
     .kind = FIELD_INTEGER,
     .offset = offsetof(RealplksrConfig, blocks),
     .fallback = "28",
     .min = 1,
     .max = MOST_BLOCKS,
     .help = "blocks; 12 for the tiny network"},
    {.name = "kernel",
     .kind = FIELD_INTEGER,
     .offset = offsetof(RealplksrConfig, kernel),
     .fallback = "17",
     .min = 1,
     .max = MOST_KERNEL,
     .help = "edge of the large kernel, odd; 13 for the tiny network"},
    {.name = "large",
     .kind = FIELD_INTEGER,
     .offset = offsetof(RealplksrConfig, large),
     .fallback = "0",
     .min = 0,
     .max = MOST_FEATURES,
     .help = "channels that the large kernel mixes; 0: a quarter"},
    {.name = "attention",
     .kind = FIELD_FLAG,
     .offset = offsetof(RealplksrConfig, attention),
     .fallback = "true",
     .help = "attention by elements; false for the tiny network"},
    {.name = "norm",
     .kind = FIELD_CHOICE,
     .offset = offsetof(RealplksrConfig, norm),
     .fallback = "layer",
     .choices = "group|layer",
     .help = "group: over the picture, as in neosr; layer: for every pixel, as in traiNNer-redux"},
    {0}};

static Node *conv(Graph *g, const char *name, Node *x, int channels, int kernel)
{
    ConvOptions options = {
        .kernel = kernel, .stride = 1, .padding = kernel / 2, .bias = true, .deviation = DEVIATION};
    return layer_conv_general(g, name, x, channels, options);
}

/* The large kernel on the first channels; the others go on as they are. */
static Node *large_kernel(Graph *g, const RealplksrConfig *c, Node *x)
{
    int features = (int)c->features, large = (int)(c->large ? c->large : c->features / 4);
    Node *y = conv(g, "lk.conv", layer_slice(g, x, 0, large), large, (int)c->kernel);
    if (large == features)
        return y;
    return layer_concat(g, (Node *[]){y, layer_slice(g, x, large, features - large)}, 2);
}

static Node *block(Graph *g, const RealplksrConfig *c, int index, Node *x)
{
    int features = (int)c->features;
    graph_enter(g, "feats.%d", index);
    Node *y = c->norm == REALPLKSR_LAYER ? layer_layer_norm(g, "layer_norm", x, LAYER_EPSILON) : x;
    y = layer_mish(g, layer_conv(g, "channel_mixer.0", y, 2 * features, 3));
    y = large_kernel(g, c, conv(g, "channel_mixer.2", y, features, 3));
    if (c->attention)
        y = layer_multiply(g, y, layer_sigmoid(g, conv(g, "attn.f.0", y, features, 3)));
    y = conv(g, "refine", y, features, 1);
    if (c->norm == REALPLKSR_GROUP)
        y = layer_group_norm(g, "norm", y, GROUPS);
    graph_leave(g);
    return layer_add(g, y, x);
}

/* image (N,3,H,W) in 0..1 -> (N,3,sH,sW), not clamped. */
static Graph *build(const void *config, int scale)
{
    const RealplksrConfig *c = config;
    if (c->kernel % 2 == 0 || c->large > c->features) {
        error_set(ERROR_CONFIG, c->kernel % 2 ? "large: more than features" : "kernel: not odd");
        return NULL;
    }
    Graph *g = graph_new();
    Node *image = layer_input(g, CHANNELS);
    Node *x = conv(g, "feats.0", image, (int)c->features, 3);
    for (int i = 1; i <= c->blocks; i++)
        x = block(g, c, i, x);
    char last[32]; /* behind a dropout, which has a number but no keys */
    snprintf(last, sizeof last, "feats.%d", (int)c->blocks + 2);
    x = conv(g, last, x, CHANNELS * scale * scale, 3);
    x = layer_add(g, x, layer_repeat(g, image, scale * scale));
    graph_output(g, layer_pixel_shuffle(g, x, scale));
    return graph_finish(g);
}

static bool recognise(const Weights *weights, void *config, int *scale)
{
    RealplksrConfig *c = config;
    const Weight *first = recognise_conv(weights, "feats.0.weight", CHANNELS, 3);
    const Weight *large = weights_find(weights, "feats.1.lk.conv.weight");
    if (!first || !large || large->rank != 4 || weights_find(weights, "to_img.init_pos") ||
        !recognise_conv(weights, "feats.1.channel_mixer.0.weight", first->shape[0], 3))
        return false;
    *c = (RealplksrConfig){.features = first->shape[0],
                           .kernel = large->shape[2],
                           .large = large->shape[0],
                           .attention = weights_find(weights, "feats.1.attn.f.0.weight") != NULL,
                           .norm = weights_find(weights, "feats.1.layer_norm.weight")
                                       ? REALPLKSR_LAYER
                                       : REALPLKSR_GROUP};
    c->large = c->large * 4 == c->features ? 0 : c->large;
    char key[64];
    do
        snprintf(key, sizeof key, "feats.%d.refine.weight", (int)++c->blocks);
    while (c->blocks <= MOST_BLOCKS && weights_find(weights, key));
    c->blocks--;
    snprintf(key, sizeof key, "feats.%d.weight", (int)c->blocks + 2);
    const Weight *last = recognise_conv(weights, key, c->features, 3);
    *scale = last ? recognise_factor(last->shape[0], CHANNELS) : 0;
    return *scale > 0 && c->features <= MOST_FEATURES && c->kernel % 2 == 1 &&
           c->kernel <= MOST_KERNEL && c->blocks > 0 && c->large <= c->features;
}

const Architecture REALPLKSR = {.name = "realplksr",
                                .title = "RealPLKSR",
                                .kind = KIND_GENERATOR,
                                .fields = FIELDS,
                                .config_bytes = sizeof(RealplksrConfig),
                                .build = build,
                                .recognise = recognise};
