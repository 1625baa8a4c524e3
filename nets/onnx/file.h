/* ONNX files as messages, read with every size bounded before anything is allocated. */
#ifndef NETS_ONNX_FILE_H
#define NETS_ONNX_FILE_H

#include "onnx_schema.pb-c.h"

/* NULL with ERROR_FILE, or ERROR_FORMAT where the bytes are not ONNX, are cut off, or nest more
 * deeply than any network needs. Free with onnx_free. */
Onnx__ModelProto *onnx_file_read(const char *path);

#endif
