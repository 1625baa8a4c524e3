/* Every operation: graph -> ONNX file -> graph is the same, and computes the same. */
#include "core/error.h"
#include "export/verify.h"
#include "tests/export/networks.h"
#include "tests/unit.h"

static void check_same_node(const Node *a, const Node *b)
{
    CHECK(a->operation == b->operation);
    CHECK(strcmp(a->name, b->name) == 0);
    CHECK(a->channels == b->channels && a->input_count == b->input_count);
    for (int i = 0; i < a->input_count && i < b->input_count; i++)
        CHECK(a->inputs[i]->index == b->inputs[i]->index);
    CHECK(a->kernel == b->kernel && a->stride == b->stride && a->padding == b->padding);
    CHECK(a->factor == b->factor && a->ceil_mode == b->ceil_mode);
    CHECK(a->first == b->first);
    CHECK((float)a->value == (float)b->value && (float)a->shift == (float)b->shift);
    CHECK(memcmp(a->mean, b->mean, sizeof a->mean) == 0);
    CHECK(memcmp(a->deviation, b->deviation, sizeof a->deviation) == 0);
    CHECK((a->weight < 0) == (b->weight < 0) && (a->bias < 0) == (b->bias < 0));
}

static void check_same_weights(const TestNetwork *a, const OnnxNetwork *b)
{
    REQUIRE(a->graph->parameter_count == b->graph->parameter_count);
    for (int i = 0; i < a->graph->parameter_count; i++) {
        const char *key = a->graph->parameters[i].key;
        const Weight *from = weights_find(a->weights, key), *to = weights_find(b->weights, key);
        REQUIRE(from && to && weight_same_shape(from, to));
        CHECK(memcmp(from->values, to->values, (size_t)from->count * sizeof(float)) == 0);
    }
}

static double difference(const TestNetwork *a, const OnnxNetwork *b)
{
    Agreement agreement;
    Runnable original = {a->graph, a->weights}, written = {b->graph, b->weights};
    CHECK(verify_agreement("test.onnx", original, written, 1e-5, &agreement) == 0);
    CHECK_NO_ERROR();
    CHECK(agreement.inputs == 8);
    return agreement.largest;
}

static void check_round_trip(NetworkBuilder *build)
{
    const char *path = unit_scratch("round.onnx");
    TestNetwork network = test_network(build);
    CHECK_NO_ERROR();
    OnnxNetwork read;
    CHECK(test_network_write(&network, path) == 0);
    int result = onnx_read(path, &read);
    CHECK_NO_ERROR();
    REQUIRE(result == 0);
    REQUIRE(read.graph->count == network.graph->count);
    for (int i = 0; i < read.graph->count; i++)
        check_same_node(network.graph->nodes[i], read.graph->nodes[i]);
    CHECK(read.graph->output->index == network.graph->output->index);
    check_same_weights(&network, &read);
    CHECK_NEAR(difference(&network, &read), 0, 0);
    CHECK(strcmp(weights_text(read.weights, "unmush.name"), "test") == 0);
    onnx_network_free(&read);
    test_network_free(&network);
}

static Node *strided(Graph *g, Node *x)
{
    ConvOptions options = {.kernel = 4, .stride = 2, .padding = 1};
    return layer_conv_general(g, "body.0.strided", x, 5, options);
}
TEST(convolutions_with_and_without_bias_come_back)
{
    check_round_trip(strided);
}

static Node *activations(Graph *g, Node *x)
{
    x = layer_prelu(g, "act", x);
    x = layer_conv(g, "second", layer_leaky_relu(g, x, 0.2), 6, 1);
    return layer_conv(g, "third", layer_relu(g, x), 3, 3);
}
TEST(activations_come_back)
{
    check_round_trip(activations);
}

static Node *joined(Graph *g, Node *x)
{
    Node *a = layer_conv(g, "a", x, 4, 3), *b = layer_conv(g, "b", x, 4, 3);
    Node *parts[] = {a, layer_add(g, a, b), x};
    return layer_concat(g, parts, 3);
}
TEST(sums_and_concatenations_come_back)
{
    check_round_trip(joined);
}

static Node *shuffled(Graph *g, Node *x)
{
    return layer_pixel_shuffle(g, layer_conv(g, "up", x, 27, 3), 3);
}
TEST(pixel_shuffles_come_back)
{
    check_round_trip(shuffled);
}

static Node *unshuffled(Graph *g, Node *x)
{
    return layer_conv(g, "down", layer_pixel_unshuffle(g, x, 2), 3, 3);
}
TEST(pixel_unshuffles_come_back_and_are_run_at_sizes_that_fit)
{
    check_round_trip(unshuffled);
}

static Node *enlarged(Graph *g, Node *x)
{
    return layer_bilinear(g, layer_nearest(g, x, 2), 2);
}
TEST(enlargements_come_back)
{
    check_round_trip(enlarged);
}

static Node *bent(Graph *g, Node *x)
{
    Node *parts[] = {layer_silu(g, x), layer_mish(g, x), layer_gelu(g, x), layer_sigmoid(g, x)};
    return layer_conv(g, "after", layer_concat(g, parts, 4), 4, 3);
}
TEST(smooth_activations_come_back_each_as_one_node)
{
    check_round_trip(bent);
}

static Node *scaled(Graph *g, Node *x)
{
    Node *shifted = layer_affine(g, x, 1, -0.5), *grown = layer_affine(g, shifted, 3, 0);
    Node *both = layer_affine(g, grown, 0.25, 2);
    return layer_add_scaled(g, layer_multiply(g, shifted, grown), both, 0.1);
}
TEST(constants_and_scaled_sums_come_back_each_as_one_node)
{
    check_round_trip(scaled);
}

static Node *channels(Graph *g, Node *x)
{
    x = layer_repeat(g, layer_slice(g, x, 5, 2), 9);
    return layer_conv(g, "after", layer_slice(g, x, 0, 7), 3, 1);
}
TEST(slices_and_repeats_of_channels_come_back)
{
    check_round_trip(channels);
}

static Node *pooled(Graph *g, Node *x)
{
    return layer_max_pool(g, layer_max_pool(g, x, 2, 2, false), 3, 2, true);
}
TEST(poolings_come_back)
{
    check_round_trip(pooled);
}

static Node *normalised(Graph *g, Node *x)
{
    static const float MEAN[] = {0.5f, 0.25f, 0.125f}, DEVIATION[] = {0.2f, 0.3f, 0.4f};
    x = layer_normalise(g, layer_conv(g, "colours", x, 3, 1), MEAN, DEVIATION);
    return layer_conv(g, "after", x, 3, 3);
}
TEST(normalisation_comes_back_as_one_node)
{
    check_round_trip(normalised);
}

static Node *spectral(Graph *g, Node *x)
{
    ConvOptions options = {.kernel = 3, .stride = 1, .padding = 1, .spectral = true};
    return layer_conv_general(g, "normed", x, 4, options);
}

/* out = the direction of W in or, with `across`, of W' in; W is rows x columns. */
static void multiply(const Weight *w, const float *in, float *out, bool across)
{
    int64_t rows = w->shape[0], columns = w->count / rows, count = across ? columns : rows;
    double length = 0;
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int64_t k = 0; k < (across ? rows : columns); k++)
            sum += (double)w->values[across ? k * columns + i : i * columns + k] * (double)in[k];
        out[i] = (float)sum;
        length += sum * sum;
    }
    for (int64_t i = 0; i < count; i++)
        out[i] = (float)((double)out[i] / sqrt(length));
}

TEST(spectral_norm_is_folded_into_the_weight)
{
    const char *path = unit_scratch("spectral.onnx");
    TestNetwork network = test_network(spectral);
    const Weight *w = weights_find(network.weights, "normed.weight_orig");
    float *u = weights_find(network.weights, "normed.weight_u")->values;
    float *v = weights_find(network.weights, "normed.weight_v")->values;
    for (int i = 0; i < 5; i++) {
        multiply(w, u, v, true);
        multiply(w, v, u, false);
    }
    OnnxNetwork read;
    CHECK(test_network_write(&network, path) == 0);
    REQUIRE(onnx_read(path, &read) == 0);
    CHECK(weights_find(read.weights, "normed.weight") != NULL);
    CHECK(weights_find(read.weights, "normed.weight_orig") == NULL);
    CHECK(read.graph->output->spectral_u < 0);
    CHECK(difference(&network, &read) < 2e-6);
    onnx_network_free(&read);
    test_network_free(&network);
}

TEST(a_changed_weight_is_noticed)
{
    TestNetwork network = test_network(strided);
    Weights *changed = weights_copy(network.weights);
    weights_find(changed, "first.bias")->values[3] += 1e-3f;
    Runnable original = {network.graph, network.weights}, written = {network.graph, changed};
    Agreement agreement;
    CHECK(verify_agreement("x.onnx", original, written, 1e-5, &agreement) == -1);
    CHECK_ERROR(ERROR_FORMAT, "x.onnx: differs from the model by");
    CHECK(agreement.largest > 1e-5 && agreement.largest < 1e-2);
    weights_free(changed);
    test_network_free(&network);
}

TEST(a_result_that_is_not_a_number_is_a_difference)
{
    TestNetwork network = test_network(strided);
    weights_find(network.weights, "first.bias")->values[0] = NAN;
    Runnable both = {network.graph, network.weights};
    Agreement agreement;
    CHECK(verify_agreement("x.onnx", both, both, 1e-5, &agreement) == -1);
    CHECK_ERROR(ERROR_FORMAT, "differs from the model by inf");
    test_network_free(&network);
}
