/* A model as a file of arrays under their published keys. */
#ifndef EXPORT_WEIGHTS_MODEL_H
#define EXPORT_WEIGHTS_MODEL_H

#include "export/formats.h"

/* Rows of FORMATS (export/formats.h). ERROR_FORMAT for networks that only ONNX can describe; and,
 * for .pth, which has keys and values alone, for those that these do not tell. A .pth holds one
 * dictionary under the key "params", where Real-ESRGAN, BasicSR and spandrel all look. */
int safetensors_model_write(const char *path, const ExportJob *job);
int pth_model_write(const char *path, const ExportJob *job);
int weights_model_verify(const char *path, const ExportJob *job, Agreement *agreement);
char *weights_model_opens_in(const ExportJob *job);

#endif
