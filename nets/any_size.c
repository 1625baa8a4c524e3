#include "nets/any_size.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/cost.h"
#include "nets/layers.h"

/* An input size that every network takes; what it must be a multiple of is the same for all. */
enum { COST_SIZE = 64 };

static void copy_parameters(Graph *to, const Graph *from)
{
    for (int i = 0; i < from->parameter_count; i++) {
        const Parameter *p = &from->parameters[i];
        int index = graph_parameter(to, "", p->key, p->rank, p->shape);
        char *key = to->parameters[index].key;
        to->parameters[index] = *p;
        to->parameters[index].key = key;
    }
}

/* The same operation on other inputs. */
static Node *copy_node(Graph *to, const Node *from, Node *const *nodes)
{
    Node *inputs[NODE_MOST_INPUTS];
    for (int i = 0; i < from->input_count; i++)
        inputs[i] = nodes[from->inputs[i]->index];
    Node *n = graph_add(to, from->operation, from->name, inputs, from->input_count);
    if (!n)
        return NULL;
    const Node own = *n;
    *n = *from;
    n->index = own.index;
    n->name = own.name;
    n->readers = own.readers;
    n->last_use = own.last_use;
    memcpy(n->inputs, own.inputs, sizeof n->inputs);
    return n;
}

Graph *graph_of_any_size(const Graph *g, int multiple, int scale)
{
    Graph *copy = graph_new();
    Node **nodes = memory_array((size_t)g->count, sizeof *nodes);
    copy_parameters(copy, g);
    Node *image = layer_input(copy, g->nodes[0]->channels);
    Node *padded = layer_pad_to_multiple(copy, image, multiple);
    for (int i = 0; i < g->count && !error_pending(); i++)
        nodes[i] = g->nodes[i]->operation == OPERATION_INPUT ? padded
                                                             : copy_node(copy, g->nodes[i], nodes);
    if (!error_pending())
        graph_output(copy, layer_crop(copy, nodes[g->output->index], image, scale));
    free(nodes);
    return graph_finish(copy);
}

bool graph_same_of_any_size(const Graph *a, int scale, const Graph *b)
{
    Cost cost;
    Graph *copy = NULL;
    if (cost_of_graph(a, COST_SIZE, COST_SIZE, &cost) == 0 && cost.multiple > 1)
        copy = graph_of_any_size(a, cost.multiple, scale);
    bool same = copy && graph_same(copy, b);
    graph_free(copy);
    error_forgive();
    return same;
}
