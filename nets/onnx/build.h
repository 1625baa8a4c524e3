/* Messages of ONNX's schema, made piece by piece. Every part is allocated on its own, the way
 * protobuf-c unpacks, so onnx_free frees models that were built and models that were read. */
#ifndef NETS_ONNX_BUILD_H
#define NETS_ONNX_BUILD_H

#include <stdint.h>

#include "onnx_schema.pb-c.h"

enum { ONNX_OPSET = 17, ONNX_IR_VERSION = 8 };
#define ONNX_PRODUCER "unmush"

/* A model with an empty graph, producer and opset filled in. */
Onnx__ModelProto *onnx_new(const char *name);
void onnx_free(Onnx__ModelProto *model); /* NULL is fine */

/* One entry of the model's metadata. */
void onnx_add_text(Onnx__ModelProto *model, const char *key, const char *value);

/* The graph's input or output: float (batch, channels, height, width), the last three given as
 * texts and a number. */
void onnx_add_input(Onnx__GraphProto *graph, const char *name, int channels, const char *height,
                    const char *width);
void onnx_add_output(Onnx__GraphProto *graph, const char *name, int channels, const char *height,
                     const char *width);

/* A float32 constant; `values` are copied. */
void onnx_add_constant(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                       const float *values);

/* The same of float16. */
void onnx_add_halves(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                     const uint16_t *values);

/* The same of uint8, int8 and int32. */
void onnx_add_unsigned8(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                        const uint8_t *values);
void onnx_add_signed8(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                      const int8_t *values);
void onnx_add_signed32(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                       const int32_t *values);

/* A constant of one int64, shape (1). */
void onnx_add_integer(Onnx__GraphProto *graph, const char *name, int64_t value);
void onnx_add_integers(Onnx__GraphProto *graph, const char *name, int count, const int64_t *values);

/* A node with one output; inputs are names of values and constants ("" where one is left out). */
Onnx__NodeProto *onnx_add_node(Onnx__GraphProto *graph, const char *operation, const char *name,
                               const char *output);
void onnx_add_node_input(Onnx__NodeProto *node, const char *value);

void onnx_set_integer(Onnx__NodeProto *node, const char *name, int64_t value);
void onnx_set_integers(Onnx__NodeProto *node, const char *name, int count, int64_t each);
void onnx_set_list(Onnx__NodeProto *node, const char *name, int count, const int64_t *values);
void onnx_set_real(Onnx__NodeProto *node, const char *name, double value);
void onnx_set_text(Onnx__NodeProto *node, const char *name, const char *value);

#endif
