/* Operations that opset 17 has no node for, as a few of its nodes each. One table serves the writer
 * and the reader, which takes such nodes as one operation again. */
#ifndef NETS_ONNX_EXPANSIONS_H
#define NETS_ONNX_EXPANSIONS_H

#include "nets/onnx/parts.h"

enum { EXPANSION_MOST_STEPS = 8 };

/* One ONNX node. An input is "a" or "b" (the operation's own), the result of an earlier step of
 * that name, "=value" or "=shift" (the operation's constants), or a number such as "0.5". */
typedef struct ExpansionStep {
    const char *operation; /* "Mul"; NULL after the last step */
    const char *inputs[2]; /* the second may be NULL */
    const char *result;    /* NULL: the operation's own result */
} ExpansionStep;

typedef struct Expansion {
    Operation operation;
    ExpansionStep steps[EXPANSION_MOST_STEPS + 1];
} Expansion;

/* How n is written, or NULL if it is none of the table's. */
const Expansion *expansion_of(const Node *n);

/* Writes n; results holds the names of all nodes' results, label is n's own. */
void expansion_write(const Expansion *e, const Node *n, const char *label, char *const *results,
                     Onnx__GraphProto *onnx);

/* If nodes of the file from `index` on are an expansion, adds their operation to the graph, sets
 * r->at to the last of them and returns how many they are; else 0. */
int expansion_read(OnnxReader *r, size_t index, Node **node);

#endif
