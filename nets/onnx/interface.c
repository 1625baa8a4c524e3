#include "nets/onnx/interface.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/onnx/build.h"
#include "nets/onnx/file.h"

enum { MOST_CHANNELS = 1024, MOST_EXTENT = 1 << 16, MOST_SCALE = 16 };

/* Four extents, 0 where one is open. False if this is no float picture. */
static bool extents_of(const Onnx__ValueInfoProto *value, int64_t *extents, bool *half)
{
    const Onnx__TypeProto *type = value->type;
    if (!value->name || !type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return false;
    int32_t element = type->tensor_type->elem_type;
    *half = element == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
    if ((!*half && element != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT) || !type->tensor_type->shape)
        return false;
    const Onnx__TensorShapeProto *shape = type->tensor_type->shape;
    for (size_t i = 0; i < 4 && shape->n_dim == 4; i++) {
        bool given =
            shape->dim[i]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        extents[i] = given && shape->dim[i]->dim_value > 0 ? shape->dim[i]->dim_value : 0;
        if (extents[i] > (i == 1 ? MOST_CHANNELS : MOST_EXTENT))
            return false;
    }
    return shape->n_dim == 4 && extents[0] <= 1;
}

static bool is_initialiser(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; name && i < graph->n_initializer; i++)
        if (graph->initializer[i]->name && strcmp(graph->initializer[i]->name, name) == 0)
            return true;
    return false;
}

/* Older files list their constants among the inputs. */
static const Onnx__ValueInfoProto *only_input(const Onnx__GraphProto *graph)
{
    const Onnx__ValueInfoProto *found = NULL;
    for (size_t i = 0; i < graph->n_input; i++) {
        if (is_initialiser(graph, graph->input[i]->name))
            continue;
        if (found)
            return NULL;
        found = graph->input[i];
    }
    return found;
}

static int scale_of(const Onnx__ModelProto *model, const int64_t *from, const int64_t *to)
{
    for (size_t i = 0; i < model->n_metadata_props; i++) {
        const Onnx__StringStringEntryProto *text = model->metadata_props[i];
        if (text->key && text->value && strcmp(text->key, "unmush.scale") == 0)
            return atoi(text->value) > 0 && atoi(text->value) <= MOST_SCALE ? atoi(text->value) : 0;
    }
    for (int s = 1; s <= MOST_SCALE && from[2] && from[3]; s++)
        if (to[2] == from[2] * s && to[3] == from[3] * s)
            return s;
    return 0;
}

static int opset_of(const Onnx__ModelProto *model)
{
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = model->opset_import[i];
        bool standard = !set->domain || !*set->domain || strcmp(set->domain, "ai.onnx") == 0;
        if (standard && set->has_version && set->version >= 1 && set->version <= 1000)
            return (int)set->version;
    }
    return 0;
}

int onnx_interface_of(const Onnx__ModelProto *m, const char *path, OnnxInterface *interface)
{
    *interface = (OnnxInterface){0};
    if (!m->graph)
        return error_set(ERROR_FORMAT, "%s: not an ONNX file: no graph in it", path);
    const Onnx__ValueInfoProto *input = only_input(m->graph);
    int64_t from[4], to[4] = {0};
    bool half_output;
    if (!input || !extents_of(input, from, &interface->half))
        return error_set(ERROR_FORMAT,
                         "%s: does not take one picture as float (1, channels, height, width)",
                         path);
    if (m->graph->n_output != 1 || !m->graph->output[0]->name)
        return error_set(ERROR_FORMAT, "%s: gives %zu results, not one picture", path,
                         m->graph->n_output);
    extents_of(m->graph->output[0], to, &half_output);
    interface->input = memory_copy_string(input->name);
    interface->output = memory_copy_string(m->graph->output[0]->name);
    interface->channels = from[1] ? (int)from[1] : 3;
    interface->output_channels = to[1] <= MOST_CHANNELS ? (int)to[1] : 0;
    interface->height = (int)from[2];
    interface->width = (int)from[3];
    interface->opset = opset_of(m);
    interface->scale = scale_of(m, from, to);
    interface->producer = memory_print("%.60s%s%.30s", m->producer_name ? m->producer_name : "",
                                       m->producer_version && *m->producer_version ? " " : "",
                                       m->producer_version ? m->producer_version : "");
    return 0;
}

int onnx_interface_read(const char *path, OnnxInterface *interface)
{
    *interface = (OnnxInterface){0};
    Onnx__ModelProto *model = onnx_file_read(path);
    int result = model ? onnx_interface_of(model, path, interface) : -1;
    onnx_free(model);
    return result;
}

void onnx_interface_free(OnnxInterface *interface)
{
    free(interface->input);
    free(interface->output);
    free(interface->producer);
    *interface = (OnnxInterface){0};
}
