/* A model as a pair of files for ncnn. */
#ifndef EXPORT_NCNN_MODEL_H
#define EXPORT_NCNN_MODEL_H

#include "export/formats.h"

/* Rows of FORMATS (export/formats.h). PATH ends in .param or .bin, or in neither; both are
 * written. Convolutions are stored as float16, so what is allowed to differ is what that costs. */
int ncnn_model_write(const char *path, const ExportJob *job);
int ncnn_model_verify(const char *path, const ExportJob *job, Agreement *agreement);
char *ncnn_model_opens_in(const ExportJob *job);

#endif
