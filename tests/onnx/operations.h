/* A network of every operation, for running what the ONNX writer makes of each elsewhere. */
#ifndef TESTS_ONNX_OPERATIONS_H
#define TESTS_ONNX_OPERATIONS_H

#include "nets/graph.h"

/* Input (N,3,H,W) with even H and W. NULL with an error; free with graph_free. */
Graph *operations_graph(void);

/* Weights with spectral vectors as after some steps of training; NULL with an error. */
Weights *operations_weights(const Graph *g);

#endif
