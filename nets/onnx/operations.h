/* Each ONNX operation that onnx_write writes, read back into a node of a graph. */
#ifndef NETS_ONNX_OPERATIONS_H
#define NETS_ONNX_OPERATIONS_H

#include "nets/onnx/parts.h"

/* Adds the current ONNX node to the reader's graph and weights. The graph's node, or NULL with an
 * error. */
Node *onnx_operation_read(OnnxReader *r);

#endif
