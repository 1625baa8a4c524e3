/* A model as a web page: a folder of static files that enlarges pictures in the browser, by
 * onnxruntime-web, without a server's help and without a network. Two models of one network make a
 * page with a dial between them. */
#ifndef EXPORT_WEB_H
#define EXPORT_WEB_H

#include "export/formats.h"

/* Rows of FORMATS (export/formats.h). What lies in export/web is copied as it is; model.js holds
 * the models as ONNX files, runtime-*.js what computes them. Scripts hold bytes as base64, because
 * pages that are opened as files may load nothing but scripts. ERROR_FILE where the output is a
 * folder with other things in it, or onnxruntime-web is not found; model_blend's errors for two
 * models that cannot be blended; ERROR_CONFIG for networks that do not make RGB of RGB. */
int web_write(const char *path, const ExportJob *job);
int web_verify(const char *path, const ExportJob *job, Agreement *agreement);
char *web_opens_in(const ExportJob *job);

#endif
