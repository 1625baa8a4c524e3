/* Mirroring up to multiples and cropping back, as write.c writes them: chains of nodes that compute
 * with extents. */
#ifndef NETS_ONNX_EXTENTS_H
#define NETS_ONNX_EXTENTS_H

#include "nets/onnx/parts.h"

/* If nodes of the file from `index` on are such a chain, adds their operation to the graph, sets
 * r->at to the last of them and returns how many they are; else 0. */
int onnx_extents_read(OnnxReader *r, size_t index, Node **node);

#endif
