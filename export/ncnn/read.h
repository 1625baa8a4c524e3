/* Reads what ncnn_write has written back as a graph, to verify it: strictly that, not ncnn files in
 * general. */
#ifndef EXPORT_NCNN_READ_H
#define EXPORT_NCNN_READ_H

#include "nets/graph.h"

typedef struct NcnnNetwork {
    Graph *graph;
    Weights *weights; /* as stored, in float32 */
} NcnnNetwork;

/* ERROR_FILE, or ERROR_FORMAT naming file and layer; then nothing is to be freed. */
int ncnn_read(const char *param, const char *bin, NcnnNetwork *network);
void ncnn_network_free(NcnnNetwork *network);

#endif
