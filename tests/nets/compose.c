/* Kernels made of others: the chain, its one kernel, and every way into a file agree. */
#include "nets/compose.h"

#include "core/error.h"
#include "nets/layers.h"
#include "nets/model.h"
#include "nets/network.h"
#include "nets/span.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

static const int64_t IMAGE[4] = {1, 3, 6, 7};

static float *run(const Graph *g, const Weights *weights, int64_t count)
{
    float image[3 * 6 * 7], *values = calloc((size_t)count, sizeof *values);
    for (uint32_t i = 0; i < 3 * 6 * 7; i++)
        image[i] = formula_pixel(i);
    Network *n = network_new(g, weights, PRECISION_FP32);
    REQUIRE(n != NULL);
    tensor_scope_begin();
    Tensor *output = network_forward(n, tensor_from_floats(image, 4, IMAGE), FORWARD_FROZEN, NULL);
    CHECK(tensor_to_floats(output, values, count) == 0);
    tensor_scope_end();
    network_free(n);
    return values;
}

/* The chain as published: x padded once, then 1x1, 3x3 and 1x1 without padding, beside a 1x1. */
static Graph *chain_graph(void)
{
    Graph *g = graph_new();
    Node *x = layer_input(g, 3);
    ConvOptions padded = {.kernel = 1, .stride = 1, .padding = 1, .bias = true};
    ConvOptions plain = {.kernel = 3, .stride = 1, .padding = 0, .bias = true};
    Node *y = layer_conv_general(g, "c.conv.0", x, 6, padded);
    y = layer_conv_general(g, "c.conv.1", y, 8, plain);
    y = layer_conv(g, "c.conv.2", y, 4, 1);
    layer_add(g, y, layer_conv(g, "c.sk", x, 4, 1));
    return g;
}

TEST(a_composed_convolution_does_what_its_chain_does_up_to_the_border)
{
    enum { COUNT = 4 * 6 * 7 };
    Graph *composed = graph_new(), *chain = chain_graph(), *plain = graph_new();
    layer_conv_composed(composed, "c", layer_input(composed, 3), 4, 3, 2);
    layer_conv(plain, "c.eval_conv", layer_input(plain, 3), 4, 3);
    Weights *weights = formula_weights_by_key(composed, 1);
    graph_compose(composed, weights);
    float *a = run(composed, weights, COUNT), *b = run(chain, weights, COUNT);
    float *c = run(plain, weights, COUNT);
    for (int i = 0; i < COUNT; i++) {
        CHECK_NEAR(a[i], b[i], 1e-5);
        CHECK_NEAR(c[i], b[i], 1e-5);
    }
    free(a);
    free(b);
    free(c);
    weights_free(weights);
    graph_free(composed);
    graph_free(chain);
    graph_free(plain);
    CHECK_NO_ERROR();
}

static double kernel_difference(const Weights *a, const Weights *b, const char *key)
{
    const Weight *x = weights_find(a, key), *y = weights_find(b, key);
    double largest = 0;
    REQUIRE(x && y && x->count == y->count);
    for (int64_t i = 0; i < x->count; i++)
        largest = fmax(largest, fabs((double)x->values[i] - (double)y->values[i]));
    return largest;
}

TEST(files_hold_kernels_that_fit_their_parts)
{
    const char *path = unit_scratch("span.safetensors"), *key = "block_2.c1_r.eval_conv.weight";
    SpanConfig config = {.features = 4, .norm = true};
    Specification s = {&SPAN, &config, 2};
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 1), *stale = weights_copy(weights);
    CHECK(weights_find(weights, key)->values[3] != 0);
    weights_find(stale, key)->values[3] += 1;
    CHECK(model_write(path, &s, stale) == 0);
    Model *model = model_read(path); /* parts win over a kernel that does not fit them */
    REQUIRE(model != NULL);
    CHECK(kernel_difference(model->weights, weights, key) == 0);
    model_free(model);
    Network *n = network_new(g, stale, PRECISION_FP32);
    Weights *trained = network_weights(n, NULL);
    CHECK(kernel_difference(trained, weights, key) == 0);
    network_free(n);
    weights_free(trained);
    weights_free(stale);
    weights_free(weights);
    graph_free(g);
    CHECK_NO_ERROR();
}

TEST(files_without_the_kernels_made_of_others_are_read)
{
    const char *path = unit_scratch("parts.safetensors");
    SpanConfig config = {.features = 4, .norm = false};
    Specification s = {&SPAN, &config, 3};
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 1), *parts = weights_new();
    for (int i = 0; i < weights->count; i++) {
        const Weight *w = &weights->items[i];
        if (!strstr(w->key, "eval_conv"))
            memcpy(weights_add(parts, w->key, w->rank, w->shape)->values, w->values,
                   (size_t)w->count * sizeof(float));
    }
    CHECK(weights_write(path, parts) == 0);
    Model *model = model_read(path);
    CHECK_NO_ERROR();
    REQUIRE(model != NULL);
    CHECK(model->specification.scale == 3);
    CHECK(!((SpanConfig *)model->specification.config)->norm);
    CHECK(kernel_difference(model->weights, weights, "conv_2.eval_conv.weight") == 0);
    model_free(model);
    weights_free(parts);
    weights_free(weights);
    graph_free(g);
}
