#include "nets/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "core/memory.h"
#include "nets/any_size.h"
#include "nets/compose.h"
#include "nets/onnx/file.h"
#include "nets/onnx/read.h"

/* Metadata of our own files says what they are. */
static int from_texts(const Weights *weights, const char *graph, const char *name, Specification *s)
{
    const char *scale = weights_text(weights, "unmush.scale");
    char *end = NULL;
    long factor = scale ? strtol(scale, &end, 10) : 0;
    if (factor < 1 || factor > 16 || *end)
        return error_set(ERROR_FORMAT, "%s: unmush.scale: not a scale", name);
    cJSON *object = json_parse(graph, strlen(graph), "unmush.graph");
    if (!object)
        return error_note("%s", name);
    int result = specification_parse(s, object, KIND_ANY, (int)factor, "unmush.graph");
    cJSON_Delete(object);
    return result == 0 ? 0 : error_note("%s", name);
}

int model_recognise(const Weights *weights, const char *name, Specification *s)
{
    *s = (Specification){0};
    const char *graph = weights_text(weights, "unmush.graph");
    if (graph)
        return from_texts(weights, graph, name, s);
    for (const Architecture *const *a = ARCHITECTURES; *a; a++) {
        void *config = memory_new((*a)->config_bytes);
        int scale;
        if ((*a)->recognise && (*a)->recognise(weights, config, &scale)) {
            *s = (Specification){*a, config, scale};
            return 0;
        }
        free(config);
    }
    return error_set(ERROR_FORMAT, "%s: not the weights of a network known here (first key %s)",
                     name, weights->count ? weights->items[0].key : "missing");
}

/* An input size that every network takes; the scale is the same for all. */
enum { PROBE_SIZE = 192, MOST_SCALE = 16 };

/* How much larger than its input the output of a graph is. 0 with an error. */
static int scale_of(const Graph *g, const char *path)
{
    int64_t *extents = memory_array((size_t)g->count * 2, sizeof *extents);
    int scale = 0;
    if (graph_extents(g, PROBE_SIZE, PROBE_SIZE, extents, extents + g->count) == 0) {
        int64_t height = extents[g->output->index], width = extents[g->count + g->output->index];
        if (height == width && height % PROBE_SIZE == 0 && height / PROBE_SIZE <= MOST_SCALE)
            scale = (int)(height / PROBE_SIZE);
        else
            error_set(ERROR_FORMAT, "makes %lldx%lld of %dx%d, which is no enlargement",
                      (long long)width, (long long)height, PROBE_SIZE, PROBE_SIZE);
    }
    free(extents);
    if (scale == 0)
        error_note("%s", path);
    return scale;
}

/* Takes the specification that the file claims, or that its keys show, if it builds the very graph
 * that the file holds, which may have been made to take any size. */
static bool specify(Model *model, const char *path)
{
    Specification *s = &model->specification;
    Graph *known = model_recognise(model->weights, path, s) == 0 ? specification_build(s) : NULL;
    bool same = known &&
                (graph_same(known, model->graph) ||
                 graph_same_of_any_size(known, s->scale, model->graph)) &&
                graph_check_weights(known, model->weights, path) == 0;
    error_forgive();
    if (!same) {
        graph_free(known);
        specification_free(s);
        return false;
    }
    graph_free(model->graph);
    model->graph = known;
    graph_complete_weights(known, model->weights);
    return true;
}

static Model *read_onnx(const char *path)
{
    OnnxNetwork network;
    if (onnx_read(path, &network) != 0)
        return NULL;
    Model *model = memory_new(sizeof *model);
    *model = (Model){.graph = network.graph, .weights = network.weights, .onnx = true};
    if (specify(model, path))
        return model;
    model->specification.architecture = &FOREIGN;
    model->specification.scale = scale_of(model->graph, path);
    if (model->specification.scale > 0)
        return model;
    model_free(model);
    return NULL;
}

Model *model_read(const char *path)
{
    if (onnx_file_is(path))
        return read_onnx(path);
    Model *model = memory_new(sizeof *model);
    model->weights = weights_read(path);
    if (model->weights && model_recognise(model->weights, path, &model->specification) == 0)
        model->graph = specification_build(&model->specification);
    if (model->graph)
        graph_compose(model->graph, model->weights);
    if (model->graph && graph_check_weights(model->graph, model->weights, path) == 0) {
        graph_complete_weights(model->graph, model->weights);
        return model;
    }
    model_free(model);
    return NULL;
}

int model_write(const char *path, const Specification *s, const Weights *weights)
{
    if (s->architecture == &FOREIGN)
        return error_set(ERROR_FORMAT,
                         "%s: only ONNX can hold this network, which is of no architecture known "
                         "here",
                         path);
    Weights *copy = weights_copy(weights);
    char scale[16];
    snprintf(scale, sizeof scale, "%d", s->scale);
    cJSON *object = specification_dump(s);
    char *graph = json_line(object);
    weights_set_text(copy, "format", "pt");
    weights_set_text(copy, "unmush.graph", graph);
    weights_set_text(copy, "unmush.scale", scale);
    weights_set_text(copy, "unmush.version", UNMUSH_VERSION);
    int result = weights_write(path, copy);
    free(graph);
    cJSON_Delete(object);
    weights_free(copy);
    return result;
}

void model_free(Model *model)
{
    if (!model)
        return;
    graph_free(model->graph);
    weights_free(model->weights);
    specification_free(&model->specification);
    free(model);
}
