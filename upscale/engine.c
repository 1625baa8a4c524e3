#include "upscale/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/threads.h"
#include "nets/cost.h"
#include "nets/onnx/file.h"

enum { COST_SIZE = 64, PROBE_SIZE = 64, MOST_PROBED = 1 << 24, CHANNELS = 3, MOST_SCALE = 16 };

static int find_radius(Engine *e)
{
    Cost cost;
    if (cost_of_graph(e->graph, COST_SIZE, COST_SIZE, &cost) != 0)
        return -1;
    e->radius = cost.radius;
    e->multiple = cost.multiple;
    e->alignment = cost.alignment;
    e->whole_picture = cost.whole_picture;
    return 0;
}

static int check_channels(const char *name, int from, int to)
{
    if (from == CHANNELS && (to == CHANNELS || to == 0))
        return 0;
    error_set(ERROR_CONFIG, "makes %d channels of %d, not RGB of RGB", to, from);
    return name ? error_note("%s", name) : -1;
}

Engine *engine_of_network(Network *network, int scale)
{
    Engine *e = memory_new(sizeof *e);
    *e = (Engine){.scale = scale,
                  .multiple = 1,
                  .alignment = 1,
                  .network = network,
                  .graph = network_graph(network)};
    if (find_radius(e) == 0)
        return e;
    engine_free(e);
    return NULL;
}

Engine *engine_of_model(const Model *model, Precision precision)
{
    const Graph *g = model->graph;
    if (model->specification.architecture->kind != KIND_GENERATOR) {
        error_set(ERROR_CONFIG, "a %s is no upscaler", model->specification.architecture->name);
        return NULL;
    }
    if (check_channels(NULL, g->nodes[0]->channels, g->output->channels) != 0)
        return NULL;
    Network *network = network_new(g, model->weights, precision);
    Engine *e = network ? engine_of_network(network, model->specification.scale) : NULL;
    if (!e) {
        network_free(network);
        return NULL;
    }
    e->owned = network;
    e->checked = true;
    e->text = memory_print("%s%s", tensor_version(), model->onnx ? ", own reader" : "");
    return e;
}

/* ---- ONNX Runtime --------------------------------------------------------------------------- */

/* Where our own reader knows the network too, tiles can overlap by what counts. */
static void read_graph(Engine *e, const char *path)
{
    e->model = model_read(path);
    if (!e->model) {
        error_forgive();
        return;
    }
    weights_free(e->model->weights);
    e->model->weights = NULL;
    e->graph = e->model->graph;
    e->scale = e->model->specification.scale;
    if (find_radius(e) != 0)
        error_forgive();
}

/* By what a picture is enlarged: from the file, else from a black one. */
static int find_scale(Engine *e)
{
    const OnnxInterface *about = onnx_session_interface(e->session);
    if (e->scale == 0)
        e->scale = about->scale;
    if (e->scale > 0 || error_pending())
        return error_pending() ? -1 : 0;
    int64_t h = e->height ? e->height : PROBE_SIZE, w = e->width ? e->width : PROBE_SIZE, shape[3];
    if (h * w > MOST_PROBED)
        return error_set(ERROR_FORMAT,
                         "%s: takes %lldx%lld pixels alone and does not say its scale, which "
                         "nothing of this size is tried for",
                         e->name, (long long)w, (long long)h);
    float *black = memory_ask((size_t)(CHANNELS * h * w), sizeof *black);
    if (!black)
        return -1;
    memset(black, 0, (size_t)(CHANNELS * h * w) * sizeof *black);
    float *output = onnx_session_run(e->session, black, h, w, shape);
    for (int s = 1; output && s <= MOST_SCALE; s++)
        if (shape[1] == h * s && shape[2] == w * s)
            e->scale = s;
    free(black);
    free(output);
    if (output && e->scale == 0)
        error_set(ERROR_FORMAT, "%s: makes %lldx%lld of %lldx%lld, which is no enlargement",
                  e->name, (long long)shape[2], (long long)shape[1], (long long)w, (long long)h);
    return error_pending() ? -1 : 0;
}

static Engine *open_session(const char *path)
{
    Engine *e = memory_new(sizeof *e);
    *e = (Engine){.radius = -1,
                  .multiple = 1,
                  .alignment = 1,
                  .checked = true,
                  .name = memory_copy_string(path)};
    e->session = onnx_session_open(path, threads_count());
    if (e->session) {
        const OnnxInterface *about = onnx_session_interface(e->session);
        e->width = about->width;
        e->height = about->height;
        e->text = memory_copy_string(onnx_runtime_version());
        if (check_channels(path, about->channels, about->output_channels) == 0) {
            read_graph(e, path);
            if (find_scale(e) == 0)
                return e;
        }
    }
    engine_free(e);
    return NULL;
}

/* ---- Either --------------------------------------------------------------------------------- */

static Engine *open_model(const char *path, Precision precision)
{
    Model *model = model_read(path);
    Engine *e = model ? engine_of_model(model, precision) : NULL;
    if (!e) {
        if (model)
            error_note("%s", path);
        model_free(model);
        return NULL;
    }
    e->model = model;
    e->name = memory_copy_string(path);
    return e;
}

Engine *engine_open(const char *path, Precision precision, OnnxChoice onnx)
{
    bool is_onnx = onnx_file_is(path);
    if (is_onnx && onnx == ONNX_RUNTIME && precision != PRECISION_FP32) {
        error_set(ERROR_CONFIG,
                  "%s: ONNX Runtime computes in the file's own precision, not in bf16", path);
        return NULL;
    }
    bool session =
        is_onnx && (onnx == ONNX_RUNTIME ||
                    (onnx == ONNX_AUTO && precision == PRECISION_FP32 && onnx_runtime_found()));
    if (error_pending())
        return NULL;
    return session ? open_session(path) : open_model(path, precision);
}

void engine_free(Engine *e)
{
    if (!e)
        return;
    network_free(e->owned);
    onnx_session_close(e->session);
    model_free(e->model);
    free(e->text);
    free(e->name);
    free(e);
}

/* ---- Running -------------------------------------------------------------------------------- */

/* `sum`: of anything that is not finite if one of the values is not. */
static int check_finite(const Engine *e, double sum)
{
    if (!e->checked || isfinite(sum))
        return 0;
    error_set(ERROR_FORMAT, "the output has %s pixels", isnan(sum) ? "NaN" : "infinite");
    return e->name ? error_note("%s", e->name) : -1;
}

static int run_network(Engine *e, const float *input, int64_t h, int64_t w, float *output)
{
    int64_t shape[4] = {1, CHANNELS, h, w};
    tensor_scope_begin();
    tensor_no_grad_begin();
    Tensor *lr = tensor_from_floats(input, 4, shape);
    Tensor *sr = network_forward(e->network, lr, FORWARD_FROZEN, NULL);
    int result = e->checked ? check_finite(e, tensor_norm(sr)) : 0;
    if (result == 0)
        result = tensor_to_floats(sr, output, CHANNELS * h * w * e->scale * e->scale);
    tensor_no_grad_end();
    tensor_scope_end();
    return result;
}

static double sum_of_squares(const float *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

static int check_shape(const Engine *e, int64_t h, int64_t w, const int64_t *shape)
{
    if (shape[0] == CHANNELS && shape[1] == h * e->scale && shape[2] == w * e->scale)
        return 0;
    return error_set(ERROR_FORMAT,
                     "%s: makes %lldx%lld of %lldx%lld in %lld channels, not %d times RGB", e->name,
                     (long long)shape[2], (long long)shape[1], (long long)w, (long long)h,
                     (long long)shape[0], e->scale);
}

static int run_session(Engine *e, const float *input, int64_t h, int64_t w, float *output)
{
    int64_t shape[3];
    float *values = onnx_session_run(e->session, input, h, w, shape);
    if (!values)
        return -1;
    size_t count = (size_t)(shape[0] * shape[1] * shape[2]);
    int result = check_shape(e, h, w, shape);
    if (result == 0)
        result = check_finite(e, sum_of_squares(values, count));
    if (result == 0)
        memcpy(output, values, count * sizeof *values);
    free(values);
    return result;
}

int engine_run(Engine *e, const float *input, int64_t h, int64_t w, float *output)
{
    return e->session ? run_session(e, input, h, w, output) : run_network(e, input, h, w, output);
}
