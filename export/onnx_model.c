#include "export/onnx_model.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/threads.h"
#include "nets/cost.h"
#include "nets/onnx/read.h"
#include "nets/onnx/runtime.h"
#include "nets/onnx/write.h"

/* An input size that every network takes; the receptive field is the same for all. */
enum { COST_SIZE = 64 };

static void set_number(Weights *texts, const char *key, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    weights_set_text(texts, key, text);
}

static void set_graph(Weights *texts, const Specification *s)
{
    cJSON *object = specification_dump(s);
    char *graph = json_line(object);
    weights_set_text(texts, "unmush.graph", graph);
    free(graph);
    cJSON_Delete(object);
}

/* The metadata, as the texts of an otherwise empty table; NULL with an error. */
static Weights *gather_texts(const Model *model, const char *name, bool half)
{
    Cost cost;
    if (cost_of_graph(model->graph, COST_SIZE, COST_SIZE, &cost) != 0)
        return NULL;
    Weights *texts = weights_new();
    for (int i = 0; i < model->weights->text_count; i++)
        if (strcmp(model->weights->texts[i].key, "format") != 0)
            weights_set_text(texts, model->weights->texts[i].key, model->weights->texts[i].value);
    if (model->specification.architecture != &FOREIGN)
        set_graph(texts, &model->specification);
    set_number(texts, "unmush.scale", model->specification.scale);
    weights_set_text(texts, "unmush.version", UNMUSH_VERSION);
    weights_set_text(texts, "unmush.name", name);
    weights_set_text(texts, "unmush.colour", "RGB 0..1");
    set_number(texts, "unmush.overlap", cost.radius);
    weights_set_text(texts, "unmush.precision", half ? "fp16" : "fp32");
    return texts;
}

int onnx_model_write(const char *path, const ExportJob *job)
{
    const Model *model = job->model;
    char *name = file_stem(job->source);
    Weights *texts = gather_texts(model, name, job->options->half);
    int result = -1;
    if (texts) {
        int scale = model->specification.scale;
        char *description = memory_print(
            "%s, enlarges %d times. input: RGB 0..1, float (batch, 3, height, width); output: the "
            "same, height * %d and width * %d, not clamped. Tiles overlap by %s input pixels.",
            model->specification.architecture->title, scale, scale, scale,
            weights_text(texts, "unmush.overlap"));
        OnnxAbout about = {name,         description,       scale,
                           texts->texts, texts->text_count, job->options->half};
        result = onnx_write(path, model->graph, model->weights, &about);
        free(description);
    }
    weights_free(texts);
    free(name);
    return result;
}

static int verify_by_runtime(const char *path, Runnable original, double limit,
                             Agreement *agreement)
{
    OnnxSession *session = onnx_session_open(path, threads_count());
    int result = session ? verify_session(path, original, session, limit, agreement) : -1;
    onnx_session_close(session);
    return result;
}

static int verify_by_reader(const char *path, Runnable original, double limit, Agreement *agreement)
{
    OnnxNetwork network;
    if (onnx_read(path, &network) != 0)
        return error_note("cannot be verified without ONNX Runtime (libonnxruntime.so, or "
                          "$UNMUSH_ONNXRUNTIME)");
    Runnable written = {network.graph, network.weights};
    int result = verify_agreement(path, original, written, limit, agreement);
    onnx_network_free(&network);
    return result;
}

int onnx_model_verify(const char *path, const ExportJob *job, Agreement *agreement)
{
    Runnable original = {job->model->graph, job->model->weights};
    double limit = job->options->half ? VERIFY_HALF : verify_limit(original.graph);
    bool found = onnx_runtime_found();
    if (error_pending())
        return -1;
    return found ? verify_by_runtime(path, original, limit, agreement)
                 : verify_by_reader(path, original, limit, agreement);
}

char *onnx_model_opens_in(const ExportJob *job)
{
    (void)job;
    return memory_copy_string("opens in: ONNX Runtime 1.12 and later, browsers (onnxruntime-web), "
                              "chaiNNer");
}
