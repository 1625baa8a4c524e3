#include "nets/edsr.h"

#include "core/error.h"
#include "nets/layers.h"
#include "nets/recognise.h"

enum { CHANNELS = 3, MOST_FEATURES = 1024, MOST_BLOCKS = 256, LARGE_FEATURES = 256, RANGE = 255 };
static const double LARGE_RESIDUAL = 0.1;

static const Field FIELDS[] = {{.name = "features",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(EdsrConfig, features),
                                .fallback = "64",
                                .min = 1,
                                .max = MOST_FEATURES,
                                .help = "channels of every hidden layer"},
                               {.name = "blocks",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(EdsrConfig, blocks),
                                .fallback = "16",
                                .min = 1,
                                .max = MOST_BLOCKS,
                                .help = "residual blocks"},
                               {.name = "residual",
                                .kind = FIELD_REAL,
                                .offset = offsetof(EdsrConfig, residual),
                                .fallback = "1",
                                .min = 0,
                                .max = 1,
                                .help = "what each block's result is multiplied by; 0.1 for the "
                                        "large network"},
                               {0}};

static Node *block(Graph *g, int index, Node *x, const EdsrConfig *c)
{
    graph_enter(g, "body.%d", index);
    Node *y = layer_relu(g, layer_conv(g, "conv1", x, (int)c->features, 3));
    y = layer_conv(g, "conv2", y, (int)c->features, 3);
    graph_leave(g);
    return layer_add_scaled(g, x, y, c->residual);
}

/* One convolution and shuffle by 3, or by 2 as often as needed; modules 0, 2, 4 as published. */
static Node *enlarge(Graph *g, Node *x, int scale)
{
    int step = scale == 3 ? 3 : 2;
    char name[] = "upsample.0";
    for (; scale > 1; scale /= step, name[9] = (char)(name[9] + 2)) {
        x = layer_conv(g, name, x, x ? x->channels * step * step : 0, 3);
        x = layer_pixel_shuffle(g, x, step);
    }
    return x;
}

/* image (N,3,H,W) in 0..1 -> (N,3,sH,sW), not clamped. */
static Graph *build(const void *config, int scale)
{
    const EdsrConfig *c = config;
    if (scale != 3 && scale != 1 && scale != 2 && scale != 4 && scale != 8) {
        error_set(ERROR_CONFIG, "edsr: cannot enlarge by %d, only by 1, 2, 3, 4 and 8", scale);
        return NULL;
    }
    Graph *g = graph_new();
    Node *first = layer_conv(g, "conv_first", layer_centre(g, layer_input(g, CHANNELS), RANGE),
                             (int)c->features, 3);
    Node *x = first;
    for (int i = 0; i < c->blocks; i++)
        x = block(g, i, x, c);
    x = layer_add(g, layer_conv(g, "conv_after_body", x, (int)c->features, 3), first);
    x = layer_conv(g, "conv_last", enlarge(g, x, scale), CHANNELS, 3);
    layer_uncentre(g, x, RANGE);
    return graph_finish(g);
}

static bool recognise(const Weights *weights, void *config, int *scale)
{
    EdsrConfig *c = config;
    const Weight *first = recognise_conv(weights, "conv_first.weight", CHANNELS, 3);
    if (!first || !recognise_conv(weights, "conv_after_body.weight", first->shape[0], 3) ||
        !recognise_conv(weights, "conv_last.weight", first->shape[0], 3))
        return false;
    c->features = first->shape[0];
    c->blocks = recognise_count(weights, "body.", ".conv1.weight", MOST_BLOCKS);
    c->residual = c->features == LARGE_FEATURES ? LARGE_RESIDUAL : 1; /* as published */
    *scale = 1;
    for (char key[] = "upsample.0.weight"; key[9] <= '4'; key[9] = (char)(key[9] + 2)) {
        const Weight *w = recognise_conv(weights, key, c->features, 3);
        *scale *= w ? recognise_factor(w->shape[0], c->features) : 1;
    }
    return *scale > 0 && c->features <= MOST_FEATURES && c->blocks > 0;
}

const Architecture EDSR = {.name = "edsr",
                           .title = "EDSR",
                           .kind = KIND_GENERATOR,
                           .fields = FIELDS,
                           .config_bytes = sizeof(EdsrConfig),
                           .build = build,
                           .recognise = recognise};
