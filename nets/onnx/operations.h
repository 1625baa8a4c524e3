/* Each ONNX operation that unmush reads, as a node of a graph. */
#ifndef NETS_ONNX_OPERATIONS_H
#define NETS_ONNX_OPERATIONS_H

#include "nets/onnx/parts.h"

/* Adds the current ONNX node to the reader's graph, weights and values. 0 or -1. */
int onnx_operation_read(OnnxReader *r);

#endif
