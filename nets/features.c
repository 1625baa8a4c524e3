#include "nets/features.h"

#include <stdio.h>

#include "core/error.h"
#include "nets/layers.h"

static const float IMAGENET_MEAN[] = {0.485f, 0.456f, 0.406f};
static const float IMAGENET_DEVIATION[] = {0.229f, 0.224f, 0.225f};

/* LPIPS takes x in -1..1 to (x - shift) / scale; for inputs in 0..1 that is this. */
static const float LPIPS_MEAN[] = {(1 - 0.030f) / 2, (1 - 0.088f) / 2, (1 - 0.188f) / 2};
static const float LPIPS_DEVIATION[] = {0.458f / 2, 0.448f / 2, 0.450f / 2};

/* The convolution that is module `index` of torchvision's `features`. */
static Node *conv(Graph *g, int index, Node *x, int channels, int kernel, int stride, int padding)
{
    char name[32];
    snprintf(name, sizeof name, "features.%d", index);
    return layer_conv_general(
        g, name, x, channels,
        (ConvOptions){.kernel = kernel, .stride = stride, .padding = padding, .bias = true});
}

static const int VGG_CHANNELS[VGG16_BLOCKS] = {64, 128, 256, 512, 512};
static const int VGG16_CONVS[VGG16_BLOCKS] = {2, 2, 3, 3, 3};

/* VGG: blocks of 3x3 convolutions with ReLU, a 2x2 pooling between blocks. The last convolution of
 * each block is tapped, before or after its ReLU. */
static Graph *vgg(const int convs[5], const float *mean, const float *deviation, bool before_relu)
{
    Graph *g = graph_new();
    Node *x = layer_normalise(g, layer_input(g, 3), mean, deviation);
    int index = 0;
    for (int block = 0; block < 5; block++) {
        for (int i = 0; i < convs[block]; i++) {
            bool last = i == convs[block] - 1;
            x = conv(g, index, x, VGG_CHANNELS[block], 3, 1, 1);
            if (last && before_relu)
                graph_tap(g, x);
            if (last && before_relu && block == 4)
                break; /* nothing reads what follows */
            x = layer_relu(g, x);
            if (last && !before_relu)
                graph_tap(g, x);
            index += 2;
        }
        if (block < 4)
            x = layer_max_pool(g, x, 2, 2, false);
        index++;
    }
    return graph_finish(g);
}

Graph *vgg19_graph(void)
{
    return vgg((const int[]){2, 2, 4, 4, 4}, IMAGENET_MEAN, IMAGENET_DEVIATION, true);
}

Graph *lpips_vgg16_graph(void)
{
    return vgg(VGG16_CONVS, LPIPS_MEAN, LPIPS_DEVIATION, false);
}

Graph *vgg16_block_graph(int block)
{
    Graph *g = graph_new();
    Node *x = layer_input(g, block > 0 ? VGG_CHANNELS[block - 1] : 3);
    if (block == 0)
        x = layer_normalise(g, x, IMAGENET_MEAN, IMAGENET_DEVIATION);
    int index = 0;
    for (int i = 0; i < block; i++)
        index += 2 * VGG16_CONVS[i] + 1;
    for (int i = 0; i < VGG16_CONVS[block]; i++, index += 2)
        x = layer_relu(g, conv(g, index, x, VGG_CHANNELS[block], 3, 1, 1));
    graph_output(g, x);
    return graph_finish(g);
}

static Node *tapped_relu(Graph *g, Node *x)
{
    x = layer_relu(g, x);
    graph_tap(g, x);
    return x;
}

Graph *lpips_alexnet_graph(void)
{
    Graph *g = graph_new();
    Node *x = layer_normalise(g, layer_input(g, 3), LPIPS_MEAN, LPIPS_DEVIATION);
    x = tapped_relu(g, conv(g, 0, x, 64, 11, 4, 2));
    x = tapped_relu(g, conv(g, 3, layer_max_pool(g, x, 3, 2, false), 192, 5, 1, 2));
    x = tapped_relu(g, conv(g, 6, layer_max_pool(g, x, 3, 2, false), 384, 3, 1, 1));
    x = tapped_relu(g, conv(g, 8, x, 256, 3, 1, 1));
    tapped_relu(g, conv(g, 10, x, 256, 3, 1, 1));
    return graph_finish(g);
}

/* A fire module: squeeze by 1x1, expand by 1x1 and 3x3 side by side. */
static Node *fire(Graph *g, int index, Node *x, int squeeze, int expand)
{
    graph_enter(g, "features.%d", index);
    ConvOptions one = {.kernel = 1, .stride = 1, .bias = true};
    ConvOptions three = {.kernel = 3, .stride = 1, .padding = 1, .bias = true};
    x = layer_relu(g, layer_conv_general(g, "squeeze", x, squeeze, one));
    Node *parts[] = {layer_relu(g, layer_conv_general(g, "expand1x1", x, expand, one)),
                     layer_relu(g, layer_conv_general(g, "expand3x3", x, expand, three))};
    graph_leave(g);
    return layer_concat(g, parts, 2);
}

static Node *tapped(Graph *g, Node *x)
{
    graph_tap(g, x);
    return x;
}

Graph *lpips_squeezenet_graph(void)
{
    Graph *g = graph_new();
    Node *x = layer_normalise(g, layer_input(g, 3), LPIPS_MEAN, LPIPS_DEVIATION);
    x = tapped_relu(g, conv(g, 0, x, 64, 3, 2, 0));
    x = fire(g, 3, layer_max_pool(g, x, 3, 2, true), 16, 64);
    x = tapped(g, fire(g, 4, x, 16, 64));
    x = fire(g, 6, layer_max_pool(g, x, 3, 2, true), 32, 128);
    x = tapped(g, fire(g, 7, x, 32, 128));
    x = tapped(g, fire(g, 9, layer_max_pool(g, x, 3, 2, true), 48, 192));
    x = tapped(g, fire(g, 10, x, 48, 192));
    x = tapped(g, fire(g, 11, x, 64, 256));
    tapped(g, fire(g, 12, x, 64, 256));
    return graph_finish(g);
}
