/* The fused reader against libtorch in fp32, through small graphs that are wired at random: output,
 * taps and gradients. What would magnify rounding is left out: norms of a pixel, differences. */
#include <stdio.h>

#include "core/error.h"
#include "core/random.h"
#include "nets/layers.h"
#include "nets/pass.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

enum { SEEDS = 10, MOST_VALUES = 48, MOST_CHANNELS = 40, MOST_TAPS = 3, MOST_PIXELS = 1 << 11 };

/* Nodes to wire on; a level has twice the extents of the one below. */
typedef struct Wiring {
    Random random;
    Graph *graph;
    Node *values[MOST_VALUES];
    int levels[MOST_VALUES], count;
} Wiring;

static int below(Wiring *w, int limit)
{
    return (int)random_below(&w->random, (uint32_t)limit);
}

/* One of these extents and channels (0: any), perhaps x. */
static Node *like(Wiring *w, Node *x, int level, int channels)
{
    for (int tries = 0; tries < 12; tries++) {
        int i = below(w, w->count);
        if (w->levels[i] == level && (!channels || w->values[i]->channels == channels))
            return w->values[i];
    }
    return x;
}

/* Half of those of a concatenation begin with its parts, and some end with them, too. */
static Node *concat(Wiring *w, Node *x, int level)
{
    bool again = x->operation == OPERATION_CONCAT && below(w, 2);
    Node *parts[4] = {x}, *next = like(w, x, level, 0);
    int count = again ? x->input_count : 1;
    for (int i = 0; again && i < count; i++)
        parts[i] = x->inputs[i];
    if (x->channels + next->channels > MOST_CHANNELS)
        return x;
    if (count < 4 && !(again && below(w, 2)))
        parts[count++] = next;
    return layer_concat(w->graph, parts, count);
}

static Node *activation(Wiring *w, const char *name, Node *x)
{
    static Node *(*const PLAIN[])(Graph *, Node *) = {layer_relu, layer_silu, layer_sigmoid,
                                                      layer_mish, layer_gelu};
    int way = below(w, 8);
    return way < 5    ? PLAIN[way](w->graph, x)
           : way == 5 ? layer_leaky_relu(w->graph, x, 0.2)
                      : layer_prelu(w->graph, name, x);
}

/* Of kernel 4: with half the extents. */
static Node *conv(Wiring *w, const char *name, Node *x, int kernel, int channels)
{
    ConvOptions options = {.kernel = kernel, .stride = kernel == 4 ? 2 : 1, .bias = below(w, 4)};
    options.padding = (kernel - 1) / 2;
    return layer_conv_general(w->graph, name, x, channels, options);
}

static Node *resize(Wiring *w, const char *name, Node *x, bool up)
{
    int way = below(w, 4);
    if (up)
        return way == 0                          ? layer_nearest(w->graph, x, 2)
               : way == 1 || x->channels % 4 > 0 ? layer_bilinear(w->graph, x, 2)
                                                 : layer_pixel_shuffle(w->graph, x, 2);
    return way == 0                      ? layer_max_pool(w->graph, x, 2, 2, false)
           : way == 1 || x->channels > 8 ? conv(w, name, x, 4, 8)
                                         : layer_pixel_unshuffle(w->graph, x, 2);
}

static Node *any_node(Wiring *w, const char *name, Node *x, int *level)
{
    static const int KERNELS[] = {1, 3, 3, 5}, CHANNELS[] = {1, 3, 8, 8, 16, 17};
    int way = below(w, 18), channels = 1 + below(w, x->channels);
    if (way < 4)
        return conv(w, name, x, KERNELS[way], CHANNELS[below(w, 6)]);
    if (way < 6)
        return activation(w, name, x);
    if (way < 8)
        return concat(w, x, *level);
    if (way == 8)
        return layer_add(w->graph, x, like(w, x, *level, x->channels));
    if (way == 9)
        return layer_add_scaled(w->graph, x, conv(w, name, x, 3, x->channels), 0.2);
    if (way == 10)
        return layer_multiply(w->graph, x, like(w, x, *level, x->channels));
    if (way == 11)
        return layer_slice(w->graph, x, below(w, x->channels - channels + 1), channels);
    if (way == 12)
        return layer_group_norm(w->graph, name, x, 1); /* libtorch's */
    bool up = *level < 0 || (*level == 0 && below(w, 2));
    *level += up ? 1 : -1;
    return resize(w, name, x, up);
}

static Graph *random_graph(uint64_t seed)
{
    Wiring w = {.random = random_stream(seed, RANDOM_TEST, 0, 0), .graph = graph_new(), .count = 1};
    w.values[0] = layer_conv(w.graph, "first", layer_input(w.graph, 3), 8, 3);
    int wanted = 16 + below(&w, MOST_VALUES - 16);
    while (w.count < wanted) {
        int i = w.count - 1 - below(&w, below(&w, 4) && w.count > 3 ? 3 : w.count);
        char name[16];
        snprintf(name, sizeof name, "n%d", w.count);
        w.levels[w.count] = w.levels[i];
        Node *made = any_node(&w, name, w.values[i], &w.levels[w.count]);
        if (made != w.values[i])
            w.values[w.count++] = made;
    }
    for (int i = 0, at = 0; i < MOST_TAPS && (at += 1 + below(&w, wanted / 2)) < wanted; i++)
        graph_tap(w.graph, w.values[at]);
    graph_output(w.graph, layer_conv(w.graph, "last", w.values[wanted - 1], 5, 3));
    return graph_finish(w.graph);
}

typedef struct Way {
    int mode, segments; /* 0 segments: network_forward */
    bool watched;
} Way;

/* What a pass gives: with a watcher, the gradients as they are when it is told of them. */
typedef struct Result {
    Tensor *output, *taps[MOST_TAPS], *image, *gradients, *parameters;
} Result;

static void see(void *context, int i, int64_t offset, int64_t count)
{
    (void)i;
    const Result *r = context;
    memcpy(tensor_data(r->parameters) + offset, tensor_data(r->gradients) + offset,
           (size_t)count * sizeof(float));
}

static Tensor *pattern_like(Tensor *t)
{
    static float values[MOST_CHANNELS * MOST_PIXELS];
    for (uint32_t i = 0; i < tensor_count(t); i++)
        values[i] = formula_pixel(i);
    Tensor *like = tensor_new_like(t);
    tensor_set_floats(like, values, tensor_count(t));
    return like;
}

static Result compute(const Graph *g, const Weights *weights, Backend backend, const Way *way)
{
    network_choose_backend(backend);
    Network *network = network_new(g, weights, PRECISION_FP32);
    network_choose_backend(BACKEND_AUTO);
    REQUIRE(network != NULL);
    Result r = {.gradients = network_gradients(network)};
    r.parameters = tensor_affine(r.gradients, 0, 0);
    Tensor *image = tensor_leaf(pattern_like(tensor_zeros(4, (int64_t[]){2, 3, 12, 18})));
    if (way->watched)
        network_watch(network, see, &r);
    if (way->segments) {
        NetworkPass *pass =
            network_pass_begin(network, tensor_detach(image), way->mode, way->segments, &r.output);
        CHECK(network_pass_end(pass, pattern_like(r.output)) == 0);
    } else {
        r.output = network_forward(network, image, way->mode, r.taps);
        Tensor *from[] = {r.output, r.taps[0], r.taps[1], r.taps[2]}, *by[1 + MOST_TAPS];
        for (int i = 0; i <= g->tap_count; i++)
            by[i] = pattern_like(from[i]);
        CHECK(tensor_backward_from(from, by, 1 + g->tap_count) == 0);
        r.image = tensor_gradient(image);
    }
    if (!way->watched)
        tensor_copy(r.parameters, r.gradients);
    network_free(network);
    return r;
}

/* The length of the difference to that of `expected`, or to `least` if that is more. */
static void check_near(const char *what, Tensor *t, Tensor *expected, double least)
{
    double size = fmax(tensor_norm(tensor_detach(expected)), least);
    double difference = tensor_norm(tensor_detach(tensor_subtract(t, expected)));
    bool near = difference <= 2e-4 * size;
    if (!near)
        printf("%s: %g of %g\n", what, difference, size);
    CHECK(near);
}

static void check_way(const Graph *g, const Weights *weights, const Way *way)
{
    tensor_scope_begin();
    Result expected = compute(g, weights, BACKEND_TORCH, way);
    Result fused = compute(g, weights, BACKEND_FUSED, way);
    check_near("output", fused.output, expected.output, 0);
    for (int i = 0; i < g->tap_count && !way->segments; i++)
        check_near("tap", fused.taps[i], expected.taps[i], 0);
    if (!way->segments)
        check_near("image", fused.image, expected.image, 0);
    double all = tensor_norm(expected.parameters);
    CHECK((all > 0) == (way->mode != FORWARD_FROZEN));
    for (int64_t i = 0, at = 0; i < g->parameter_count; at += g->parameters[i++].count)
        check_near(g->parameters[i].key,
                   tensor_slice(fused.parameters, 0, at, g->parameters[i].count),
                   tensor_slice(expected.parameters, 0, at, g->parameters[i].count), 1e-3 * all);
    CHECK_NO_ERROR();
    tensor_scope_end();
}

TEST(fused_graphs_wired_at_random_have_libtorchs_outputs_and_gradients)
{
    static const Way WAYS[] = {
        {0}, {.mode = FORWARD_FROZEN}, {.mode = FORWARD_ONCE}, {.watched = true}, {.segments = 3}};
    for (int seed = 0; seed < SEEDS; seed++) {
        Graph *g = random_graph((uint64_t)seed);
        REQUIRE(g != NULL);
        Weights *weights = graph_initial_weights(g, (uint64_t)seed);
        for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
            unsigned before = CU_get_number_of_failures();
            check_way(g, weights, &WAYS[i]);
            if (CU_get_number_of_failures() > before)
                printf("seed %d, way %d\n", seed, (int)i);
        }
        weights_free(weights);
        graph_free(g);
    }
}
