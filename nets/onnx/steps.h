/* Operations that are written as a chain of ONNX nodes with extents known only when it runs. Names
 * that these functions return live until steps_end; those of results begin with the label. */
#ifndef NETS_ONNX_STEPS_H
#define NETS_ONNX_STEPS_H

#include "nets/graph.h"
#include "onnx_schema.pb-c.h"

typedef struct Steps {
    Onnx__GraphProto *onnx;
    const char *label;
    const char *result;    /* what the last step's result must be called */
    Onnx__NodeProto *last; /* the node just added, for its attributes */
    char **names;
    int count, capacity;
} Steps;

Steps steps_begin(Onnx__GraphProto *onnx, const char *label, const char *result);
void steps_end(Steps *s);

/* Adds a node whose inputs end with NULL; the name of its result. steps_finish is the same for the
 * last node, whose result has the name given at the beginning. */
const char *steps_add(Steps *s, const char *operation, ...) __attribute__((sentinel));
void steps_finish(Steps *s, const char *operation, const char *const *inputs, int count);

/* Constants: integers, and float32 arrays under LABEL.NAME. */
const char *steps_integers(Steps *s, int count, const int64_t *values);
const char *steps_integer(Steps *s, int64_t value);
const char *steps_floats(Steps *s, const char *name, int rank, const int64_t *shape,
                         const float *values);

/* Extents of x from axis `first` on, as integers. */
const char *steps_extents(Steps *s, const char *x, int64_t first, int64_t count);
/* x from `first` to before `end` along an axis. */
const char *steps_slice(Steps *s, const char *x, int64_t axis, int64_t first, int64_t end);
const char *steps_transpose(Steps *s, const char *x, int count, const int64_t *order);
/* A chain's shapes: integers one after the other, ending with NULL. */
const char *steps_join(Steps *s, ...) __attribute__((sentinel));

#endif
