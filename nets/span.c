#include "nets/span.h"

#include "nets/compose.h"
#include "nets/layers.h"
#include "nets/recognise.h"

enum { CHANNELS = 3, MOST_FEATURES = 1024, BLOCKS = 6, RANGE = 255, GAIN = 2 };

static const Field FIELDS[] = {{.name = "features",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(SpanConfig, features),
                                .fallback = "48",
                                .min = 1,
                                .max = MOST_FEATURES,
                                .help = "channels of every hidden layer"},
                               {.name = "norm",
                                .kind = FIELD_FLAG,
                                .offset = offsetof(SpanConfig, norm),
                                .fallback = "true",
                                .help = "take DIV2K's mean colour off the input and multiply by "
                                        "255"},
                               {0}};

static Node *conv(Graph *g, const char *name, Node *x, int features)
{
    return layer_conv_composed(g, name, x, features, 3, GAIN);
}

/* (y + x) (sigmoid(y) - 1/2), y three convolutions after x. `first`: the first one's activation. */
static Node *block(Graph *g, int index, Node *x, int features, Node **first)
{
    graph_enter(g, "block_%d", index);
    *first = layer_silu(g, conv(g, "c1_r", x, features));
    Node *y = layer_silu(g, conv(g, "c2_r", *first, features));
    y = conv(g, "c3_r", y, features);
    graph_leave(g);
    Node *gate = layer_affine(g, layer_sigmoid(g, y), 1, -0.5);
    return layer_multiply(g, layer_add(g, y, x), gate);
}

/* Marks a network without normalisation in published files. */
static void add_no_norm(Graph *g)
{
    int index = graph_parameter(g, "", "no_norm", 1, (int64_t[]){1});
    g->parameters[index].trained = false;
    g->parameters[index].initialisation = INITIALISE_CONSTANT;
}

/* image (N,3,H,W) in 0..1 -> (N,3,sH,sW), not clamped. */
static Graph *build(const void *config, int scale)
{
    const SpanConfig *c = config;
    int features = (int)c->features;
    Graph *g = graph_new();
    Node *x = layer_input(g, CHANNELS), *outputs[BLOCKS], *first = NULL;
    if (c->norm)
        x = layer_centre(g, x, RANGE);
    else
        add_no_norm(g);
    Node *beginning = conv(g, "conv_1", x, features);
    x = beginning;
    for (int i = 0; i < BLOCKS; i++)
        outputs[i] = x = block(g, i + 1, x, features, &first);
    /* The published code names its third part the fifth block's, but it is the sixth's first
     * activation: that one overwrites the convolution's result. */
    Node *parts[] = {beginning, conv(g, "conv_2", x, features), outputs[0], first};
    x = layer_conv(g, "conv_cat", layer_concat(g, parts, 4), features, 1);
    x = layer_conv(g, "upsampler.0", x, CHANNELS * scale * scale, 3);
    layer_pixel_shuffle(g, x, scale);
    return graph_finish(g);
}

static bool recognise(const Weights *weights, void *config, int *scale)
{
    SpanConfig *c = config;
    const Weight *beside = recognise_conv(weights, "conv_1.sk.weight", CHANNELS, 1);
    const Weight *cat = recognise_conv(weights, "conv_cat.weight", 0, 1);
    const Weight *up = recognise_conv(weights, "upsampler.0.weight", 0, 3);
    if (!beside || !cat || !up || !weights_find(weights, "block_6.c3_r.conv.1.weight"))
        return false;
    c->features = beside->shape[0];
    c->norm = weights_find(weights, "no_norm") == NULL;
    *scale = recognise_factor(up->shape[0], CHANNELS);
    return *scale > 0 && c->features <= MOST_FEATURES;
}

const Architecture SPAN = {.name = "span",
                           .title = "SPAN",
                           .kind = KIND_GENERATOR,
                           .fields = FIELDS,
                           .config_bytes = sizeof(SpanConfig),
                           .build = build,
                           .recognise = recognise};
