/* A model as an ONNX file: the graph by nets/onnx/write.h, and metadata that says what it is. */
#ifndef EXPORT_ONNX_MODEL_H
#define EXPORT_ONNX_MODEL_H

#include "export/formats.h"

/* Rows of FORMATS (export/formats.h). Metadata: export/metadata.h, and unmush.precision ("fp32",
 * "fp16"). */
int onnx_model_write(const char *path, const ExportJob *job);
int onnx_model_verify(const char *path, const ExportJob *job, Agreement *agreement);
char *onnx_model_opens_in(const ExportJob *job);

#endif
