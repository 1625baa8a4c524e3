#include "nets/msrresnet.h"

#include "core/error.h"
#include "nets/layers.h"
#include "nets/recognise.h"

enum { CHANNELS = 3, MOST_FEATURES = 1024, MOST_BLOCKS = 256 };
static const double SLOPE = 0.1, GAIN = 0.1;

static const Field FIELDS[] = {{.name = "features",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(MsrresnetConfig, features),
                                .fallback = "64",
                                .min = 1,
                                .max = MOST_FEATURES,
                                .help = "channels of every hidden layer"},
                               {.name = "blocks",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(MsrresnetConfig, blocks),
                                .fallback = "16",
                                .min = 1,
                                .max = MOST_BLOCKS,
                                .help = "residual blocks"},
                               {0}};

/* All convolutions start small, so that the network starts near the bilinear enlargement. */
static Node *conv(Graph *g, const char *name, Node *x, int channels)
{
    return layer_kaiming(g, layer_conv(g, name, x, channels, 3), GAIN);
}

static Node *block(Graph *g, int index, Node *x, int features)
{
    graph_enter(g, "body.%d", index);
    Node *y = conv(g, "conv2", layer_relu(g, conv(g, "conv1", x, features)), features);
    graph_leave(g);
    return layer_add(g, x, y);
}

static Node *enlarge(Graph *g, const char *name, Node *x, int features, int factor)
{
    x = layer_pixel_shuffle(g, conv(g, name, x, features * factor * factor), factor);
    return layer_leaky_relu(g, x, SLOPE);
}

/* image (N,3,H,W) in 0..1 -> (N,3,sH,sW), not clamped. */
static Graph *build(const void *config, int scale)
{
    const MsrresnetConfig *c = config;
    int features = (int)c->features;
    if (scale < 2 || scale > 4) {
        error_set(ERROR_CONFIG, "msrresnet: cannot enlarge by %d, only by 2, 3 and 4", scale);
        return NULL;
    }
    Graph *g = graph_new();
    Node *image = layer_input(g, CHANNELS);
    Node *x = layer_leaky_relu(g, conv(g, "conv_first", image, features), SLOPE);
    for (int i = 0; i < c->blocks; i++)
        x = block(g, i, x, features);
    x = enlarge(g, "upconv1", x, features, scale == 3 ? 3 : 2);
    if (scale == 4)
        x = enlarge(g, "upconv2", x, features, 2);
    x = layer_leaky_relu(g, conv(g, "conv_hr", x, features), SLOPE);
    layer_add(g, conv(g, "conv_last", x, CHANNELS), layer_bilinear(g, image, scale));
    return graph_finish(g);
}

static bool recognise(const Weights *weights, void *config, int *scale)
{
    MsrresnetConfig *c = config;
    const Weight *first = recognise_conv(weights, "conv_first.weight", CHANNELS, 3);
    int64_t features = first ? first->shape[0] : 0;
    const Weight *up = recognise_conv(weights, "upconv1.weight", features, 3);
    if (!first || !up || !recognise_conv(weights, "conv_hr.weight", features, 3) ||
        !recognise_conv(weights, "conv_last.weight", features, 3))
        return false;
    c->features = features;
    c->blocks = recognise_count(weights, "body.", ".conv1.weight", MOST_BLOCKS);
    *scale = recognise_factor(up->shape[0], features);
    if (recognise_conv(weights, "upconv2.weight", features, 3))
        *scale *= 2;
    return *scale >= 2 && *scale <= 4 && features <= MOST_FEATURES && c->blocks > 0;
}

const Architecture MSRRESNET = {.name = "msrresnet",
                                .title = "MSRResNet (SRResNet without normalisation)",
                                .kind = KIND_GENERATOR,
                                .fields = FIELDS,
                                .config_bytes = sizeof(MsrresnetConfig),
                                .build = build,
                                .recognise = recognise};
