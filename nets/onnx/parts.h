/* What onnx_read.c and its operations share: looking things up in a file, with every refusal naming
 * the file and the node. While an error is pending the results mean nothing. */
#ifndef NETS_ONNX_PARTS_H
#define NETS_ONNX_PARTS_H

#include <stdbool.h>

#include "nets/graph.h"
#include "onnx_schema.pb-c.h"

typedef struct OnnxValue {
    const char *name;
    Node *node;
} OnnxValue;

typedef struct OnnxReader {
    const char *path;
    const Onnx__GraphProto *onnx;
    const Onnx__NodeProto *at; /* being read */
    Graph *graph;
    Weights *weights;
    OnnxValue *values; /* what the nodes so far have computed */
    int count, capacity;
} OnnxReader;

/* ERROR_FORMAT: "FILE: Conv body.0: " and the message. Always -1. */
int onnx_refuse(const OnnxReader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The current node must have so many inputs. */
int onnx_inputs(const OnnxReader *r, size_t least, size_t most);

/* Result of an earlier node that input i names; NULL with an error if there is none. */
Node *onnx_input(const OnnxReader *r, size_t i);

/* The float32 constant that input i names: its values, with `rank` extents each at least 1. */
const float *onnx_constant(const OnnxReader *r, size_t i, int rank, int64_t *shape);

/* The one integer of the constant that input i names. */
int64_t onnx_constant_integer(const OnnxReader *r, size_t i);

/* Attributes of the current node, each with what holds where it is absent. onnx_attributes refuses
 * all but the given ones (names between blanks); onnx_uniform reads `count` equal integers. */
int onnx_attributes(const OnnxReader *r, const char *names);
int64_t onnx_integer(const OnnxReader *r, const char *name, int64_t absent);
int64_t onnx_uniform(const OnnxReader *r, const char *name, size_t count, int64_t absent);
double onnx_real(const OnnxReader *r, const char *name, double absent);
bool onnx_text_is(const OnnxReader *r, const char *name, const char *expected);

#endif
