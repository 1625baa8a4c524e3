/* A whole model as an ONNX file, with everything a program that opens it may want to know. */
#ifndef EXPORT_ONNX_MODEL_H
#define EXPORT_ONNX_MODEL_H

#include "nets/model.h"

/* Writes PATH atomically: the network, the texts of the model's own file (unmush.config,
 * unmush.provenance), and unmush.graph, unmush.scale, unmush.version, unmush.name (the stem of
 * SOURCE), unmush.colour ("RGB 0..1") and unmush.overlap (input pixels that tiles must overlap on
 * each side to give what the whole picture gives). */
int onnx_model_write(const char *path, const Model *model, const char *source);

#endif
