/* The ncnn writer: another reader of the graph. PARAM lists layers and the blobs between them, BIN
 * holds their weights one after the other: convolutions' kernels as float16, the rest as float32.
 * The input blob is "data", the output blob "output", as Upscayl and realesrgan-ncnn-vulkan expect;
 * where several layers read one blob, a Split layer stands between. Spelled as older releases of
 * ncnn read it too. */
#ifndef EXPORT_NCNN_WRITE_H
#define EXPORT_NCNN_WRITE_H

#include "nets/graph.h"

/* Writes both files, each atomically. `weights` must hold every parameter of the graph.
 * ERROR_FORMAT naming the operation that ncnn has no layer for, or the weight that float16 cannot
 * hold. */
int ncnn_write(const char *param, const char *bin, const Graph *g, const Weights *weights);

#endif
