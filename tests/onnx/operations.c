#include "tests/onnx/operations.h"

#include "core/error.h"
#include "nets/layers.h"
#include "nets/network.h"

static const float MEAN[] = {0.485f, 0.456f, 0.406f}, DEVIATION[] = {0.229f, 0.224f, 0.225f};

/* Three channels through everything that works value by value, or on channels. */
static Node *curves(Graph *g, Node *x)
{
    Node *gate = layer_affine(g, layer_sigmoid(g, x), 1, -0.5);
    Node *bent[3] = {layer_silu(g, x), layer_mish(g, x), layer_gelu(g, x)};
    Node *all = layer_conv(g, "bent", layer_concat(g, bent, 3), 6, 3);
    Node *half = layer_affine(g, layer_slice(g, all, 2, 3), 2, 0);
    Node *wide = layer_affine(g, layer_repeat(g, layer_multiply(g, half, gate), 4), -0.5, 0.25);
    return layer_add(g, x, layer_conv(g, "narrow", wide, 3, 1));
}

Graph *operations_graph(void)
{
    Graph *g = graph_new();
    Node *x = layer_normalise(g, layer_input(g, 3), MEAN, DEVIATION);
    x = layer_conv(g, "first", x, 8, 3);
    ConvOptions half = {.kernel = 4, .stride = 2, .padding = 1, .spectral = true};
    Node *parts[3] = {layer_conv_general(g, "half", x, 8, half),
                      layer_leaky_relu(g, layer_max_pool(g, x, 2, 2, false), 0.2),
                      layer_relu(g, layer_conv(g, "blocks", layer_pixel_unshuffle(g, x, 2), 8, 1))};
    x = layer_prelu(g, "act", layer_conv(g, "join", layer_concat(g, parts, 3), 12, 3));
    Node *shuffled = layer_pixel_shuffle(g, x, 2);
    Node *nearest = layer_nearest(g, layer_conv(g, "nearest", x, 3, 3), 2);
    Node *bilinear = layer_bilinear(g, layer_conv(g, "bilinear", x, 3, 3), 2);
    x = layer_add(g, layer_add_scaled(g, shuffled, nearest, 0.2), bilinear);
    x = curves(g, x);
    graph_output(g, layer_nearest(g, layer_max_pool(g, x, 3, 2, true), 2));
    if (!error_pending())
        return g;
    graph_free(g);
    return NULL;
}

Weights *operations_weights(const Graph *g)
{
    enum { ITERATIONS = 10 };
    Weights *initial = graph_initial_weights(g, 5);
    Network *network = network_new(g, initial, PRECISION_FP32);
    tensor_scope_begin();
    Tensor *image = tensor_zeros(4, (int64_t[]){1, 3, 8, 8});
    for (int i = 0; network && i < ITERATIONS; i++)
        network_forward(network, image, FORWARD_FROZEN | FORWARD_UPDATE_SPECTRAL, NULL);
    tensor_scope_end();
    Weights *weights = network && !error_pending() ? network_weights(network, NULL) : NULL;
    network_free(network);
    weights_free(initial);
    return weights;
}
