#include "export/onnx_model.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/threads.h"
#include "export/int8_model.h"
#include "export/metadata.h"
#include "nets/onnx/read.h"
#include "nets/onnx/runtime.h"
#include "nets/onnx/write.h"

int onnx_model_write(const char *path, const ExportJob *job)
{
    const Model *model = job->model;
    Weights *texts = metadata_texts(job);
    int result = -1;
    if (texts) {
        weights_set_text(texts, "unmush.precision", export_precision(job->options));
        int scale = model->specification.scale;
        char *description = memory_print(
            "%s, enlarges %d times. input: RGB 0..1, float (batch, 3, height, width); output: the "
            "same, height * %d and width * %d, not clamped. Tiles overlap by %s input pixels.",
            model->specification.architecture->title, scale, scale, scale,
            weights_text(texts, "unmush.overlap"));
        OnnxAbout about = {weights_text(texts, "unmush.name"),
                           description,
                           scale,
                           texts->texts,
                           texts->text_count,
                           job->options->half};
        result = job->options->int8 ? int8_model_write(path, job, &about)
                                    : onnx_write(path, model->graph, model->weights, &about);
        free(description);
    }
    weights_free(texts);
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
    if (job->options->int8)
        return int8_model_verify(path, job, agreement);
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
