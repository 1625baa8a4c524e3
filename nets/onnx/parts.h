/* What read.c and its operations share: looking things up in a file, with every refusal naming
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

typedef struct OnnxAlias {
    const char *name, *meant;
} OnnxAlias;

typedef struct OnnxDequantised {
    const Onnx__TensorProto *levels;
    const Onnx__TensorProto *steps; /* float32: one, or one for each of the first extent */
    const char *name;               /* of the numbers */
    bool around_zero;
} OnnxDequantised;

typedef struct OnnxReader {
    const char *path;
    const Onnx__GraphProto *onnx;
    const Onnx__NodeProto *at; /* being read */
    Graph *graph;
    Weights *weights;
    OnnxValue *values; /* what the nodes so far have computed */
    int count, capacity;
    OnnxAlias *aliases; /* names that nodes without effect gave to values and constants */
    int alias_count, alias_capacity;
    Onnx__GraphProto *made; /* its initialisers: constants that nodes have made of others */
    OnnxDequantised *dequantised;
    int dequantised_count, dequantised_capacity;
    int opset;
    bool ours; /* written here: chains of nodes are known by the names of their results */
} OnnxReader;

/* ERROR_FORMAT: "FILE: Conv body.0: " and the message. Always -1. */
int onnx_refuse(const OnnxReader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What operations may be bounded by. */
enum { ONNX_MOST_CHANNELS = 1 << 16, ONNX_MOST_FACTOR = 16 };

/* An integer of small range, or 0 with an error. */
int onnx_bounded(const OnnxReader *r, const char *name, int64_t value, int least, int most);

/* Refuses axes other than channels: 1, or -3 of four. */
int onnx_channel_axis(const OnnxReader *r, int64_t axis);

/* What the file calls `name` from now on: a node's result, or another name's meaning. Both must
 * outlive the reader. */
void onnx_add_value(OnnxReader *r, const char *name, Node *node);
void onnx_add_alias(OnnxReader *r, const char *name, const char *meant);

/* The current node must have so many inputs. */
int onnx_inputs(const OnnxReader *r, size_t least, size_t most);

/* What the name of a value or a constant stands for. */
const char *onnx_meaning(const OnnxReader *r, const char *name);

/* Input i, with what aliases mean; "" where it is left out. */
const char *onnx_input_name(const OnnxReader *r, size_t i);

/* The earlier node's result of that name, and the constant; NULL without an error if there is
 * none. */
Node *onnx_value(const OnnxReader *r, const char *name);
const Onnx__TensorProto *onnx_find_constant(const OnnxReader *r, const char *name);

/* Result of an earlier node that input i names; NULL with an error if there is none. */
Node *onnx_input(const OnnxReader *r, size_t i);

/* The float32 constant that input i names: its values, with `rank` extents each at least 1. */
const float *onnx_constant(const OnnxReader *r, size_t i, int rank, int64_t *shape);

/* The same of any rank up to 4, preceded by ones: shape has 4 extents. */
const float *onnx_constant_of_4(const OnnxReader *r, size_t i, int64_t *shape);

/* The one integer of the constant that input i names. */
int64_t onnx_constant_integer(const OnnxReader *r, size_t i);

/* The integers of a constant of one dimension (or none): at most `most` go to `values`; their
 * number, or -1 with an error. */
int onnx_constant_integers(const OnnxReader *r, size_t i, int most, int64_t *values);

/* Attributes of the current node, each with what holds where it is absent. onnx_attributes refuses
 * all but the given ones (names between blanks); onnx_uniform reads `count` equal integers. */
int onnx_attributes(const OnnxReader *r, const char *names);
int64_t onnx_integer(const OnnxReader *r, const char *name, int64_t absent);
int64_t onnx_uniform(const OnnxReader *r, const char *name, size_t count, int64_t absent);
/* At most `most` integers go to `values`; their number, 0 where absent, -1 with an error. */
int onnx_list(const OnnxReader *r, const char *name, int most, int64_t *values);
double onnx_real(const OnnxReader *r, const char *name, double absent);
/* onnx_text_is: false where it is absent; onnx_text_may_be: true. */
bool onnx_text_is(const OnnxReader *r, const char *name, const char *expected);
bool onnx_text_may_be(const OnnxReader *r, const char *name, const char *expected);

#endif
