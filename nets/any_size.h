/* Networks that take pictures of any size, made of those that take only multiples. */
#ifndef NETS_ANY_SIZE_H
#define NETS_ANY_SIZE_H

#include "nets/graph.h"

/* A copy of g, which enlarges by `scale`, with the same parameters: its input is mirrored to the
 * right and below up to multiples of `multiple`, its result cropped to what belongs to the input.
 * NULL with an error; free with graph_free. */
Graph *graph_of_any_size(const Graph *g, int multiple, int scale);

/* Whether b is such a copy of a, with a's own multiple; no error. */
bool graph_same_of_any_size(const Graph *a, int scale, const Graph *b);

#endif
