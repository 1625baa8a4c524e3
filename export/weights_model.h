/* A model as a file of arrays under their published keys. */
#ifndef EXPORT_WEIGHTS_MODEL_H
#define EXPORT_WEIGHTS_MODEL_H

#include "export/formats.h"

/* Rows of FORMATS (export/formats.h). ERROR_FORMAT for networks that only ONNX can describe. */
int safetensors_model_write(const char *path, const ExportJob *job);
int weights_model_verify(const char *path, const ExportJob *job, Agreement *agreement);

#endif
