/* Which backend computes a network, and how that is told. */
#include <stdlib.h>
#include <string.h>

#include "nets/architecture.h"
#include "nets/layers.h"
#include "nets/network.h"
#include "tensor/kernels/processor.h"
#include "tests/unit.h"

/* Four convolutions, of which a 1 x 1 one is not Winograd's. */
static Graph *graph_of_four(void)
{
    Graph *g = graph_new();
    Node *x = layer_input(g, 3);
    x = layer_relu(g, layer_conv(g, "a", x, 32, 3));
    x = layer_relu(g, layer_conv(g, "b", x, 32, 3));
    x = layer_conv(g, "c", x, 32, 1);
    graph_output(g, layer_conv(g, "d", x, 32, 3));
    return graph_finish(g);
}

static char *describe(Backend backend, Precision precision)
{
    Graph *g = graph_of_four();
    REQUIRE(g != NULL);
    Weights *weights = graph_initial_weights(g, 1);
    network_choose_backend(backend);
    Network *network = network_new(g, weights, precision);
    network_choose_backend(BACKEND_AUTO);
    REQUIRE(network != NULL);
    char *text = network_describe(network);
    network_free(network);
    weights_free(weights);
    graph_free(g);
    CHECK_NO_ERROR();
    return text;
}

TEST(a_fused_network_tells_its_precision_processor_and_every_convolution_s_method)
{
    processor_limit(PROCESSOR_PORTABLE);
    char *text = describe(BACKEND_FUSED, PRECISION_FP32);
    processor_limit(PROCESSOR_AVX512);
    CHECK(strncmp(text, "fused, fp32 maps, portable; 4 convolutions: ", 44) == 0);
    CHECK(strstr(text, " winograd") != NULL);
    int methods = 0;
    for (const char *at = strchr(text, ':'); at; at = strchr(at + 1, ','))
        methods += (int)strtol(at + 1, NULL, 10);
    CHECK(methods == 4);
    free(text);
    text = describe(BACKEND_FUSED, PRECISION_BF16);
    CHECK(strncmp(text, "fused, bf16 maps, ", 18) == 0);
    free(text);
}

TEST(a_network_of_libtorch_s_tells_its_version_and_precision)
{
    char *text = describe(BACKEND_TORCH, PRECISION_BF16);
    CHECK(strncmp(text, "libtorch ", 9) == 0 && strstr(text, ", bf16") != NULL);
    free(text);
}
