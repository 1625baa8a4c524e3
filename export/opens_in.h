/* Which other programs recognise a file of arrays, from its keys and shapes alone. */
#ifndef EXPORT_OPENS_IN_H
#define EXPORT_OPENS_IN_H

#include <stdbool.h>

#include "nets/graph.h"

enum { OPENS_IN_TEXT = 200 };

/* What spandrel (0.4), which chaiNNer reads models with, takes a file for. */
typedef struct OpensIn {
    bool recognised;
    const char *name;         /* "Compact"; NULL: of none of its networks */
    char text[OPENS_IN_TEXT]; /* "x4, 64 features, 16 convolutions", or why it is not */
} OpensIn;

/* Its rules: the keys that it asks for, what it deduces of them, and whether the network that it
 * would build then has g's shapes and computes the same; `scale` is g's. */
OpensIn opens_in_spandrel(const Graph *g, int scale);

/* "opens in: spandrel and chaiNNer as Compact, x4, 64 features, 16 convolutions", or that it does
 * not, why, and what to export instead. The caller frees it. */
char *opens_in_sentence(const Graph *g, int scale);

#endif
