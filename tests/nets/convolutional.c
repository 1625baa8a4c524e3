/* The convolutional generators beside their published implementations
 * (tests/fixtures/convolutional.py): what they compute, their keys, their numbers of parameters. */
#include <cjson/cJSON.h>

#include "core/error.h"
#include "core/json.h"
#include "core/threads.h"
#include "nets/cost.h"
#include "nets/model.h"
#include "nets/network.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

static int number(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key)->valueint;
}

static double gain(const cJSON *entry)
{
    return cJSON_GetObjectItemCaseSensitive(entry, "gain")->valuedouble;
}

static Specification specify(const cJSON *entry)
{
    Specification s;
    REQUIRE(specification_parse(&s, cJSON_GetObjectItemCaseSensitive(entry, "network"),
                                KIND_GENERATOR, number(entry, "scale"), "fixture") == 0);
    return s;
}

static void for_every(const char *list, void (*check)(const cJSON *entry))
{
    cJSON *fixture = json_read(unit_fixture("convolutional.json")), *entry;
    REQUIRE(fixture != NULL);
    tensor_begin(1, "cpu"); /* threads would only wait for each other in networks so small */
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(fixture, list)) check(entry);
    tensor_begin(threads_count(), "auto");
    cJSON_Delete(fixture);
    CHECK_NO_ERROR();
}

static Tensor *test_picture(int h, int w)
{
    float values[3 * 64 * 64];
    int64_t shape[] = {1, 3, h, w};
    REQUIRE(h <= 64 && w <= 64);
    for (int i = 0; i < 3 * h * w; i++)
        values[i] = formula_pixel((uint32_t)i);
    return tensor_from_floats(values, 4, shape);
}

static void check_samples(const cJSON *entry, Tensor *output)
{
    const cJSON *samples = cJSON_GetObjectItemCaseSensitive(entry, "samples");
    int count = cJSON_GetArraySize(samples);
    int64_t values = tensor_count(output);
    float *found = calloc((size_t)values, sizeof *found);
    CHECK(tensor_to_floats(output, found, values) == 0);
    double largest = 0;
    for (int k = 0; k < count; k++)
        largest = fmax(largest, fabs(cJSON_GetArrayItem(samples, k)->valuedouble));
    for (int k = 0; k < count; k++)
        CHECK_NEAR(found[k * (values - 1) / (count - 1)],
                   cJSON_GetArrayItem(samples, k)->valuedouble, 1e-5 * largest);
    free(found);
}

static void check_forward(const cJSON *entry)
{
    Specification s = specify(entry);
    Graph *g = specification_build(&s);
    REQUIRE(g != NULL);
    Weights *weights = formula_weights_by_key(g, gain(entry));
    Network *n = network_new(g, weights, PRECISION_FP32);
    tensor_scope_begin();
    Tensor *output = network_forward(
        n, test_picture(number(entry, "height"), number(entry, "width")), FORWARD_FROZEN, NULL);
    for (int axis = 0; axis < 4; axis++)
        CHECK(tensor_extent(output, axis) ==
              cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(entry, "shape"), axis)->valueint);
    check_samples(entry, output);
    tensor_scope_end();
    network_free(n);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
}

TEST(convolutional_generators_compute_what_their_published_implementations_do)
{
    for_every("cases", check_forward);
}

static void check_keys(const cJSON *entry)
{
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(entry, "keys"), *key;
    Specification s = specify(entry);
    Graph *g = specification_build(&s);
    CHECK(cJSON_GetArraySize(keys) == g->parameter_count);
    cJSON_ArrayForEach(key, keys) CHECK(graph_find_parameter(g, key->valuestring) != NULL);
    graph_free(g);
    specification_free(&s);
}

TEST(their_keys_are_the_published_ones)
{
    for_every("cases", check_keys);
}

static void check_count(const cJSON *entry)
{
    Specification s = specify(entry);
    Graph *g = specification_build(&s);
    CHECK(graph_trained_count(g) == number(entry, "parameters"));
    graph_free(g);
    specification_free(&s);
}

TEST(their_published_sizes_have_the_published_numbers_of_parameters)
{
    for_every("published", check_count);
}

static void check_recognition(const cJSON *entry)
{
    Specification s = specify(entry), found;
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 0);
    CHECK(model_recognise(weights, "foreign.pth", &found) == 0);
    CHECK_NO_ERROR();
    CHECK(found.scale == s.scale);
    cJSON *expected = specification_dump(&s), *got = specification_dump(&found);
    /* What no key or shape tells. */
    cJSON_DeleteItemFromObject(expected, "residual");
    cJSON_DeleteItemFromObject(got, "residual");
    CHECK(cJSON_Compare(expected, got, true));
    cJSON_Delete(expected);
    cJSON_Delete(got);
    weights_free(weights);
    graph_free(g);
    specification_free(&found);
    specification_free(&s);
}

TEST(they_are_recognised_by_their_keys_and_shapes_alone)
{
    for_every("cases", check_recognition);
}

TEST(the_large_edsr_is_known_to_scale_its_residuals)
{
    Specification s;
    static const char LARGE[] = "{\"type\":\"edsr\",\"features\":256,\"blocks\":1}";
    cJSON *object = json_parse(LARGE, strlen(LARGE), "test");
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, 2, "test") == 0);
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 0);
    Specification found;
    CHECK(model_recognise(weights, "foreign.pth", &found) == 0);
    cJSON *dump = specification_dump(&found);
    CHECK_NEAR(cJSON_GetObjectItem(dump, "residual")->valuedouble, 0.1, 0);
    cJSON_Delete(dump);
    cJSON_Delete(object);
    weights_free(weights);
    graph_free(g);
    specification_free(&found);
    specification_free(&s);
}

/* A picture and half of it through a fresh 64 x 16 srvgg: the root of the mean square of how much
 * more is added to the one's nearest-neighbour enlargement than to the other's. */
static double trace_in_fresh_srvgg(const char *json, uint64_t seed)
{
    Specification s;
    cJSON *object = json_parse(json, strlen(json), "test");
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, 2, "test") == 0);
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, seed);
    Network *n = network_new(g, weights, PRECISION_FP32);
    REQUIRE(n != NULL);
    tensor_scope_begin();
    Tensor *whole = test_picture(16, 16), *half = tensor_affine(whole, 0.5, 0);
    Tensor *more =
        tensor_subtract(network_forward(n, whole, 0, NULL), network_forward(n, half, 0, NULL));
    more = tensor_subtract(more, tensor_nearest(half, 2));
    double value = sqrt(tensor_item(tensor_mean(tensor_square(more))));
    tensor_scope_end();
    network_free(n);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    return value;
}

TEST(a_fresh_srvgg_of_any_activation_keeps_a_trace_of_the_picture_through_all_layers)
{
    static const char *const NETWORKS[] = {"{\"type\":\"srvgg\"}",
                                           "{\"type\":\"srvgg\",\"activation\":\"relu\"}",
                                           "{\"type\":\"srvgg\",\"activation\":\"leaky_relu\"}"};
    for (int i = 0; i < 3; i++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            double trace = trace_in_fresh_srvgg(NETWORKS[i], seed);
            CHECK(trace > 1e-4 && trace < 0.05);
        }
}

/* The mean change of what lies over column `middle` when the columns nearer than radius, or the
 * farther ones, change. */
static double change_over_middle(Network *n, int scale, int w, int radius, bool farther)
{
    enum { HEIGHT = 8 };
    const int64_t shape[] = {1, 3, HEIGHT, w};
    int count = 3 * HEIGHT * w, middle = w / 2;
    float *values = calloc((size_t)count, sizeof *values);
    Tensor *outputs[2];
    tensor_scope_begin();
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < count; i++) {
            bool changes = side && (abs(i % w - middle) > radius) == farther;
            values[i] = changes ? 1 - formula_pixel((uint32_t)i) : formula_pixel((uint32_t)i);
        }
        outputs[side] = network_forward(n, tensor_from_floats(values, 4, shape), 0, NULL);
    }
    Tensor *difference = tensor_absolute(tensor_subtract(outputs[1], outputs[0]));
    double change = tensor_item(tensor_mean(tensor_slice(difference, 3, middle * scale, scale)));
    tensor_scope_end();
    free(values);
    return change;
}

static void check_reach(const cJSON *entry)
{
    Specification s = specify(entry);
    Graph *g = specification_build(&s);
    Weights *weights = formula_weights_by_key(g, gain(entry));
    network_choose_backend(BACKEND_TORCH); /* Winograd's tiles round together */
    Network *n = network_new(g, weights, PRECISION_FP32);
    network_choose_backend(BACKEND_AUTO);
    Cost cost;
    CHECK(cost_of_graph(g, 64, 64, &cost) == 0);
    REQUIRE(n != NULL);
    int w = (2 * cost.radius + 12) / 8 * 8 + 8;
    tensor_no_grad_begin();
    CHECK(change_over_middle(n, s.scale, w, cost.radius, false) > 0);
    CHECK(change_over_middle(n, s.scale, w, cost.radius, true) == 0);
    tensor_no_grad_end();
    network_free(n);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
}

TEST(no_pixel_outside_the_receptive_field_matters)
{
    for_every("cases", check_reach);
}

/* The mean of f(parameters) squared, and its gradient, at one parameter moved by `step`. */
static double loss_at(Network *n, Weights *weights, const char *key, double step, int h, int w)
{
    Weight *weight = weights_find(weights, key);
    float saved = weight->values[0];
    weight->values[0] = (float)(saved + step);
    CHECK(network_set_weights(n, weights) == 0);
    tensor_scope_begin();
    Tensor *output = network_forward(n, test_picture(h, w), 0, NULL);
    double loss = tensor_item(tensor_mean(tensor_square(tensor_to_type(output, TENSOR_DOUBLE))));
    tensor_scope_end();
    weight->values[0] = saved;
    return loss;
}

static double gradient_at(const Graph *g, const float *gradients, const char *key)
{
    int64_t offset = 0;
    for (int i = 0; i < g->parameter_count; i++) {
        if (strcmp(g->parameters[i].key, key) == 0)
            return (double)gradients[offset];
        offset += g->parameters[i].trained ? g->parameters[i].count : 0;
    }
    return NAN;
}

/* A step along one parameter changes the loss as the gradient says. */
static void check_gradients(const cJSON *entry)
{
    const double STEP = 1e-3;
    int h = number(entry, "height"), w = number(entry, "width");
    Specification s = specify(entry);
    Graph *g = specification_build(&s);
    Weights *weights = formula_weights_by_key(g, gain(entry));
    Network *n = network_new(g, weights, PRECISION_FP32);
    int64_t count = graph_trained_count(g);
    float *gradients = calloc((size_t)count, sizeof *gradients);
    tensor_scope_begin();
    Tensor *output = network_forward(n, test_picture(h, w), 0, NULL);
    CHECK(tensor_backward(tensor_mean(tensor_square(output))) == 0);
    CHECK(tensor_to_floats(network_gradients(n), gradients, count) == 0);
    tensor_scope_end();
    for (int64_t i = 0; i < count; i++)
        REQUIRE(isfinite(gradients[i]));
    for (int i = 0; i < g->parameter_count; i += 1 + g->parameter_count / 8) {
        const char *key = g->parameters[i].key;
        if (!g->parameters[i].trained)
            continue;
        double above = loss_at(n, weights, key, STEP, h, w);
        double below = loss_at(n, weights, key, -STEP, h, w);
        double expected = (above - below) / (2 * STEP), noise = 1e-7 * above / STEP;
        double found = gradient_at(g, gradients, key);
        CHECK_NEAR(found, expected, 2e-3 + noise + 0.02 * fabs(expected));
    }
    free(gradients);
    network_free(n);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
}

TEST(their_gradients_agree_with_finite_differences)
{
    for_every("cases", check_gradients);
}
