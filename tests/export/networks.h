/* Small networks for the tests of this room. */
#ifndef TESTS_EXPORT_NETWORKS_H
#define TESTS_EXPORT_NETWORKS_H

#include "nets/layers.h"
#include "nets/onnx/read.h"

/* A convolution "first" and then what `build` adds; its parameters are random, PReLU slopes and
 * spectral vectors included. */
typedef Node *NetworkBuilder(Graph *g, Node *x);
typedef struct TestNetwork {
    Graph *graph;
    Weights *weights;
} TestNetwork;
TestNetwork test_network(NetworkBuilder *build);
void test_network_free(TestNetwork *network);

/* Writes it as ONNX, scale 2; the path is in the scratch folder. */
int test_network_write(const TestNetwork *network, const char *path);
int test_network_write_half(const TestNetwork *network, const char *path); /* in float16 */

#endif
