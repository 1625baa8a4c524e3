/* Pixel shuffles of other exporters, which older opsets and networks of views write as chains of
 * Reshape and Transpose. */
#ifndef NETS_ONNX_SHUFFLES_H
#define NETS_ONNX_SHUFFLES_H

#include "nets/onnx/parts.h"

/* If nodes of the file from `index` on rearrange pixels so, adds that operation to the graph, sets
 * r->at to the last of them and returns how many they are; else 0. */
int onnx_shuffle_read(OnnxReader *r, size_t index, Node **node);

#endif
