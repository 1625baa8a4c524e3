/* A network's pass against autograd's own through the whole network: the same bits. */
#include "nets/pass.h"

#include "core/error.h"
#include "nets/layers.h"
#include "nets/segments.h"
#include "nets/span.h"
#include "nets/srvgg.h"
#include "nets/unet.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

enum { SAMPLES = 2, EDGE = 16 };

static Tensor *pattern(int rank, const int64_t *shape)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    float *values = malloc((size_t)count * sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = (formula_value((uint32_t)i, 77, 6, false) + 1) / 2;
    Tensor *t = tensor_from_floats(values, rank, shape);
    free(values);
    return t;
}

/* A value that is read in many places, near and far, and one that nobody reads. */
static Graph *tangle(void)
{
    Graph *g = graph_new();
    Node *x = layer_conv(g, "first", layer_input(g, 3), 8, 3);
    Node *y = layer_relu(g, layer_conv(g, "a", x, 8, 3));
    layer_conv(g, "unread", y, 8, 3);
    y = layer_conv(g, "b", layer_add(g, x, y), 8, 3);
    Node *parts[] = {x, y, layer_leaky_relu(g, layer_conv(g, "c", x, 8, 3), 0.1)};
    y = layer_conv(g, "d", layer_concat(g, parts, 3), 8, 3);
    y = layer_add(g, layer_prelu(g, "e", layer_add(g, x, y)), y);
    Node *output = layer_add(g, y, x);
    graph_output(g, output);
    return g;
}

static Graph *srvgg(void)
{
    SrvggConfig config = {.features = 16, .convs = 6};
    return SRVGG.build(&config, 2);
}

static Graph *unet(void)
{
    UnetConfig config = {.features = 8, .skip = true};
    return UNET.build(&config, 1);
}

/* Output, gradients, values and buffers after one pass; owned by the caller. */
typedef struct Result {
    float *output, *gradients;
    int64_t count;
    Weights *after;
} Result;

static float *copy(Tensor *t)
{
    float *values = malloc((size_t)tensor_count(t) * sizeof *values);
    tensor_to_floats(t, values, tensor_count(t));
    return values;
}

/* segments 0: autograd through network_forward. */
static Result run(const Graph *g, Precision precision, int mode, int segments)
{
    Result r = {.count = graph_trained_count(g)};
    Weights *weights = formula_weights(g);
    Network *network = network_new(g, weights, precision);
    network_gradients(network); /* there from now on */
    int64_t before = tensor_live();
    tensor_scope_begin();
    Tensor *image = pattern(4, (int64_t[]){SAMPLES, 3, EDGE, EDGE}), *output;
    NetworkPass *pass = NULL;
    if (segments == 0)
        output = network_forward(network, image, mode, NULL);
    else
        pass = network_pass_begin(network, image, mode, segments, &output);
    r.output = copy(output);
    int64_t shape[4];
    for (int i = 0; i < 4; i++)
        shape[i] = tensor_extent(output, i);
    Tensor *gradient = pattern(4, shape);
    int status = segments == 0 ? tensor_backward_from(&output, &gradient, 1)
                               : network_pass_end(pass, gradient);
    CHECK(status == 0);
    tensor_scope_end();
    CHECK(tensor_live() == before);
    r.gradients = copy(network_gradients(network));
    r.after = network_weights(network, NULL);
    CHECK_NO_ERROR();
    network_free(network);
    weights_free(weights);
    return r;
}

static void free_result(Result *r)
{
    free(r->output);
    free(r->gradients);
    weights_free(r->after);
}

static bool same_weights(const Weights *a, const Weights *b)
{
    bool same = a && b;
    for (int i = 0; same && i < a->count; i++)
        same = memcmp(a->items[i].values, b->items[i].values,
                      (size_t)a->items[i].count * sizeof(float)) == 0;
    return same;
}

static void check_same(Graph *g, int mode)
{
    REQUIRE(g != NULL);
    network_choose_backend(BACKEND_TORCH); /* fused runs differ in what they round */
    for (Precision precision = PRECISION_FP32; precision <= PRECISION_BF16; precision++) {
        Result plain = run(g, precision, mode, 0);
        double largest = 0;
        for (int64_t i = 0; i < plain.count; i++)
            largest = fmax(largest, fabs((double)plain.gradients[i]));
        CHECK(largest > 0);
        for (int segments = 1; segments <= g->count; segments += 1 + segments / 4) {
            Result parts = run(g, precision, mode, segments);
            CHECK(memcmp(plain.output, parts.output, sizeof(float) * SAMPLES * EDGE * EDGE) == 0);
            CHECK(memcmp(plain.gradients, parts.gradients, (size_t)plain.count * sizeof(float)) ==
                  0);
            CHECK(same_weights(plain.after, parts.after));
            free_result(&parts);
        }
        free_result(&plain);
    }
    network_choose_backend(BACKEND_AUTO);
    graph_free(g);
}

TEST(a_chain_in_segments_has_the_gradients_of_autograd_bit_for_bit)
{
    check_same(srvgg(), FORWARD_PLAIN);
}

static Graph *span(void)
{
    SpanConfig config = {.features = 4};
    return SPAN.build(&config, 2);
}
TEST(composed_convolutions_in_segments_have_the_gradients_of_autograd)
{
    check_same(span(), FORWARD_PLAIN);
}

TEST(values_read_across_many_borders_sum_their_gradients_in_autograds_order)
{
    check_same(tangle(), FORWARD_PLAIN);
}

TEST(spectral_norms_take_one_power_iteration_however_often_they_are_computed)
{
    check_same(unet(), FORWARD_UPDATE_SPECTRAL);
}

TEST(a_pass_without_a_gradient_leaves_gradients_alone)
{
    Graph *g = srvgg();
    Weights *weights = formula_weights(g);
    Network *network = network_new(g, weights, PRECISION_FP32);
    network_gradients(network); /* there from now on */
    int64_t before = tensor_live();
    tensor_scope_begin();
    Tensor *output, *image = pattern(4, (int64_t[]){1, 3, EDGE, EDGE});
    NetworkPass *pass = network_pass_begin(network, image, FORWARD_PLAIN, 3, &output);
    REQUIRE(pass != NULL);
    CHECK(network_pass_end(pass, NULL) == 0);
    CHECK(tensor_item(tensor_sum(tensor_absolute(network_gradients(network)))) == 0);
    tensor_scope_end();
    CHECK(tensor_live() == before);
    network_free(network);
    weights_free(weights);
    graph_free(g);
}

TEST(a_frozen_pass_leaves_gradients_alone)
{
    Graph *g = srvgg();
    Result r = run(g, PRECISION_FP32, FORWARD_FROZEN, 2);
    for (int64_t i = 0; i < r.count; i++)
        CHECK(r.gradients[i] == 0);
    free_result(&r);
    graph_free(g);
}

TEST(an_image_that_does_not_fit_begins_no_pass)
{
    Graph *g = unet();
    Weights *weights = formula_weights(g);
    Network *network = network_new(g, weights, PRECISION_FP32);
    int64_t before = tensor_live();
    tensor_scope_begin();
    Tensor *output, *image = pattern(4, (int64_t[]){1, 3, EDGE + 3, EDGE});
    CHECK(network_pass_begin(network, image, FORWARD_PLAIN, 2, &output) == NULL);
    tensor_scope_end();
    CHECK_ERROR(ERROR_SHAPE, "does not fit");
    CHECK(tensor_live() == before);
    network_free(network);
    weights_free(weights);
    graph_free(g);
}

TEST(segments_cover_a_graph_and_cut_it_where_little_is_alive)
{
    Graph *g = srvgg();
    int borders[9];
    int count = segments_plan(g, EDGE, EDGE, 4, borders);
    CHECK(count == 4 && borders[0] == 0 && borders[count] == g->output->index + 1);
    for (int k = 0; k < count; k++)
        CHECK(borders[k] < borders[k + 1]);
    for (int k = 1; k < count; k++) {
        int alive = 0;
        for (int i = 0; i < g->count; i++)
            alive += segments_reads_across(g, g->nodes[i], borders[k]);
        CHECK(alive == 2); /* the chain, and the image that the end adds */
    }
    CHECK(segments_plan(g, EDGE, EDGE, 8, borders) <= 8);
    graph_free(g);
}
