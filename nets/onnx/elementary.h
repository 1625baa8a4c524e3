/* Arithmetic with constants, parts of channels and enlargements: ONNX operations whose spelling
 * differs between opsets and exporters. Each reads the current node. */
#ifndef NETS_ONNX_ELEMENTARY_H
#define NETS_ONNX_ELEMENTARY_H

#include "nets/onnx/parts.h"

/* The node's result, NULL with an error, or NULL where the reader knows its results already. */
typedef Node *OnnxOperation(OnnxReader *r);

OnnxOperation onnx_read_add, onnx_read_subtract, onnx_read_multiply, onnx_read_divide;
OnnxOperation onnx_read_clip;                     /* 0.. is relu; 0..1 for the output alone */
OnnxOperation onnx_read_identity, onnx_read_cast; /* of floats */
OnnxOperation onnx_read_slice, onnx_read_split;   /* of channels */
OnnxOperation onnx_read_resize;                   /* Upsample too */

#endif
