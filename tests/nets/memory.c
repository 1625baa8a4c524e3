/* The memory reader against what passes take. */
#include "nets/memory.h"

#include "core/error.h"
#include "nets/architecture.h"
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
