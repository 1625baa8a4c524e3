/* What an ONNX file says of the pictures it takes and gives, without reading its network. */
#ifndef NETS_ONNX_INTERFACE_H
#define NETS_ONNX_INTERFACE_H

#include <stdbool.h>

#include "onnx_schema.pb-c.h"

typedef struct OnnxInterface {
    char *input, *output; /* names of the values */
    int channels;         /* of the input; where the file leaves them open, 3 */
    int output_channels;  /* 0: the file does not say */
    int height, width;    /* the only ones the input may have; 0: any */
    bool half;            /* numbers are float16, not float32 */
    int opset, scale; /* scale: from the metadata or two fixed extents, 0: the file does not say */
    char *producer;   /* "pytorch 1.13.0", "" */
} OnnxInterface;

/* 0, or -1 with ERROR_FORMAT naming PATH where it does not turn one picture, float (batch,
 * channels, height, width), into another. onnx_interface_free in both cases. */
int onnx_interface_of(const Onnx__ModelProto *model, const char *path, OnnxInterface *interface);
int onnx_interface_read(const char *path, OnnxInterface *interface);
void onnx_interface_free(OnnxInterface *interface);

#endif
