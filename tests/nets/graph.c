#include "core/error.h"
#include "nets/architecture.h"
#include "nets/cost.h"
#include "nets/features.h"
#include "nets/layers.h"
#include "nets/network.h"
#include "nets/srvgg.h"
#include "nets/unet.h"
#include "tests/unit.h"

static Graph *small_srvgg(int scale)
{
    return SRVGG.build(&(SrvggConfig){.features = 8, .convs = 2}, scale);
}

TEST(published_networks_have_the_published_parameter_counts)
{
    Graph *srvgg = SRVGG.build(&(SrvggConfig){.features = 64, .convs = 16}, 4);
    CHECK(graph_trained_count(srvgg) == 621424); /* realesr-animevideov3 */
    Graph *unet = UNET.build(&(UnetConfig){.features = 64, .skip = true}, 1);
    CHECK(graph_trained_count(unet) == 4376897); /* Real-ESRGAN's discriminator */
    Graph *vgg = vgg19_graph();
    CHECK(graph_trained_count(vgg) == 20024384); /* torchvision's vgg19().features */
    graph_free(srvgg);
    graph_free(unet);
    graph_free(vgg);
}

TEST(keys_are_the_published_ones)
{
    Graph *unet = UNET.build(&(UnetConfig){.features = 4, .skip = true}, 1);
    CHECK(graph_find_parameter(unet, "conv0.weight") != NULL);
    CHECK(graph_find_parameter(unet, "conv0.bias") != NULL);
    CHECK(graph_find_parameter(unet, "conv1.weight_orig") != NULL);
    CHECK(graph_find_parameter(unet, "conv8.weight_v") != NULL);
    CHECK(graph_find_parameter(unet, "conv8.bias") == NULL);
    CHECK(!graph_find_parameter(unet, "conv1.weight_u")->trained);
    graph_free(unet);
}

TEST(names_nest_and_unnest)
{
    Graph *g = graph_new();
    Node *x = layer_input(g, 3);
    graph_enter(g, "body.%d", 3);
    graph_enter(g, "rdb1");
    x = layer_conv(g, "conv1", x, 4, 3);
    graph_leave(g);
    x = layer_conv(g, "conv2", x, 4, 3);
    graph_leave(g);
    layer_conv(g, "conv3", x, 4, 3);
    CHECK(graph_find_parameter(g, "body.3.rdb1.conv1.weight") != NULL);
    CHECK(graph_find_parameter(g, "body.3.conv2.bias") != NULL);
    CHECK(graph_find_parameter(g, "conv3.weight") != NULL);
    graph_free(g);
}

TEST(building_with_unfit_channels_fails_and_later_calls_do_nothing)
{
    Graph *g = graph_new();
    Node *x = layer_input(g, 3);
    layer_pixel_shuffle(g, x, 2);
    CHECK(layer_conv(g, "late", x, 4, 3) == NULL);
    CHECK_ERROR(ERROR_SHAPE, "pixel_shuffle");
    graph_free(g);
}

TEST(the_radius_of_a_chain_is_its_number_of_3x3_convolutions)
{
    Graph *g = small_srvgg(4);
    Cost cost;
    CHECK(cost_of_graph(g, 16, 16, &cost) == 0);
    CHECK(cost.radius == 4);
    graph_free(g);
}

/* Whether changing input pixel (x, y) changes any output over input pixel (at, at). */
static bool influences(Network *n, int scale, int extent, int x, int y, int at)
{
    const int64_t shape[] = {1, 3, extent, extent};
    float *image = calloc((size_t)(3 * extent * extent), sizeof *image);
    for (int i = 0; i < 3 * extent * extent; i++)
        image[i] = 0.3f + 0.1f * (float)(i % 7);
    tensor_scope_begin();
    Tensor *before = network_forward(n, tensor_from_floats(image, 4, shape), 0, NULL);
    image[y * extent + x] += 0.5f;
    Tensor *after = network_forward(n, tensor_from_floats(image, 4, shape), 0, NULL);
    Tensor *change = tensor_absolute(tensor_subtract(after, before));
    change = tensor_slice(change, 2, at * scale, scale);
    change = tensor_slice(change, 3, at * scale, scale);
    bool any = tensor_item(tensor_sum(change)) > 0;
    tensor_scope_end();
    free(image);
    return any;
}

TEST(one_pixel_reaches_exactly_as_far_as_the_computed_receptive_field)
{
    Graph *g = small_srvgg(2);
    Weights *weights = graph_initial_weights(g, 1);
    network_choose_backend(BACKEND_TORCH); /* Winograd's tiles round together */
    Network *n = network_new(g, weights, PRECISION_FP32);
    network_choose_backend(BACKEND_AUTO);
    REQUIRE(n != NULL);
    Cost cost;
    CHECK(cost_of_graph(g, 24, 24, &cost) == 0);
    CHECK(influences(n, 2, 24, 12 + cost.radius, 12, 12));
    CHECK(influences(n, 2, 24, 12, 12 - cost.radius, 12));
    CHECK(!influences(n, 2, 24, 12 + cost.radius + 1, 12, 12));
    CHECK(!influences(n, 2, 24, 12, 12 - cost.radius - 1, 12));
    network_free(n);
    weights_free(weights);
    graph_free(g);
    CHECK(tensor_live() == 0);
}

TEST(initial_weights_are_a_function_of_the_seed)
{
    Graph *g = small_srvgg(2);
    Weights *a = graph_initial_weights(g, 5), *b = graph_initial_weights(g, 5);
    Weights *c = graph_initial_weights(g, 6);
    const Weight *x = weights_find(a, "body.2.weight"), *y = weights_find(b, "body.2.weight");
    CHECK(memcmp(x->values, y->values, (size_t)x->count * sizeof(float)) == 0);
    CHECK(memcmp(x->values, weights_find(c, "body.2.weight")->values,
                 (size_t)x->count * sizeof(float)) != 0);
    CHECK(weights_find(a, "body.1.weight")->values[0] == 0.25f);
    weights_free(a);
    weights_free(b);
    weights_free(c);
    graph_free(g);
}

TEST(foreign_srvgg_weights_are_recognised_by_keys_and_shapes)
{
    for (int scale = 1; scale <= 4; scale++) {
        Graph *g = small_srvgg(scale);
        Weights *weights = graph_initial_weights(g, 0);
        SrvggConfig config;
        int found = 0;
        CHECK(SRVGG.recognise(weights, &config, &found));
        CHECK(found == scale && config.features == 8 && config.convs == 2);
        CHECK(!UNET.recognise(weights, &config, &found));
        weights_free(weights);
        graph_free(g);
    }
}

TEST(cost_counts_multiply_adds_of_convolutions)
{
    Graph *g = graph_new();
    layer_conv(g, "c", layer_input(g, 3), 5, 3);
    Cost cost;
    CHECK(cost_of_graph(g, 10, 20, &cost) == 0);
    CHECK(cost.multiply_adds == 10 * 20 * 5 * 3 * 9);
    CHECK(cost.parameters == 5 * 3 * 9 + 5);
    graph_free(g);
}

TEST(inputs_that_do_not_fit_are_refused)
{
    Graph *g = UNET.build(&(UnetConfig){.features = 2, .skip = true}, 1);
    Cost cost;
    CHECK(cost_of_graph(g, 64, 64, &cost) == 0);
    CHECK(cost_of_graph(g, 63, 64, &cost) == -1);
    CHECK_ERROR(ERROR_SHAPE, "does not fit");
    graph_free(g);
}

TEST(enlargements_in_a_row_are_refused_before_they_overflow)
{
    enum { TIMES = 8 }; /* 16 of them overflow */
    int64_t heights[TIMES + 1], widths[TIMES + 1];
    Graph *g = graph_new();
    Node *x = layer_input(g, 3);
    for (int i = 0; i < TIMES; i++)
        x = layer_nearest(g, x, 16);
    graph_output(g, x);
    CHECK(graph_extents(g, 1, 192, heights, widths) == -1);
    CHECK_ERROR(ERROR_SHAPE, "nearest : an input of 192x1 does not fit this network");
    graph_free(g);
}
