/* A model as an ONNX file of 8-bit numbers. */
#ifndef EXPORT_INT8_MODEL_H
#define EXPORT_INT8_MODEL_H

#include "export/formats.h"
#include "nets/onnx/write.h"

/* Calibrates on options->calibrate and writes the network that export/quantise.h makes. */
int int8_model_write(const char *path, const ExportJob *job, const OnnxAbout *about);

/* Judges the file on options->pictures, or on those of the calibration: fills agreement->loss.
 * ERROR_FORMAT naming PATH where it costs more than options->limit dB of PSNR-Y. */
int int8_model_verify(const char *path, const ExportJob *job, Agreement *agreement);

#endif
