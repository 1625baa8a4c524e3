/* Our own reader of ONNX files: what onnx_write writes, so that it can be run and compared with the
 * network it came from, and convolutional networks of other exporters, of opset 7 on (plain.h,
 * shuffles.h). Operations and attributes that no graph here can hold are refused by name. */
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
/* The same from a file in memory; `name` is for messages. */
int onnx_parse(const uint8_t *bytes, size_t count, const char *name, OnnxNetwork *network);
void onnx_network_free(OnnxNetwork *network);

#endif
