/* What the files of builder calls share. */
#ifndef NETS_LAYERS_PARTS_H
#define NETS_LAYERS_PARTS_H

#include "nets/layers.h"

/* A new parameter NODE.name; its index. */
int layer_parameter(Graph *g, const Node *n, const char *name, int rank, const int64_t *shape,
                    Initialisation initialisation, double value);

/* The same for one that no gradient reaches. */
int layer_buffer(Graph *g, const Node *n, const char *name, int rank, const int64_t *shape,
                 Initialisation initialisation, double value);

#endif
