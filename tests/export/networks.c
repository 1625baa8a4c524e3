#include "tests/export/networks.h"

#include "core/random.h"
#include "nets/onnx/write.h"
#include "tests/unit.h"

TestNetwork test_network(NetworkBuilder *build)
{
    Graph *g = graph_new();
    graph_output(g, build(g, layer_conv(g, "first", layer_input(g, 3), 8, 3)));
    Weights *weights = graph_initial_weights(g, 7);
    Random random = random_stream(7, RANDOM_TEST, 0, 0);
    for (int i = 0; i < weights->count; i++)
        for (int64_t k = 0; k < weights->items[i].count; k++)
            weights->items[i].values[k] += (float)random_range(&random, -0.1, 0.1);
    return (TestNetwork){g, weights};
}

void test_network_free(TestNetwork *network)
{
    graph_free(network->graph);
    weights_free(network->weights);
}

static int write_network(const TestNetwork *network, const char *path, bool half)
{
    WeightText text = {"unmush.name", "test"};
    OnnxAbout about = {"test", "A test.", 2, &text, 1, half};
    return onnx_write(path, network->graph, network->weights, &about);
}

int test_network_write(const TestNetwork *network, const char *path)
{
    return write_network(network, path, false);
}

int test_network_write_half(const TestNetwork *network, const char *path)
{
    return write_network(network, path, true);
}
