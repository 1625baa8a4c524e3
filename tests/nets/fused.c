/* The fused reader against libtorch, through whole networks: outputs, taps and gradients. */
#include "nets/fused/fused.h"

#include <cjson/cJSON.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/architecture.h"
#include "nets/layers.h"
#include "tensor/kernels/processor.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

typedef struct Values {
    float *output, *tap, *image, *parameters;
    int64_t output_count, tap_count, image_count, parameter_count;
} Values;

static float *copy(Tensor *t, int64_t *count)
{
    *count = t ? tensor_count(t) : 0;
    float *values = memory_array((size_t)*count + 1, sizeof *values);
    if (t)
        tensor_to_floats(tensor_to_type(t, TENSOR_FLOAT), values, *count);
    return values;
}

static Tensor *picture(int n, int h, int w)
{
    float *values = memory_array((size_t)(3 * n * h * w), sizeof *values);
    for (int i = 0; i < 3 * n * h * w; i++)
        values[i] = formula_pixel((uint32_t)i);
    Tensor *t = tensor_from_floats(values, 4, (int64_t[]){n, 3, h, w});
    free(values);
    return t;
}

static Tensor *pattern_like(Tensor *t)
{
    Tensor *like = tensor_new_like(t);
    int64_t count = tensor_count(t);
    float *values = memory_array((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = formula_value((uint32_t)i, 77, 6, false);
    tensor_set_floats(like, values, count);
    free(values);
    return like;
}

/* One pass there and back, from fixed gradients of the output and of the first tap. */
static Values compute(const Graph *g, const Weights *weights, Backend backend, Precision precision,
                      int mode, int h, int w)
{
    Values v = {0};
    network_choose_backend(backend);
    Network *network = network_new(g, weights, precision);
    network_choose_backend(BACKEND_AUTO);
    REQUIRE(network != NULL);
    CHECK((strcmp(network_backend_name(network), "torch") == 0) == (backend == BACKEND_TORCH));
    network_gradients(network); /* there from now on */
    int64_t before = tensor_live();
    tensor_scope_begin();
    Tensor *image = tensor_leaf(picture(2, h, w)), *taps[8] = {NULL};
    Tensor *from[2] = {network_forward(network, image, mode, g->tap_count ? taps : NULL)}, *by[2];
    int count = 1;
    if (g->tap_count)
        from[count++] = tensor_to_type(taps[0], TENSOR_FLOAT);
    for (int i = 0; i < count; i++)
        by[i] = pattern_like(from[i]);
    CHECK(tensor_backward_from(from, by, count) == 0);
    v.output = copy(from[0], &v.output_count);
    v.tap = copy(g->tap_count ? from[1] : NULL, &v.tap_count);
    v.image = copy(tensor_gradient(image), &v.image_count);
    v.parameters = copy(network_gradients(network), &v.parameter_count);
    tensor_scope_end();
    CHECK(tensor_live() - before <= 0);
    CHECK_NO_ERROR();
    network_free(network);
    return v;
}

static void free_values(Values *v)
{
    free(v->output);
    free(v->tap);
    free(v->image);
    free(v->parameters);
}

static double difference(const float *a, const float *b, int64_t count)
{
    double error = 0, size = 0;
    for (int64_t i = 0; i < count; i++) {
        error += pow((double)a[i] - (double)b[i], 2);
        size += pow((double)b[i], 2);
    }
    return size > 0 ? sqrt(error / size) : sqrt(error);
}

/* The most of the differences of what was made, and of all four. */
static double farthest_made(const Values *a, const Values *b)
{
    double most = difference(a->output, b->output, b->output_count);
    return fmax(most, difference(a->tap, b->tap, b->tap_count));
}

static double farthest(const Values *a, const Values *b)
{
    double most = farthest_made(a, b);
    most = fmax(most, difference(a->image, b->image, b->image_count));
    return fmax(most, difference(a->parameters, b->parameters, b->parameter_count));
}

/* In bf16 both round; the fused reader must be no farther from fp32 than libtorch is, but for
 * gradients by Winograd's products of bf16, whose roundings weigh more (winograd.h). */
static double gradient_margin(void)
{
    return processor_kind() == PROCESSOR_AVX512BF16 ? 3 : 1.2;
}

static void check_graph(const Graph *g, int mode, int h, int w)
{
    REQUIRE(g != NULL);
    Weights *weights = graph_initial_weights(g, 1);
    Values expected = compute(g, weights, BACKEND_TORCH, PRECISION_FP32, mode, h, w);
    Values fused = compute(g, weights, BACKEND_FUSED, PRECISION_FP32, mode, h, w);
    CHECK_NEAR(farthest(&fused, &expected), 0, 1e-5);
    Values rounded = compute(g, weights, BACKEND_TORCH, PRECISION_BF16, mode, h, w);
    Values narrow = compute(g, weights, BACKEND_FUSED, PRECISION_BF16, mode, h, w);
    double most = farthest(&rounded, &expected);
    CHECK(most > 1e-4);
    CHECK_NEAR(farthest_made(&narrow, &expected), 0, 1.2 * most);
    CHECK_NEAR(farthest(&narrow, &expected), 0, gradient_margin() * most);
    Values *all[] = {&expected, &fused, &rounded, &narrow};
    for (int i = 0; i < 4; i++)
        free_values(all[i]);
    weights_free(weights);
}

static void check_specification(const char *text, NetworkKind kind, int h, int w)
{
    cJSON *json = cJSON_Parse(text);
    Specification s;
    REQUIRE(specification_parse(&s, json, kind, 4, "test") == 0);
    Graph *g = specification_build(&s);
    check_graph(g, FORWARD_UPDATE_SPECTRAL, h, w);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(json);
}

TEST(fused_generators_have_libtorchs_outputs_and_gradients)
{
    static const char *const NETWORKS[] = {
        "{\"type\":\"srvgg\",\"features\":24,\"convs\":3}",
        "{\"type\":\"rrdb\",\"features\":16,\"growth\":8,\"blocks\":2}",
        "{\"type\":\"edsr\",\"features\":16,\"blocks\":3}",
        "{\"type\":\"msrresnet\",\"features\":16,\"blocks\":2}",
        "{\"type\":\"span\",\"features\":16}",
        "{\"type\":\"realplksr\",\"features\":32,\"blocks\":2,\"norm\":\"group\"}"};
    for (size_t i = 0; i < sizeof NETWORKS / sizeof *NETWORKS; i++)
        check_specification(NETWORKS[i], KIND_GENERATOR, 13, 18);
}

TEST(fused_discriminators_have_libtorchs_outputs_and_gradients)
{
    check_specification("{\"type\":\"unet\",\"features\":16}", KIND_DISCRIMINATOR, 32, 24);
    check_specification("{\"type\":\"patch\",\"features\":16}", KIND_DISCRIMINATOR, 40, 48);
}

/* Every operation, results read in many places, concatenations that share parts, and taps at what
 * comes before and after an activation. */
static Graph *tangle(void)
{
    static const float MEAN[] = {0.4f, 0.5f, 0.3f}, DEVIATION[] = {0.2f, 0.25f, 0.3f};
    Graph *g = graph_new();
    Node *image = layer_normalise(g, layer_input(g, 3), MEAN, DEVIATION);
    Node *x = layer_conv(g, "first", image, 16, 3);
    Node *tapped = layer_conv(g, "tapped", x, 16, 3);
    graph_tap(g, tapped);
    Node *y = layer_relu(g, tapped);
    graph_tap(g, y);
    Node *a = layer_leaky_relu(g, layer_conv(g, "a", y, 8, 3), 0.1);
    Node *two = layer_concat(g, (Node *[]){y, a}, 2);
    Node *b = layer_prelu(g, "b.act", layer_conv(g, "b", two, 8, 3));
    Node *three = layer_concat(g, (Node *[]){y, a, b}, 3);
    Node *crossed = layer_concat(g, (Node *[]){b, a, x, image}, 4);
    Node *z = layer_add_scaled(g, y, layer_conv(g, "c", three, 16, 3), 0.2);
    z = layer_add(g, z, layer_conv(g, "d", crossed, 16, 1));
    Node *gate = layer_sigmoid(g, layer_slice(g, z, 4, 8));
    z = layer_multiply(g, layer_silu(g, layer_conv(g, "e", z, 8, 3)), gate);
    z = layer_max_pool(g, layer_gelu(g, layer_affine(g, z, 1.5, 0.1)), 2, 2, false);
    z = layer_add(g, layer_bilinear(g, layer_mish(g, z), 2), layer_nearest(g, z, 2));
    Node *apart = layer_sigmoid(g, layer_pixel_shuffle(g, z, 2));
    z = layer_add(g, layer_pixel_unshuffle(g, apart, 2), z);
    z = layer_add(g, layer_prelu(g, "f.act", layer_repeat(g, z, 2)), layer_repeat(g, gate, 2));
    z = layer_leaky_relu(g, layer_conv(g, "g", z, 4, 3), -0.3);
    graph_output(g, layer_add(g, z, layer_conv(g, "h", y, 4, 5)));
    return graph_finish(g);
}

TEST(fused_nodes_of_every_kind_have_libtorchs_outputs_and_gradients)
{
    Graph *g = tangle();
    check_graph(g, FORWARD_PLAIN, 12, 18);
    graph_free(g);
}

TEST(gradients_of_gradients_are_refused_by_fused_networks_unless_they_were_announced)
{
    Graph *g = tangle();
    Weights *weights = formula_weights_by_kind(g);
    Network *network = network_new(g, weights, PRECISION_FP32);
    tensor_scope_begin();
    for (int twice = 0; twice < 2; twice++) {
        Tensor *image = tensor_leaf(picture(1, 12, 12));
        Tensor *y = network_forward(network, image, twice ? FORWARD_TWICE : FORWARD_PLAIN, NULL);
        Tensor *slope = tensor_gradient_with_graph(tensor_sum(y), image);
        if (twice) {
            CHECK(tensor_backward(tensor_sum(tensor_square(slope))) == 0);
        } else {
            CHECK_ERROR(ERROR_TENSOR, "gradients of gradients");
        }
    }
    tensor_scope_end();
    CHECK_NO_ERROR();
    network_free(network);
    weights_free(weights);
    graph_free(g);
}

TEST(fused_networks_refuse_images_of_another_number_of_channels)
{
    Graph *g = tangle();
    Weights *weights = formula_weights_by_kind(g);
    Network *network = network_new(g, weights, PRECISION_FP32);
    tensor_scope_begin();
    Tensor *image = picture(1, 12, 12);
    CHECK(!network_forward(network, tensor_slice(image, 1, 0, 2), FORWARD_PLAIN, NULL));
    CHECK_ERROR(ERROR_SHAPE, "3 channels");
    image = tensor_concat((Tensor *[]){image, image}, 2, 1);
    CHECK(!network_forward(network, image, FORWARD_PLAIN, NULL));
    CHECK_ERROR(ERROR_SHAPE, "3 channels");
    tensor_scope_end();
    network_free(network);
    weights_free(weights);
    graph_free(g);
}

/* Whether each channel of what a first layer makes of a picture with one broken pixel is broken. */
static void check_broken(int kernel, bool pooled, Precision precision, bool records)
{
    Graph *g = graph_new();
    Node *x = layer_relu(g, layer_conv(g, "first", layer_input(g, 3), 16, kernel));
    graph_output(g, pooled ? layer_max_pool(g, x, 2, 2, false) : x);
    Weights *weights = formula_weights_by_kind(graph_finish(g));
    Network *network = network_new(g, weights, precision);
    tensor_scope_begin();
    Tensor *mask = tensor_zeros(4, (int64_t[]){1, 1, 12, 18});
    float values[12 * 18] = {[100] = NAN};
    tensor_set_floats(mask, values, 12 * 18);
    Tensor *image = tensor_add(picture(1, 12, 18), mask);
    if (!records)
        tensor_no_grad_begin();
    Tensor *y = network_forward(network, image, FORWARD_PLAIN, NULL);
    if (!records)
        tensor_no_grad_end();
    for (int c = 0; c < 16; c++)
        CHECK(isnan(tensor_item(tensor_sum(tensor_slice(y, 1, c, 1)))));
    tensor_scope_end();
    network_free(network);
    weights_free(weights);
    graph_free(g);
}

TEST(a_pixel_that_is_no_number_leaves_no_fused_network_as_one)
{
    for (int way = 0; way < 16; way++)
        check_broken(way & 1 ? 1 : 3, way & 2, way & 4 ? PRECISION_BF16 : PRECISION_FP32, way & 8);
}

TEST(parameters_that_change_between_a_fused_pass_and_its_way_back_are_an_error)
{
    Graph *g = tangle();
    Weights *weights = formula_weights_by_kind(g);
    Network *network = network_new(g, weights, PRECISION_FP32);
    tensor_scope_begin();
    for (int way = 0; way < 2; way++) {
        Tensor *y = network_forward(network, picture(1, 12, 12), FORWARD_PLAIN, NULL);
        CHECK((way ? tensor_fill(network_values(network), 0.1)
                   : network_set_weights(network, weights)) == 0);
        CHECK(tensor_backward(tensor_sum(y)) == -1);
        CHECK_ERROR(ERROR_TENSOR, tensor_on_processor() ? "changed" : "modified");
    }
    tensor_scope_end();
    network_free(network);
    weights_free(weights);
    graph_free(g);
}

static float *gradient_of_image(const Graph *g, const Weights *weights, bool freed_first,
                                int64_t *count)
{
    Network *network = network_new(g, weights, PRECISION_FP32);
    tensor_scope_begin();
    Tensor *image = tensor_leaf(picture(1, 12, 12));
    Tensor *y = network_forward(network, image, FORWARD_PLAIN, NULL);
    if (freed_first)
        network_free(network);
    CHECK(tensor_backward(tensor_sum(y)) == 0);
    float *values = copy(tensor_gradient(image), count);
    tensor_scope_end();
    if (!freed_first)
        network_free(network);
    return values;
}

TEST(what_a_fused_network_computed_goes_back_after_the_network_is_freed)
{
    Graph *g = tangle();
    Weights *weights = formula_weights_by_kind(g);
    int64_t count, live = tensor_live();
    float *before = gradient_of_image(g, weights, false, &count);
    float *after = gradient_of_image(g, weights, true, &count);
    CHECK(count == 3 * 12 * 12 && memcmp(before, after, (size_t)count * sizeof *after) == 0);
    CHECK(tensor_live() == live);
    free(before);
    free(after);
    weights_free(weights);
    graph_free(g);
}

TEST(libtorchs_activation_leaves_what_a_fused_pass_computed_as_it_was)
{
    Graph *g = graph_new();
    Node *x = layer_conv(g, "first", layer_input(g, 3), 8, 3);
    Node *y = layer_conv(g, "second", x, 8, 3);
    x = layer_group_norm(g, "norm", x, 2); /* ends the run before the ReLU */
    graph_output(g, layer_add(g, x, layer_relu(g, y)));
    check_graph(graph_finish(g), FORWARD_PLAIN, 12, 18);
    graph_free(g);
}
