/* The ONNX writer: another reader of the graph. Opset 17, IR version 8, one float input "input"
 * (batch, channels, height, width) and one output "output", both with symbolic extents. Parameters
 * become initialisers under their published state_dict keys; spectral norm is divided out. */
#ifndef NETS_ONNX_WRITE_H
#define NETS_ONNX_WRITE_H

#include "nets/graph.h"

/* What the file says about the network beside the network itself. */
typedef struct OnnxAbout {
    const char *name;        /* of the graph */
    const char *description; /* the model's doc string */
    int scale;               /* output pixels per input pixel */
    const WeightText *texts; /* metadata */
    int text_count;
    bool half; /* weights and computing in float16 (nets/onnx/half.h) */
} OnnxAbout;

/* Writes PATH atomically. `weights` must hold every parameter of the graph. ERROR_FORMAT where they
 * do not, or the file would be larger than the 2 GiB that protobuf can hold; ERROR_FILE. */
int onnx_write(const char *path, const Graph *g, const Weights *weights, const OnnxAbout *about);

#endif
