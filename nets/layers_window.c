/* Builder calls: attention within windows, and pictures that fit them. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers_parts.h"

/* Deviation of transformers' initial weights, as published. */
static const double DEVIATION = 0.02;

Node *layer_pad_to_multiple(Graph *g, Node *x, int multiple)
{
    Node *n = graph_add(g, OPERATION_PAD_TO_MULTIPLE, "", &x, 1);
    if (n)
        n->factor = multiple;
    return n;
}

Node *layer_crop(Graph *g, Node *x, Node *reference, int scale)
{
    Node *n = graph_add(g, OPERATION_CROP, "", (Node *[]){x, reference}, 2);
    if (n)
        n->factor = scale;
    return n;
}

static void add_constant(Graph *g, const Node *n, const char *name, int rank, const int64_t *shape,
                         Initialisation initialisation)
{
    int index = layer_buffer(g, n, name, rank, shape, initialisation, 0);
    g->parameters[index].constant = true;
}

/* The published module keeps the mask beside its attention: "blocks.1.attn_mask" of
 * "blocks.1.attn". */
static void add_mask(Graph *g, const Node *n, const WindowOptions *o)
{
    int64_t area = o->window * o->window, across = o->picture / o->window;
    int index = graph_parameter(g, "", "", 3, (int64_t[]){across * across, area, area});
    Parameter *p = &g->parameters[index];
    const char *dot = strrchr(n->name, '.');
    free(p->key);
    p->key = memory_print("%.*sattn_mask", dot ? (int)(dot - n->name) + 1 : 0, n->name);
    p->trained = false;
    p->constant = true;
    p->initialisation = INITIALISE_WINDOW_MASK;
}

Node *layer_window_attention(Graph *g, const char *name, Node *x, WindowOptions o)
{
    Node *n = graph_add(g, OPERATION_WINDOW_ATTENTION, name, &x, 1);
    if (!n)
        return NULL;
    if (x->channels % o.heads != 0)
        error_set(ERROR_SHAPE, "%s: %d channels for %d heads", n->name, x->channels, o.heads);
    n->kernel = o.window;
    n->padding = o.shift;
    n->factor = o.heads;
    int64_t c = x->channels, area = o.window * o.window, places = 2 * o.window - 1;
    int64_t table[2] = {places * places, o.heads}, qkv[2] = {3 * c, c}, projection[2] = {c, c};
    n->table = layer_parameter(g, n, "relative_position_bias_table", 2, table, INITIALISE_NORMAL,
                               DEVIATION);
    add_constant(g, n, "relative_position_index", 2, (int64_t[]){area, area},
                 INITIALISE_WINDOW_INDEX);
    n->weight = layer_parameter(g, n, "qkv.weight", 2, qkv, INITIALISE_NORMAL, DEVIATION);
    n->bias = layer_parameter(g, n, "qkv.bias", 1, qkv, INITIALISE_CONSTANT, 0);
    n->projection =
        layer_parameter(g, n, "proj.weight", 2, projection, INITIALISE_NORMAL, DEVIATION);
    n->projection_bias = layer_parameter(g, n, "proj.bias", 1, projection, INITIALISE_CONSTANT, 0);
    if (o.shift > 0)
        add_mask(g, n, &o);
    return n;
}
