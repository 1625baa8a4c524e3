#include "nets/onnx/read.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "nets/layers.h"
#include "nets/onnx/build.h"
#include "nets/onnx/expansions.h"
#include "nets/onnx/extents.h"
#include "nets/onnx/file.h"
#include "nets/onnx/interface.h"
#include "nets/onnx/operations.h"
#include "nets/onnx/plain.h"
#include "nets/onnx/shuffles.h"

/* More than any network here needs; they keep look-ups by name quick. */
enum { MOST_NODES = 16384, MOST_CONSTANTS = 32768, OLDEST_OPSET = 7, MOST_RESULTS = 64 };
enum { MOST_INPUTS = 4 * MOST_NODES }; /* of all nodes together */

static int check_model(const char *path, const Onnx__ModelProto *m, int opset)
{
    if (opset < OLDEST_OPSET)
        return error_set(ERROR_FORMAT, "%s: of opset %d, older than %d", path, opset, OLDEST_OPSET);
    if (m->graph->n_node > MOST_NODES || m->graph->n_initializer > MOST_CONSTANTS)
        return error_set(ERROR_FORMAT, "%s: %zu nodes and %zu constants are too many", path,
                         m->graph->n_node, m->graph->n_initializer);
    size_t inputs = 0;
    for (size_t i = 0; i < m->graph->n_node; i++) {
        inputs += m->graph->node[i]->n_input;
        if (m->graph->node[i]->n_output < 1 || m->graph->node[i]->n_output > MOST_RESULTS)
            return error_set(ERROR_FORMAT, "%s: node %zu has %zu outputs", path, i,
                             m->graph->node[i]->n_output);
    }
    if (inputs > MOST_INPUTS)
        return error_set(ERROR_FORMAT, "%s: %zu inputs of nodes are too many", path, inputs);
    return 0;
}

static int read_output(const OnnxReader *r, const OnnxInterface *interface)
{
    Node *node = onnx_value(r, onnx_meaning(r, interface->output));
    if (!node || node->operation == OPERATION_INPUT ||
        (interface->output_channels && interface->output_channels != node->channels))
        return error_set(ERROR_FORMAT, "%s: not one float output that a node computes", r->path);
    graph_output(r->graph, node);
    return 0;
}

static int read_node(OnnxReader *r, size_t *i)
{
    Node *node = NULL;
    int chained = expansion_read(r, *i, &node);
    if (chained == 0)
        chained = onnx_shuffle_read(r, *i, &node);
    if (chained == 0)
        chained = onnx_extents_read(r, *i, &node);
    if (chained == 0)
        return onnx_operation_read(r);
    *i += (size_t)chained - 1;
    if (node)
        onnx_add_value(r, r->at->output[0], node);
    return error_pending() ? -1 : 0;
}

static int read_graph(OnnxReader *r, const OnnxInterface *interface)
{
    onnx_add_value(r, interface->input, layer_input(r->graph, interface->channels));
    for (size_t i = 0; i < r->onnx->n_node; i++) {
        r->at = r->onnx->node[i];
        if (read_node(r, &i) != 0)
            return error_pending() == ERROR_SHAPE ? error_note("%s", r->path) : -1;
    }
    return read_output(r, interface);
}

static int read_model(const char *path, Onnx__ModelProto *model, OnnxNetwork *network)
{
    OnnxInterface interface;
    int result = onnx_interface_of(model, path, &interface);
    if (result == 0)
        result = check_model(path, model, interface.opset);
    if (result == 0) {
        onnx_make_plain(model->graph);
        Onnx__ModelProto *made = onnx_new("made");
        OnnxReader reader = {.path = path,
                             .made = made->graph,
                             .onnx = model->graph,
                             .graph = network->graph,
                             .weights = network->weights,
                             .opset = interface.opset,
                             .ours = model->producer_name &&
                                     strcmp(model->producer_name, ONNX_PRODUCER) == 0};
        result = error_pending() ? -1 : read_graph(&reader, &interface);
        free(reader.values);
        free(reader.aliases);
        free(reader.dequantised);
        onnx_free(made);
    }
    onnx_interface_free(&interface);
    return result;
}

static int read_and_free(const char *path, Onnx__ModelProto *model, OnnxNetwork *network)
{
    if (!model)
        return -1;
    *network = (OnnxNetwork){graph_new(), weights_new()};
    for (size_t i = 0; i < model->n_metadata_props; i++)
        if (model->metadata_props[i]->key && model->metadata_props[i]->value)
            weights_set_text(network->weights, model->metadata_props[i]->key,
                             model->metadata_props[i]->value);
    int result = read_model(path, model, network);
    onnx_free(model);
    if (result != 0)
        onnx_network_free(network);
    return result;
}

int onnx_read(const char *path, OnnxNetwork *network)
{
    return read_and_free(path, onnx_file_read(path), network);
}

int onnx_parse(const uint8_t *bytes, size_t count, const char *name, OnnxNetwork *network)
{
    return read_and_free(name, onnx_file_parse(bytes, count, name), network);
}

void onnx_network_free(OnnxNetwork *network)
{
    graph_free(network->graph);
    weights_free(network->weights);
    *network = (OnnxNetwork){0};
}
