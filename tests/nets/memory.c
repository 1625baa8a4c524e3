/* The memory reader against what passes take. */
#include "nets/memory.h"

#include "core/error.h"
#include "nets/architecture.h"
#include "nets/fused/plan.h"
#include "nets/layers.h"
#include "nets/pass.h"
#include "tests/unit.h"

enum { SAMPLES = 4, EDGE = 32 };

static Graph *build(const char *network, NetworkKind kind)
{
    Specification s = {0};
    cJSON *object = cJSON_Parse(network);
    bool good = specification_parse(&s, object, kind, kind == KIND_GENERATOR ? 4 : 1, "") == 0;
    Graph *g = good ? specification_build(&s) : NULL;
    cJSON_Delete(object);
    specification_free(&s);
    return g;
}

/* The most that one pass takes beside what the network has; 0 where that is not known. */
static int64_t measure(Network *network, int segments)
{
    tensor_scope_begin();
    Tensor *image = tensor_zeros(4, (int64_t[]){SAMPLES, 3, EDGE, EDGE}), *output;
    network_gradients(network); /* there from now on */
    int64_t before = tensor_memory_most(true);
    before = tensor_memory_most(false);
    NetworkPass *pass = network_pass_begin(network, image, FORWARD_PLAIN, segments, &output);
    REQUIRE(pass != NULL);
    int64_t shape[4];
    for (int i = 0; i < 4; i++)
        shape[i] = tensor_extent(output, i);
    tensor_free(output);
    CHECK(network_pass_end(pass, tensor_zeros(4, shape)) == 0);
    int64_t most = tensor_memory_most(false);
    tensor_scope_end();
    return most > 0 ? most - before : 0;
}

static void check_network(const char *name, Precision precision, Backend backend)
{
    network_choose_backend(backend);
    Graph *g = build(name, KIND_GENERATOR);
    REQUIRE(g != NULL);
    Weights *weights = graph_initial_weights(g, 1);
    Network *network = network_new(g, weights, precision);
    REQUIRE(network != NULL);
    double bound = strncmp(tensor_version(), "libtorch 1.", 11) == 0 ? 0.1 : 0.15;
    for (int segments = 1; segments <= 9; segments += 4) {
        MemoryPlan plan = {precision, SAMPLES, EDGE, EDGE, segments, false, false, backend};
        PassMemory memory;
        CHECK(memory_of_pass(g, &plan, &memory) == 0);
        int64_t measured = measure(network, segments);
        if (measured == 0)
            unit_skip("tensors do not lie in a region of their own here");
        else
            CHECK_RELATIVE((double)memory.most, (double)measured, bound);
    }
    CHECK_NO_ERROR();
    network_choose_backend(BACKEND_AUTO);
    network_free(network);
    weights_free(weights);
    graph_free(g);
}

TEST(passes_take_the_memory_that_the_graph_tells)
{
    static const char *const NETWORKS[] = {
        "{\"type\":\"srvgg\",\"features\":48,\"convs\":6}",
        "{\"type\":\"edsr\",\"blocks\":4}",
        "{\"type\":\"msrresnet\",\"blocks\":4}",
        "{\"type\":\"rrdb\",\"blocks\":1}",
        "{\"type\":\"span\"}",
        "{\"type\":\"realplksr\",\"blocks\":3}",
        "{\"type\":\"realplksr\",\"features\":32,\"blocks\":3,\"norm\":\"group\"}",
        "{\"type\":\"swinir\",\"features\":60,\"layers\":2,\"depth\":2,"
        "\"upsampler\":\"pixelshuffledirect\"}",
    };
    for (size_t i = 0; i < sizeof NETWORKS / sizeof *NETWORKS; i++) {
        for (Backend backend = BACKEND_FUSED; backend <= BACKEND_TORCH; backend++) {
            check_network(NETWORKS[i], PRECISION_FP32, backend);
            /* before libtorch 2 mish goes through fp32 */
            if (backend == BACKEND_FUSED || !strstr(NETWORKS[i], "realplksr"))
                check_network(NETWORKS[i], PRECISION_BF16, backend);
        }
    }
}

/* A pass through a graph that ends with x, fused, in fp32. */
static PassMemory memory_behind(Graph *g, Node *x)
{
    graph_output(g, layer_conv(g, "last", x, 1, 3));
    MemoryPlan plan = {PRECISION_FP32, SAMPLES, EDGE, EDGE, 1, false, false, BACKEND_FUSED};
    PassMemory memory = {0};
    CHECK(graph_finish(g) != NULL && memory_of_pass(g, &plan, &memory) == 0);
    graph_free(g);
    return memory;
}

/* Bytes of the samples' channels, `times` as many pixels as the input. */
static double maps(int channels, int times)
{
    return (double)sizeof(float) * SAMPLES * EDGE * EDGE * channels * times;
}

/* The output, and what comes with it. */
static const double BESIDE = 4 * sizeof(float) * SAMPLES * EDGE * EDGE * 16;

TEST(an_activation_behind_shuffled_pixels_keeps_and_takes_one_map)
{
    Graph *g = graph_new();
    Node *x = layer_conv(g, "first", layer_input(g, 3), 64, 3);
    x = layer_leaky_relu(g, layer_pixel_shuffle(g, x, 2), 0.1);
    x = layer_leaky_relu(g, layer_pixel_shuffle(g, layer_conv(g, "second", x, 256, 3), 2), 0.1);
    PassMemory memory = memory_behind(g, x);
    double small = maps(16, 4), large = maps(64, 16);
    CHECK((double)memory.kept < small + large + BESIDE);
}

TEST(enlarged_pixels_sums_and_products_are_made_again_on_the_way_back)
{
    Graph *g = graph_new();
    Node *x = layer_relu(g, layer_conv(g, "first", layer_input(g, 3), 32, 3));
    Node *y = layer_relu(g, layer_conv(g, "second", x, 32, 3));
    Node *sum = layer_add(g, x, y);
    Node *z = layer_mish(g, layer_conv(g, "third", sum, 32, 3));
    Node *product = layer_multiply(g, layer_conv(g, "fourth", z, 32, 3), y);
    x = layer_bilinear(g, layer_conv(g, "fifth", product, 32, 3), 2);
    PassMemory memory = memory_behind(g, x);
    /* results of the first, second, third, fourth and fifth */
    CHECK((double)memory.kept < maps(32, 5) + BESIDE);
}

TEST(results_that_pass_lie_where_others_will_be_kept)
{
    Graph *g = graph_new();
    Node *x = layer_pixel_shuffle(g, layer_conv(g, "first", layer_input(g, 3), 64, 3), 2);
    x = layer_relu(g, layer_conv(g, "second", x, 32, 3));
    graph_output(g, layer_conv(g, "last", x, 1, 3));
    REQUIRE(graph_finish(g) != NULL);
    FusedForm form = {
        .end = g->count, .n = SAMPLES, .h = EDGE, .w = EDGE, .records = true, .learns = true};
    bool *visible = calloc((size_t)g->count, sizeof *visible);
    TensorType *types = calloc((size_t)g->count, sizeof *types);
    visible[g->output->index] = true;
    FusedPlan *plan = plan_new(g, &form, visible, types);
    REQUIRE(plan != NULL);
    CHECK((double)plan->kept_bytes > maps(32 + 16, 4) && plan->passing_bytes == 0);
    plan_free(plan);
    free(visible);
    free(types);
    graph_free(g);
}

TEST(the_best_number_of_segments_takes_the_least_memory)
{
    Graph *g = build("{\"type\":\"srvgg\"}", KIND_GENERATOR);
    REQUIRE(g != NULL);
    MemoryPlan plan = {PRECISION_BF16, SAMPLES, EDGE, EDGE, 1, false, false, BACKEND_AUTO};
    PassMemory whole, best, other;
    CHECK(memory_of_pass(g, &plan, &whole) == 0);
    plan.segments = memory_best_segments(g, &plan);
    CHECK(plan.segments > 2 && memory_of_pass(g, &plan, &best) == 0);
    plan.segments = 2;
    CHECK(memory_of_pass(g, &plan, &other) == 0);
    CHECK(best.most < other.most && other.most < whole.most);
    CHECK(whole.without < best.most && whole.kept < whole.most);
    graph_free(g);
}

TEST(memory_of_an_input_that_does_not_fit_is_an_error)
{
    Graph *g = build("{\"type\":\"unet\"}", KIND_DISCRIMINATOR);
    REQUIRE(g != NULL);
    MemoryPlan plan = {PRECISION_FP32, 1, 33, 32, 1, false, false, BACKEND_AUTO};
    PassMemory memory;
    CHECK(memory_of_pass(g, &plan, &memory) != 0);
    CHECK_ERROR(ERROR_SHAPE, "does not fit");
    graph_free(g);
}

TEST(a_network_that_never_learns_has_no_gradients)
{
    Graph *g = build("{\"type\":\"rrdb\",\"blocks\":2}", KIND_GENERATOR);
    REQUIRE(g != NULL);
    Weights *weights = graph_initial_weights(g, 1);
    int64_t bytes = graph_trained_count(g) * (int64_t)sizeof(float);
    int64_t before = tensor_memory_most(true);
    before = tensor_memory_most(false);
    Network *network = network_new(g, weights, PRECISION_FP32);
    tensor_scope_begin();
    network_forward(network, tensor_zeros(4, (int64_t[]){1, 3, 8, 8}), FORWARD_FROZEN, NULL);
    tensor_scope_end();
    int64_t most = tensor_memory_most(false);
    if (most > 0)
        CHECK(most - before < 2 * bytes);
    CHECK(network_gradients(network) != NULL);
    CHECK(most == 0 || tensor_memory_most(false) - before >= 2 * bytes);
    CHECK_NO_ERROR();
    network_free(network);
    weights_free(weights);
    graph_free(g);
}
