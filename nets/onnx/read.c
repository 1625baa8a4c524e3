#include "nets/onnx/read.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers.h"
#include "nets/onnx/build.h"
#include "nets/onnx/expansions.h"
#include "nets/onnx/file.h"
#include "nets/onnx/operations.h"

/* More than any network here needs; they keep look-ups by name quick. */
enum { MOST_NODES = 16384, MOST_CONSTANTS = 32768, MOST_CHANNELS = 1024 };

static int check_model(const char *path, const Onnx__ModelProto *m)
{
    if (!m->graph)
        return error_set(ERROR_FORMAT, "%s: not an ONNX file: no graph in it", path);
    bool opset = false;
    for (size_t i = 0; i < m->n_opset_import; i++)
        opset |= m->opset_import[i]->has_version && m->opset_import[i]->version == ONNX_OPSET;
    if (!opset)
        return error_set(ERROR_FORMAT, "%s: not of opset %d, which unmush writes", path,
                         ONNX_OPSET);
    if (m->graph->n_node > MOST_NODES || m->graph->n_initializer > MOST_CONSTANTS)
        return error_set(ERROR_FORMAT, "%s: %zu nodes and %zu constants are too many", path,
                         m->graph->n_node, m->graph->n_initializer);
    return 0;
}

/* Channels of a float (batch, channels, height, width) whose other extents are symbols; 0 for
 * anything else. */
static int channels_of(const Onnx__ValueInfoProto *value)
{
    const Onnx__TypeProto *type = value->type;
    if (!value->name || !type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
        type->tensor_type->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
        !type->tensor_type->shape || type->tensor_type->shape->n_dim != 4)
        return 0;
    Onnx__TensorShapeProto__Dimension **dim = type->tensor_type->shape->dim;
    for (int i = 0; i < 4; i++)
        if (dim[i]->value_case != (i == 1 ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                                          : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM))
            return 0;
    int64_t channels = dim[1]->dim_value;
    return channels >= 1 && channels <= MOST_CHANNELS ? (int)channels : 0;
}

static void add_value(OnnxReader *r, const char *name, Node *node)
{
    memory_grow(&r->values, r->count, &r->capacity, sizeof *r->values);
    r->values[r->count++] = (OnnxValue){name, node};
}

static int read_input(OnnxReader *r)
{
    int channels = r->onnx->n_input == 1 ? channels_of(r->onnx->input[0]) : 0;
    if (channels == 0)
        return error_set(ERROR_FORMAT,
                         "%s: not one float input with channels given and other extents open",
                         r->path);
    add_value(r, r->onnx->input[0]->name, layer_input(r->graph, channels));
    return 0;
}

static int read_output(const OnnxReader *r)
{
    int channels = r->onnx->n_output == 1 ? channels_of(r->onnx->output[0]) : 0;
    for (int i = r->count - 1; channels > 0 && i > 0; i--) {
        if (strcmp(r->values[i].name, r->onnx->output[0]->name) != 0)
            continue;
        graph_output(r->graph, r->values[i].node);
        if (r->values[i].node->channels == channels)
            return 0;
        break;
    }
    return error_set(ERROR_FORMAT, "%s: not one float output that a node computes", r->path);
}

static int read_graph(OnnxReader *r)
{
    if (read_input(r) != 0)
        return -1;
    for (size_t i = 0; i < r->onnx->n_node; i++) {
        r->at = r->onnx->node[i];
        Node *node = NULL;
        int expanded = expansion_read(r, i, &node);
        if (expanded == 0)
            node = onnx_operation_read(r);
        else
            i += (size_t)expanded - 1;
        if (error_pending())
            return error_pending() == ERROR_SHAPE ? error_note("%s", r->path) : -1;
        add_value(r, r->at->output[0], node);
    }
    return read_output(r);
}

int onnx_read(const char *path, OnnxNetwork *network)
{
    Onnx__ModelProto *model = onnx_file_read(path);
    if (!model)
        return -1;
    *network = (OnnxNetwork){graph_new(), weights_new()};
    int result = check_model(path, model);
    for (size_t i = 0; result == 0 && i < model->n_metadata_props; i++)
        if (model->metadata_props[i]->key && model->metadata_props[i]->value)
            weights_set_text(network->weights, model->metadata_props[i]->key,
                             model->metadata_props[i]->value);
    if (result == 0) {
        OnnxReader reader = {.path = path,
                             .onnx = model->graph,
                             .graph = network->graph,
                             .weights = network->weights};
        result = read_graph(&reader);
        free(reader.values);
    }
    onnx_free(model);
    if (result != 0)
        onnx_network_free(network);
    return result;
}

void onnx_network_free(OnnxNetwork *network)
{
    graph_free(network->graph);
    weights_free(network->weights);
    *network = (OnnxNetwork){0};
}
