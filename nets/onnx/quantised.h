/* Numbers of 8 bits in ONNX files: QuantizeLinear and DequantizeLinear around what is computed,
 * and DequantizeLinear behind weights. Runtimes that know the pattern compute in integers: ONNX
 * Runtime where a convolution lies between such a pair on every side. */
#ifndef NETS_ONNX_QUANTISED_H
#define NETS_ONNX_QUANTISED_H

#include "nets/onnx/elementary.h"

/* Writes OPERATION_QUANTISE as a pair of nodes; results holds the names of all nodes' results,
 * label is n's own. */
void onnx_quantised_write(Onnx__GraphProto *onnx, const Node *n, const char *label,
                          char *const *results);

/* Writes a convolution's parameters as integers, and the nodes that make NAME.weight and NAME.bias
 * of them: int8 by its steps, int32 by steps times its input's, which is an OPERATION_QUANTISE. */
void onnx_quantised_write_parameters(Onnx__GraphProto *onnx, const Graph *g, const Weights *weights,
                                     const Node *n);

/* The first of a pair makes the node; the second gives its result another name. Behind a constant
 * DequantizeLinear makes another constant. */
OnnxOperation onnx_read_quantise, onnx_read_dequantise;

/* Takes over the steps of input i, a constant that onnx_read_dequantise made of int8 around 0, as
 * those of the convolution n. */
void onnx_quantised_keep_steps(const OnnxReader *r, Node *n, size_t i);

#endif
