/* Our own reader of the ONNX files that onnx_write writes, so that a written file can be run and
 * compared with the network it came from. Other operations and attributes are refused by name. */
#ifndef NETS_ONNX_READ_H
#define NETS_ONNX_READ_H

#include "nets/graph.h"

typedef struct OnnxNetwork {
    Graph *graph;
    Weights *weights; /* every parameter of the graph; the file's metadata as texts */
} OnnxNetwork;

/* ERROR_FILE, or ERROR_FORMAT naming the file and what in it does not fit. On error nothing is left
 * to free. */
int onnx_read(const char *path, OnnxNetwork *network);
void onnx_network_free(OnnxNetwork *network);

#endif
