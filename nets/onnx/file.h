/* ONNX files as messages, read with every size bounded before anything is allocated. */
#ifndef NETS_ONNX_FILE_H
#define NETS_ONNX_FILE_H

#include <stdbool.h>

#include "onnx_schema.pb-c.h"

/* Whether a file is ONNX, by its extension or how it begins. No error. */
bool onnx_file_is(const char *path);

/* NULL with ERROR_FILE, or ERROR_FORMAT where the bytes are not ONNX, are cut off, or nest more
 * deeply than any network needs. Free with onnx_free. */
Onnx__ModelProto *onnx_file_read(const char *path);
/* The same from memory; `name` is for messages. */
Onnx__ModelProto *onnx_file_parse(const uint8_t *bytes, size_t count, const char *name);

#endif
