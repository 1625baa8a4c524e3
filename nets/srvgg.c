#include "nets/srvgg.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "nets/layers.h"
#include "nets/recognise.h"

enum { CHANNELS = 3, MOST_FEATURES = 1024, MOST_CONVS = 256 };
enum { ACTIVATION_PRELU, ACTIVATION_RELU, ACTIVATION_LEAKY_RELU };

static const Field FIELDS[] = {{.name = "features",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(SrvggConfig, features),
                                .fallback = "64",
                                .min = 1,
                                .max = MOST_FEATURES,
                                .help = "channels of every hidden layer"},
                               {.name = "convs",
                                .kind = FIELD_INTEGER,
                                .offset = offsetof(SrvggConfig, convs),
                                .fallback = "16",
                                .min = 0,
                                .max = MOST_CONVS,
                                .help = "hidden convolutions"},
                               {.name = "activation",
                                .kind = FIELD_CHOICE,
                                .offset = offsetof(SrvggConfig, activation),
                                .fallback = "prelu",
                                .choices = "prelu|relu|leaky_relu",
                                .help = "after every convolution"},
                               {0}};

/* The key of module i of the published nn.ModuleList. */
static const char *module(int i)
{
    static _Thread_local char name[16];
    snprintf(name, sizeof name, "body.%d", i);
    return name;
}

/* How much weaker than the image its trace is in front of the last convolution. With 1 every
 * layer keeps the variance (He et al., ICCV 2015), which learns slower: 0.15 dB behind after 2,500
 * steps of 8 convolutions. Too weak a trace may not be found again: PyTorch's default, 0.4 a layer,
 * loses the image over 16 convolutions, which then diverge. */
static const double TRACE = 1e-2, LAST_GAIN = 0.4;

static double hidden_gain(const SrvggConfig *c)
{
    static const double SLOPES[] = {
        [ACTIVATION_PRELU] = 0.25, [ACTIVATION_RELU] = 0, [ACTIVATION_LEAKY_RELU] = 0.1};
    double slope = SLOPES[c->activation];
    return pow(TRACE, 1 / (double)(c->convs + 1)) / sqrt(1 + slope * slope);
}

static Node *activate(Graph *g, const SrvggConfig *c, int i, Node *x)
{
    if (c->activation == ACTIVATION_PRELU)
        return layer_prelu(g, module(i), x);
    return c->activation == ACTIVATION_RELU ? layer_relu(g, x) : layer_leaky_relu(g, x, 0.1);
}

/* image (N,3,H,W) in 0..1 -> (N,3,sH,sW), not clamped. */
static Graph *build(const void *config, int scale)
{
    const SrvggConfig *c = config;
    int features = (int)c->features;
    Graph *g = graph_new();
    Node *image = layer_input(g, CHANNELS);
    Node *x = image;
    for (int i = 0; i <= c->convs; i++) {
        x = layer_gain(g, layer_conv(g, module(2 * i), x, features, 3), hidden_gain(c));
        x = activate(g, c, 2 * i + 1, x);
    }
    x = layer_conv(g, module(2 * (int)c->convs + 2), x, CHANNELS * scale * scale, 3);
    x = layer_gain(g, x, LAST_GAIN);
    x = layer_pixel_shuffle(g, x, scale);
    graph_output(g, layer_add(g, x, layer_nearest(g, image, scale)));
    return graph_finish(g);
}

/* Highest N of keys "body.N.bias" whose array has one extent, or -1. */
static int last_conv(const Weights *weights)
{
    int last = -1;
    for (int i = 0; i < weights->count; i++) {
        int n, used = 0;
        if (sscanf(weights->items[i].key, "body.%4d.bias%n", &n, &used) == 1 &&
            used == (int)strlen(weights->items[i].key) && weights->items[i].rank == 1 && n > last)
            last = n;
    }
    return last;
}

/* Only the PReLU form can be told from other chains of convolutions by its keys. */
static bool recognise(const Weights *weights, void *config, int *scale)
{
    SrvggConfig *c = config;
    const Weight *first = weights_find(weights, "body.0.weight");
    const Weight *slopes = weights_find(weights, "body.1.weight");
    int last = last_conv(weights);
    if (!first || !slopes || first->rank != 4 || first->shape[1] != CHANNELS || slopes->rank != 1 ||
        last < 2 || last % 2 != 0)
        return false;
    char key[32];
    snprintf(key, sizeof key, "body.%d.bias", last);
    const Weight *bias = weights_find(weights, key); /* NULL for odd spellings: "body.04.bias" */
    int64_t outputs = bias && bias->rank == 1 ? bias->shape[0] : 0;
    *scale = recognise_factor(outputs, CHANNELS);
    *c = (SrvggConfig){
        .features = first->shape[0], .convs = (last - 2) / 2, .activation = ACTIVATION_PRELU};
    return *scale > 0 && c->features >= 1 && c->features <= MOST_FEATURES && c->convs <= MOST_CONVS;
}

const Architecture SRVGG = {.name = "srvgg",
                            .title = "SRVGGNetCompact (Real-ESRGAN)",
                            .kind = KIND_GENERATOR,
                            .fields = FIELDS,
                            .config_bytes = sizeof(SrvggConfig),
                            .build = build,
                            .recognise = recognise};
