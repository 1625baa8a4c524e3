/* Norms of pictures and pixels, pictures padded to windows and cut again, and attention in windows,
 * as chains of opset 17's nodes in which height and width stay open. Mirroring in ONNX needs
 * pictures larger than what is added. */
#ifndef NETS_ONNX_WINDOWS_H
#define NETS_ONNX_WINDOWS_H

#include "nets/graph.h"
#include "onnx_schema.pb-c.h"

/* Writes n, one of these operations; results holds the names of all nodes' results. */
void onnx_windows_write(Onnx__GraphProto *onnx, const Graph *g, const Weights *weights,
                        const Node *n, const char *label, char *const *results);

#endif
