/* The R1 penalty and its double backward pass, through the discriminators too. */
#include "losses/r1.h"

#include "core/random.h"
#include "nets/network.h"
#include "nets/patch.h"
#include "nets/unet.h"
#include "tests/unit.h"

enum { SAMPLES = 2, EDGE = 16, COUNT = SAMPLES * 3 * EDGE * EDGE };

static Tensor *pictures(void)
{
    float values[COUNT];
    Random random = random_stream(5, RANDOM_TEST, 0, 0);
    for (int i = 0; i < COUNT; i++)
        values[i] = (float)random_uniform(&random);
    return tensor_from_floats(values, 4, (const int64_t[]){SAMPLES, 3, EDGE, EDGE});
}

/* logits = p x^2: slopes 2 p x; penalty 4 p^2 mean |x|^2; towards p 8 p mean |x|^2. */
TEST(the_r1_penalty_follows_its_formula)
{
    tensor_scope_begin();
    Tensor *x = tensor_leaf(pictures());
    Tensor *p = tensor_leaf(tensor_from_floats((float[]){3}, 1, (const int64_t[]){1}));
    Tensor *loss = loss_r1(tensor_multiply(tensor_square(x), p), x, 0.5);
    double squares = tensor_item(tensor_sum(tensor_square(x))) / SAMPLES;
    CHECK_RELATIVE(tensor_item(loss), 0.5 * 4 * 9 * squares, 1e-5);
    CHECK(tensor_backward(loss) == 0);
    CHECK_RELATIVE(tensor_item(tensor_gradient(p)), 0.5 * 8 * 3 * squares, 1e-5);
    tensor_scope_end();
    CHECK_NO_ERROR();
    CHECK(tensor_live() == 0);
}

static double penalty(Network *network, Tensor *image, double share, bool backward)
{
    Tensor *x = tensor_leaf(image);
    Tensor *loss = loss_r1(network_forward(network, x, FORWARD_TWICE, NULL), x, share);
    if (backward)
        CHECK(tensor_backward(loss) == 0);
    return tensor_item(loss);
}

static double dot(Tensor *a, Tensor *b)
{
    return tensor_item(tensor_sum(tensor_multiply(a, b)));
}

/* Its gradient's length against the rise of the penalty along it. */
static void check_slope(Network *network, Tensor *image, double tolerance)
{
    penalty(network, image, 1, true);
    Tensor *slope = network_gradients(network), *values = network_values(network);
    double length = sqrt(dot(slope, slope)), step = 1e-3;
    REQUIRE(length > 0);
    Tensor *way = tensor_affine(slope, step / length, 0), *start = tensor_affine(values, 1, 0);
    start = tensor_add(start, tensor_affine(start, 0, 0)); /* a copy */
    tensor_copy(values, tensor_add(start, way));
    double above = penalty(network, image, 1, false);
    tensor_copy(values, tensor_subtract(start, way));
    double below = penalty(network, image, 1, false);
    tensor_copy(values, start);
    CHECK_RELATIVE((above - below) / (2 * step), length, tolerance);
}

static void check_halves(Network *network, Tensor *image)
{
    double whole = penalty(network, image, 1, false);
    double sum = penalty(network, tensor_slice(image, 0, 0, 1), 0.5, false) +
                 penalty(network, tensor_slice(image, 0, 1, 1), 0.5, false);
    CHECK(whole > 0);
    CHECK_RELATIVE(sum, whole, 1e-4);
}

/* Cosine of the angle between the gradients of bf16 and fp32. */
static double likeness(Network *exact, Network *rough, Tensor *image)
{
    Tensor *a = network_gradients(exact), *b = network_gradients(rough);
    tensor_fill(a, 0);
    tensor_fill(b, 0);
    penalty(exact, image, 1, true);
    penalty(rough, image, 1, true);
    return dot(a, b) / sqrt(dot(a, a) * dot(b, b));
}

/* Initial u and v are random: a few power iterations make the spectral norms what they are. */
static void settle(Network *network, Tensor *image)
{
    tensor_no_grad_begin();
    for (int i = 0; i < 10; i++)
        network_forward(network, image, FORWARD_UPDATE_SPECTRAL, NULL);
    tensor_no_grad_end();
}

/* Biases so large that activations keep their signs: the penalty jumps where one changes. */
static Weights *steady_weights(const Graph *graph)
{
    Weights *weights = graph_initial_weights(graph, 1);
    for (int i = 0; i < graph->parameter_count; i++) {
        const Parameter *p = &graph->parameters[i];
        Weight *w = weights_find(weights, p->key);
        for (int64_t k = 0; p->trained && p->rank == 1 && k < p->count; k++)
            w->values[k] = k % 2 ? 4 : -4;
    }
    return weights;
}

static void check_discriminator(Graph *graph, double tolerance)
{
    Weights *weights = steady_weights(graph);
    Network *exact = network_new(graph, weights, PRECISION_FP32);
    Network *rough = network_new(graph, weights, PRECISION_BF16);
    REQUIRE(exact != NULL && rough != NULL);
    tensor_scope_begin();
    Tensor *image = pictures();
    settle(exact, image);
    settle(rough, image);
    check_slope(exact, image, tolerance);
    check_halves(exact, image);
    CHECK_NEAR(likeness(exact, rough, image), 1, 0.02);
    tensor_scope_end();
    network_free(exact);
    network_free(rough);
    weights_free(weights);
    graph_free(graph);
    CHECK_NO_ERROR();
    CHECK(tensor_live() == 0);
}

TEST(the_r1_penalty_goes_back_through_the_unet)
{
    UnetConfig config = {.features = 8, .skip = true};
    /* Most of its convolutions have no bias. */
    check_discriminator(UNET.build(&config, 1), 0.1);
}

TEST(the_r1_penalty_goes_back_through_the_patch_discriminator)
{
    PatchConfig config = {.features = 8, .layers = 2, .norm = PATCH_SPECTRAL};
    check_discriminator(PATCH.build(&config, 1), 0.01);
}
