#include "upscale/engine.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/threads.h"
#include "nets/cost.h"
#include "nets/onnx/file.h"

enum { COST_SIZE = 64, PROBE_SIZE = 64, CHANNELS = 3, MOST_SCALE = 16 };

static int find_radius(Engine *e)
{
    Cost cost;
    if (cost_of_graph(e->graph, COST_SIZE, COST_SIZE, &cost) != 0)
        return -1;
    e->radius = cost.radius;
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
    *e = (Engine){.scale = scale, .network = network, .graph = network_graph(network)};
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
        error_clear();
        return;
    }
    weights_free(e->model->weights);
    e->model->weights = NULL;
    e->graph = e->model->graph;
    e->scale = e->model->specification.scale;
    if (find_radius(e) != 0)
        error_clear();
}

/* By what a picture is enlarged: from the file, else from a gray one. */
static int find_scale(Engine *e)
{
    const OnnxInterface *about = onnx_session_interface(e->session);
    if (e->scale == 0)
        e->scale = about->scale;
    if (e->scale > 0)
        return 0;
    int64_t h = e->height ? e->height : PROBE_SIZE, w = e->width ? e->width : PROBE_SIZE, shape[3];
    float *gray = memory_array((size_t)(CHANNELS * h * w), sizeof *gray);
    float *output = onnx_session_run(e->session, gray, h, w, shape);
    for (int s = 1; output && s <= MOST_SCALE; s++)
        if (shape[1] == h * s && shape[2] == w * s)
            e->scale = s;
    free(gray);
    free(output);
    if (output && e->scale == 0)
        error_set(ERROR_FORMAT, "%s: makes %lldx%lld of %lldx%lld, which is no enlargement",
                  e->name, (long long)shape[2], (long long)shape[1], (long long)w, (long long)h);
    return error_pending() ? -1 : 0;
}

static Engine *open_session(const char *path)
{
    Engine *e = memory_new(sizeof *e);
    *e = (Engine){.radius = -1, .checked = true, .name = memory_copy_string(path)};
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

static int run_network(Engine *e, const Image *lr, uint8_t *rgb)
{
    tensor_scope_begin();
    tensor_no_grad_begin();
    Tensor *input = tensor_from_rgb(lr->rgb, 1, lr->height, lr->width);
    Tensor *output = network_forward(e->network, input, FORWARD_FROZEN, NULL);
    int result = e->checked ? check_finite(e, tensor_norm(output)) : 0;
    if (result == 0)
        result = tensor_to_rgb(output, rgb);
    tensor_no_grad_end();
    tensor_scope_end();
    return result;
}

/* Bytes to planes of 0..1, as tensor_from_rgb does. */
static float *planes_of(const Image *lr)
{
    size_t count = (size_t)lr->width * (size_t)lr->height;
    float *planes = memory_array(count * CHANNELS, sizeof *planes);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < CHANNELS; c++)
            planes[c * count + i] = (float)lr->rgb[i * CHANNELS + c] * (float)(1.0 / 255);
    return planes;
}

/* And back, as tensor_to_rgb does. */
static double bytes_of(const float *planes, size_t count, uint8_t *rgb)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < CHANNELS; c++) {
            float value = planes[c * count + i];
            float level = floorf(value * 255.0f + 0.5f);
            rgb[i * CHANNELS + c] = (uint8_t)(level > 0 ? level < 255 ? level : 255 : 0);
            sum += (double)value * (double)value;
        }
    return sum;
}

static int run_session(Engine *e, const Image *lr, uint8_t *rgb)
{
    int64_t shape[3];
    float *input = planes_of(lr);
    float *output = onnx_session_run(e->session, input, lr->height, lr->width, shape);
    free(input);
    if (!output)
        return -1;
    int result = 0;
    if (shape[0] != CHANNELS || shape[1] != (int64_t)lr->height * e->scale ||
        shape[2] != (int64_t)lr->width * e->scale)
        result = error_set(ERROR_FORMAT,
                           "%s: makes %lldx%lld of %dx%d in %lld channels, not %d times RGB",
                           e->name, (long long)shape[2], (long long)shape[1], lr->width, lr->height,
                           (long long)shape[0], e->scale);
    else
        result = check_finite(e, bytes_of(output, (size_t)(shape[1] * shape[2]), rgb));
    free(output);
    return result;
}

int engine_run(Engine *e, const Image *lr, uint8_t *rgb)
{
    return e->session ? run_session(e, lr, rgb) : run_network(e, lr, rgb);
}
