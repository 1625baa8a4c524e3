/* float32 files as float16 ones: weights and computing become half, the input and the output stay
 * float32. */
#ifndef NETS_ONNX_HALF_H
#define NETS_ONNX_HALF_H

#include "onnx_schema.pb-c.h"

/* Changes a graph that onnx_write has made. What stays float32:
 * - what is made of the picture alone, before the first weights, and sums with it: the enlarged
 *   picture that the network's result is added to keeps its precision;
 * - softmax and the norms, whose sums run over many values;
 * - the numbers that operations want as float32 (Resize's scales).
 * Casts stand between. ERROR_FORMAT naming NAME and a constant that float16 cannot hold. */
int onnx_make_half(Onnx__GraphProto *graph, const char *name);

#endif
