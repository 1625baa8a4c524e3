/* Networks of 8-bit numbers: what becomes levels, what stays, and that files of them come back. */
#include "export/quantise.h"

#include <float.h>

#include "core/error.h"
#include "core/memory.h"
#include "export/calibrate.h"
#include "export/verify.h"
#include "nets/fold.h"
#include "nets/onnx/build.h"
#include "nets/onnx/file.h"
#include "nets/onnx/write.h"
#include "nets/span.h"
#include "nets/srvgg.h"
#include "tensor/tensor.h"
#include "tests/export/networks.h"
#include "tests/unit.h"

/* A network quantised with the same range for every result, and what it was made of. */
typedef struct Quantised {
    Graph *folded, *graph;
    Weights *plain, *weights;
    QuantisePlan plan;
} Quantised;

static Quantised quantised(const Graph *g, const Weights *weights)
{
    Quantised q = {.folded = NULL};
    q.folded = graph_fold(g, weights, &q.plain);
    REQUIRE(q.folded != NULL);
    REQUIRE(quantise_plan(q.folded, &q.plan) == 0);
    Range *ranges = memory_array((size_t)g->count, sizeof *ranges);
    for (int i = 0; i < g->count; i++)
        ranges[i] = (Range){-1, 1.5};
    q.graph = quantise_graph(&q.plan, q.plain, ranges, &q.weights);
    free(ranges);
    CHECK_NO_ERROR();
    REQUIRE(q.graph != NULL);
    return q;
}

static void quantised_free(Quantised *q)
{
    quantise_plan_free(&q->plan);
    weights_free(q->plain);
    weights_free(q->weights);
    graph_free(q->folded);
    graph_free(q->graph);
}

static const Node *named(const Graph *g, const char *name)
{
    for (int i = 0; i < g->count; i++)
        if (strcmp(g->nodes[i]->name, name) == 0)
            return g->nodes[i];
    return NULL;
}

static const float *values(const Weights *w, const char *key)
{
    const Weight *found = weights_find(w, key);
    return found ? found->values : NULL;
}

static Quantised small_srvgg(void)
{
    Graph *g = SRVGG.build(&(SrvggConfig){.features = 6, .convs = 2}, 2);
    Weights *weights = graph_initial_weights(g, 5);
    Quantised q = quantised(g, weights);
    weights_free(weights);
    graph_free(g);
    return q;
}

TEST(quantisation_is_that_of_its_definition)
{
    const float given[] = {-1e9f, -3.1f, -0.05f, -0.15f, 0, 0.05f, 0.15f, 0.2499f, 1.25f, 77, 1e9f};
    const double step = (double)0.1f;
    const int zero = 30;
    enum { COUNT = sizeof given / sizeof *given };
    float found[COUNT];
    tensor_scope_begin();
    Tensor *x = tensor_quantise(tensor_from_floats(given, 1, (int64_t[]){COUNT}), step, zero);
    CHECK(tensor_to_floats(x, found, COUNT) == 0);
    tensor_scope_end();
    for (int i = 0; i < COUNT; i++) {
        float level = nearbyintf(given[i] / (float)step) + (float)zero;
        level = level < 0 ? 0 : level > 255 ? 255 : level;
        CHECK(found[i] == (level - (float)zero) * (float)step);
    }
}

TEST(ties_go_to_even_levels_and_levels_stay)
{
    const float given[] = {0.5f, 1.5f, 2.5f, -0.5f, 3, 255, 256};
    const float expected[] = {0, 2, 2, 0, 3, 255, 255};
    float found[7];
    tensor_scope_begin();
    Tensor *x = tensor_quantise(tensor_from_floats(given, 1, (int64_t[]){7}), 1, 0);
    CHECK(tensor_to_floats(tensor_quantise(x, 1, 0), found, 7) == 0);
    tensor_scope_end();
    for (int i = 0; i < 7; i++)
        CHECK(found[i] == expected[i]);
}

TEST(first_and_last_convolution_stay_in_float)
{
    Quantised q = small_srvgg();
    CHECK(named(q.graph, "body.0")->steps < 0 && named(q.graph, "body.6")->steps < 0);
    CHECK(named(q.graph, "body.2")->steps >= 0 && named(q.graph, "body.4")->steps >= 0);
    CHECK(named(q.graph, "body.0")->inputs[0]->operation == OPERATION_INPUT);
    CHECK(named(q.graph, "body.6")->inputs[0]->operation == OPERATION_PRELU);
    for (int i = 0; i < q.plain->count; i++) {
        const char *key = q.plain->items[i].key;
        bool touched = strstr(key, "body.2.") || strstr(key, "body.4.");
        size_t bytes = (size_t)q.plain->items[i].count * sizeof(float);
        CHECK((memcmp(q.plain->items[i].values, values(q.weights, key), bytes) == 0) == !touched);
    }
    quantised_free(&q);
}

TEST(convolutions_take_levels_and_give_levels)
{
    Quantised q = small_srvgg();
    const Node *conv = named(q.graph, "body.4"), *act = named(q.graph, "body.5");
    CHECK(conv->inputs[0]->operation == OPERATION_QUANTISE);
    CHECK(conv->inputs[0]->inputs[0]->operation == OPERATION_PRELU);
    CHECK(act->inputs[0]->operation == OPERATION_QUANTISE && act->inputs[0]->inputs[0] == conv);
    CHECK_NEAR(act->inputs[0]->value, 2.5 / 255, 1e-8);
    CHECK(act->inputs[0]->first == 102);
    CHECK(q.graph->output->operation == OPERATION_ADD);
    for (int k = 0; k < 2; k++)
        CHECK(q.graph->output->inputs[k]->operation != OPERATION_QUANTISE);
    quantised_free(&q);
}

TEST(each_channels_largest_weight_is_127_steps)
{
    Quantised q = small_srvgg();
    const float *before = values(q.plain, "body.2.weight"),
                *after = values(q.weights, "body.2.weight");
    const float *steps = values(q.weights, "body.2.weight_steps");
    const Weight *w = weights_find(q.weights, "body.2.weight");
    int64_t each = w->count / 6;
    for (int64_t c = 0; c < 6; c++) {
        float largest = 0;
        for (int64_t i = c * each; i < (c + 1) * each; i++) {
            CHECK_NEAR((double)after[i],
                       nearbyint((double)(before[i] / steps[c])) * (double)steps[c], 1e-7);
            largest = fmaxf(largest, fabsf(before[i]));
        }
        CHECK_RELATIVE((double)steps[c], (double)largest / 127, 1e-6);
    }
    CHECK(steps[0] != steps[1]);
    quantised_free(&q);
}

TEST(a_channel_without_weights_and_a_large_bias_have_steps)
{
    Graph *g = SRVGG.build(&(SrvggConfig){.features = 6, .convs = 2}, 2);
    Weights *weights = graph_initial_weights(g, 5);
    float *w = weights_find(weights, "body.2.weight")->values;
    memset(w, 0, 2 * 54 * sizeof *w);
    weights_find(weights, "body.2.bias")->values[0] = 0;
    weights_find(weights, "body.2.bias")->values[1] = 1e6f;
    Quantised q = quantised(g, weights);
    CHECK(values(q.weights, "body.2.weight_steps")[0] == 1);
    CHECK_RELATIVE((double)values(q.weights, "body.2.bias")[1], 1e6, 1e-5);
    quantised_free(&q);
    weights_free(weights);
    graph_free(g);
}

static Node *forked(Graph *g, Node *x)
{
    Node *a = layer_leaky_relu(g, layer_conv(g, "a", x, 4, 3), 0.2);
    Node *b = layer_relu(g, layer_conv(g, "b", a, 4, 3));
    Node *joined = layer_concat(g, (Node *[]){x, a, b}, 3);
    Node *more = layer_nearest(g, layer_conv(g, "c", joined, 8, 1), 2);
    x = layer_add(g, layer_conv(g, "d", more, 8, 3), layer_nearest(g, x, 2));
    return layer_conv(g, "last", x, 3, 3);
}
TEST(what_is_joined_or_moved_has_the_same_levels)
{
    TestNetwork network = test_network(forked);
    Quantised q = quantised(network.graph, network.weights);
    const Node *c = named(q.folded, "c"), *d = named(q.folded, "d");
    const Node *joined = c->inputs[0];
    for (int i = 0; i < 3; i++) {
        CHECK(q.plan.results[joined->inputs[i]->index]);
        CHECK(q.plan.groups[joined->inputs[i]->index] == q.plan.groups[joined->index]);
    }
    CHECK(q.plan.groups[d->inputs[0]->index] == q.plan.groups[c->index]);
    CHECK(q.plan.groups[c->index] != q.plan.groups[joined->index]);
    CHECK(!q.plan.results[named(q.folded, "b")->index]); /* the relu behind it does */
    CHECK(!q.plan.results[named(q.folded, "last")->index]);
    /* The sum reads the levels of d, but x itself. */
    const Node *sum = named(q.graph, "last")->inputs[0];
    CHECK(sum->inputs[0]->operation == OPERATION_QUANTISE);
    CHECK(sum->inputs[1]->operation == OPERATION_NEAREST);
    CHECK(sum->inputs[1]->inputs[0]->operation == OPERATION_CONV);
    quantised_free(&q);
    test_network_free(&network);
}

static void check_comes_back(const Graph *g, const Weights *weights)
{
    const char *path = unit_scratch("quantised.onnx");
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 2};
    OnnxNetwork read;
    REQUIRE(onnx_write(path, g, weights, &about) == 0);
    REQUIRE(onnx_read(path, &read) == 0);
    CHECK(read.graph->count == g->count);
    for (int i = 0; i < g->parameter_count; i++) {
        const Weight *from = weights_find(weights, g->parameters[i].key);
        const Weight *to = weights_find(read.weights, g->parameters[i].key);
        REQUIRE(from && to && from->count == to->count);
        CHECK(memcmp(from->values, to->values, (size_t)from->count * sizeof(float)) == 0);
    }
    Agreement agreement;
    Runnable original = {g, weights}, written = {read.graph, read.weights};
    CHECK(verify_agreement("quantised", original, written, 0, &agreement) == 0);
    CHECK_NO_ERROR();
    onnx_network_free(&read);
}

TEST(files_of_8_bit_numbers_come_back_as_the_same_network)
{
    Quantised q = small_srvgg();
    check_comes_back(q.graph, q.weights);
    quantised_free(&q);
    TestNetwork network = test_network(forked);
    q = quantised(network.graph, network.weights);
    check_comes_back(q.graph, q.weights);
    quantised_free(&q);
    test_network_free(&network);
}

static const Onnx__NodeProto *maker(const Onnx__ModelProto *m, const char *value)
{
    for (size_t i = 0; i < m->graph->n_node; i++)
        if (strcmp(m->graph->node[i]->output[0], value) == 0)
            return m->graph->node[i];
    return NULL;
}

static int32_t type_of(const Onnx__ModelProto *m, const char *name)
{
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        if (strcmp(m->graph->initializer[i]->name, name) == 0)
            return m->graph->initializer[i]->data_type;
    return 0;
}

/* The pattern that runtimes compute in integers: levels in, int8 weights, int32 bias, levels out.
 */
TEST(convolutions_lie_between_pairs_on_every_side)
{
    Quantised q = small_srvgg();
    const char *path = unit_scratch("pairs.onnx");
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 2};
    REQUIRE(onnx_write(path, q.graph, q.weights, &about) == 0);
    Onnx__ModelProto *m = onnx_file_read(path);
    REQUIRE(m != NULL);
    const Onnx__NodeProto *conv = maker(m, "body.2.result");
    for (size_t i = 0; i < 3; i++)
        CHECK(strcmp(maker(m, conv->input[i])->op_type, "DequantizeLinear") == 0);
    CHECK(type_of(m, maker(m, conv->input[1])->input[0]) == ONNX__TENSOR_PROTO__DATA_TYPE__INT8);
    CHECK(type_of(m, maker(m, conv->input[2])->input[0]) == ONNX__TENSOR_PROTO__DATA_TYPE__INT32);
    const Onnx__NodeProto *pair = maker(m, maker(m, conv->input[0])->input[0]);
    CHECK(strcmp(pair->op_type, "QuantizeLinear") == 0);
    CHECK(type_of(m, pair->input[2]) == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8);
    CHECK(type_of(m, "body.0.weight") == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    CHECK(type_of(m, "body.2.weight") == 0);
    onnx_free(m);
    quantised_free(&q);
}

static void check_all_are_read(const Graph *g, const Weights *weights, bool half)
{
    const char *path = unit_scratch("read.onnx");
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 2, .half = half};
    REQUIRE(onnx_write(path, g, weights, &about) == 0);
    Onnx__ModelProto *m = onnx_file_read(path);
    REQUIRE(m != NULL);
    for (size_t k = 0; k < m->graph->n_initializer; k++) {
        const char *name = m->graph->initializer[k]->name;
        bool read = false;
        for (size_t i = 0; i < m->graph->n_node; i++)
            for (size_t n = 0; n < m->graph->node[i]->n_input; n++)
                read |= strcmp(m->graph->node[i]->input[n], name) == 0;
        CHECK(read);
        CHECK(!strstr(name, ".sk.") && !strstr(name, ".conv.0") && !strstr(name, "weight_u"));
    }
    onnx_free(m);
}

TEST(constants_are_folded_and_all_are_read_in_every_precision)
{
    Graph *g = SPAN.build(&(SpanConfig){.features = 8}, 2);
    Weights *weights = graph_initial_weights(g, 5);
    Quantised q = quantised(g, weights);
    check_all_are_read(g, weights, false);
    check_all_are_read(g, weights, true);
    check_all_are_read(q.graph, q.weights, false);
    quantised_free(&q);
    weights_free(weights);
    graph_free(g);
}

TEST(an_int8_network_has_no_half_form)
{
    Quantised q = small_srvgg();
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 2, .half = true};
    CHECK(onnx_write(unit_scratch("both.onnx"), q.graph, q.weights, &about) != 0);
    CHECK_ERROR(ERROR_FORMAT, "both.onnx: a network of int8 has no float16 form");
    quantised_free(&q);
}

/* What other exporters write: signed levels, one step for all weights, bytes one by one. */
TEST(other_spellings_of_8_bit_numbers_are_read)
{
    Onnx__ModelProto *m = onnx_new("foreign");
    Onnx__GraphProto *o = m->graph;
    onnx_add_input(o, "x", 3, "h", "w");
    onnx_add_output(o, "y", 3, "h", "w");
    onnx_add_constant(o, "step", 0, NULL, (float[]){0.01f});
    onnx_add_signed8(o, "zero", 0, NULL, (int8_t[]){-28});
    onnx_add_constant(o, "weight_step", 0, NULL, (float[]){0.5f});
    const int8_t kernel[9] = {2, 0, 0, 0, -4, 0, 1, 0, 6};
    onnx_add_signed8(o, "kernel", 4, (int64_t[]){3, 3, 1, 1}, kernel);
    static const char *const NODES[][5] = {
        {"QuantizeLinear", "levels", "x", "step", "zero"},
        {"DequantizeLinear", "numbers", "levels", "step", "zero"},
        {"DequantizeLinear", "weight", "kernel", "weight_step"},
        {"Conv", "y", "numbers", "weight"}};
    for (int i = 0; i < 4; i++) {
        Onnx__NodeProto *node = onnx_add_node(o, NODES[i][0], NODES[i][1], NODES[i][1]);
        for (int k = 2; k < 5 && NODES[i][k]; k++)
            onnx_add_node_input(node, NODES[i][k]);
    }
    size_t count = onnx__model_proto__get_packed_size(m);
    uint8_t *bytes = memory_array(count, 1);
    onnx__model_proto__pack(m, bytes);
    OnnxNetwork read;
    REQUIRE(onnx_parse(bytes, count, "foreign", &read) == 0);
    const Node *conv = read.graph->output, *levels = conv->inputs[0];
    CHECK(levels->operation == OPERATION_QUANTISE && levels->first == 100);
    CHECK_NEAR(levels->value, 0.01, 1e-9);
    const float *weight = values(read.weights, read.graph->parameters[conv->weight].key);
    for (int i = 0; i < 9; i++)
        CHECK(weight[i] == (float)kernel[i] / 2);
    CHECK(conv->steps >= 0);
    CHECK(values(read.weights, read.graph->parameters[conv->steps].key)[2] == 0.5f);
    onnx_network_free(&read);
    free(bytes);
    onnx_free(m);
}

TEST(composed_kernels_are_quantised_as_one)
{
    Graph *g = SPAN.build(&(SpanConfig){.features = 8}, 2);
    Weights *weights = graph_initial_weights(g, 5);
    Quantised q = quantised(g, weights);
    for (int i = 0; i < q.graph->parameter_count; i++)
        CHECK(!strstr(q.graph->parameters[i].key, ".sk.") &&
              !strstr(q.graph->parameters[i].key, ".conv.1."));
    check_comes_back(q.graph, q.weights);
    quantised_free(&q);
    weights_free(weights);
    graph_free(g);
}

TEST(networks_without_a_middle_and_quantised_ones_are_refused)
{
    Graph *g = SRVGG.build(&(SrvggConfig){.features = 6, .convs = 0}, 2);
    QuantisePlan plan;
    CHECK(quantise_plan(g, &plan) != 0);
    CHECK_ERROR(ERROR_FORMAT, "no convolution lies between");
    quantise_plan_free(&plan);
    graph_free(g);
    Quantised q = small_srvgg();
    CHECK(quantise_plan(q.graph, &plan) != 0);
    CHECK_ERROR(ERROR_FORMAT, "8-bit numbers already");
    quantise_plan_free(&plan);
    quantised_free(&q);
}

TEST(a_few_values_far_away_are_clipped)
{
    Spread *s = memory_new(sizeof *s);
    float near[2000], far = 100;
    for (int i = 0; i < 2000; i++)
        near[i] = (float)(i - 500) / 1000;
    for (int i = 0; i < 500; i++)
        spread_add(s, near, 2000);
    Range range = spread_range(s);
    CHECK(range.low <= -0.5 && range.low > -0.6 && range.high >= 1.499 && range.high < 1.6);
    spread_add(s, &far, 1);
    range = spread_range(s);
    CHECK(range.high < 60 && range.high > 1.4 && range.low <= -0.45);
    free(s);
}

TEST(spreads_grow_with_their_values_and_lose_none)
{
    Spread *s = memory_new(sizeof *s);
    const float values_seen[] = {0.001f, -0.02f, 3, 0, -70};
    for (int i = 0; i < 5; i++)
        spread_add(s, &values_seen[i], 1);
    double count = 0;
    for (int i = 0; i < CALIBRATE_BINS; i++)
        count += s->counts[i];
    CHECK(count == 5);
    Range range = spread_range(s);
    CHECK(range.low <= 0 && range.high >= 0);
    free(s);
}

static double total(const Spread *s)
{
    double count = 0;
    for (int i = 0; i < CALIBRATE_BINS; i++)
        count += s->counts[i];
    return count;
}

TEST(values_next_to_the_spreads_borders_are_counted)
{
    const float edge = (float)CALIBRATE_BINS / 2;
    const float seen[] = {nextafterf(edge, 0), -nextafterf(edge, 0)};
    Spread *s = memory_new(sizeof *s);
    CHECK(spread_add(s, seen, 2));
    CHECK(s->bin == 1 && total(s) == 2);
    CHECK(s->counts[CALIBRATE_BINS - 1] == 1 && s->counts[0] == 1);
    free(s);
}

TEST(values_that_are_not_finite_are_refused_and_the_largest_is_not)
{
    const float refused[][2] = {{1, NAN}, {NAN, 1}, {1, INFINITY}, {-INFINITY, 1}};
    const float largest = FLT_MAX;
    for (int filled = 0; filled < 2; filled++) {
        Spread *s = memory_new(sizeof *s);
        CHECK(!filled || spread_add(s, &(float){0.5f}, 1));
        for (int i = 0; i < 4; i++)
            CHECK(!spread_add(s, refused[i], 2));
        CHECK(total(s) == filled);
        CHECK(spread_add(s, &largest, 1) && total(s) == filled + 1);
        free(s);
    }
}
