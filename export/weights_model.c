#include "export/weights_model.h"

#include <string.h>

#include "core/error.h"
#include "export/metadata.h"
#include "export/opens_in.h"

/* The model's parameters, without arrays that its network does not use. */
static Weights *own_weights(const Model *model)
{
    Weights *own = weights_new();
    for (int i = 0; i < model->graph->parameter_count; i++) {
        const Parameter *p = &model->graph->parameters[i];
        Weight *w = weights_add(own, p->key, p->rank, p->shape);
        memcpy(w->values, weights_find(model->weights, p->key)->values,
               (size_t)p->count * sizeof *w->values);
    }
    return own;
}

int safetensors_model_write(const char *path, const ExportJob *job)
{
    Weights *texts = metadata_texts(job);
    if (!texts)
        return -1;
    Weights *own = own_weights(job->model);
    for (int i = 0; i < texts->text_count; i++)
        weights_set_text(own, texts->texts[i].key, texts->texts[i].value);
    weights_set_text(own, "unmush.precision", "fp32");
    int result = model_write(path, &job->model->specification, own);
    weights_free(own);
    weights_free(texts);
    return result;
}

/* Whether keys and shapes alone tell the network. */
static bool is_told_by_keys(const Model *model, const Weights *own)
{
    Specification found;
    Graph *g = model_recognise(own, "", &found) == 0 ? specification_build(&found) : NULL;
    bool told = g && found.scale == model->specification.scale && graph_same(g, model->graph);
    error_clear();
    graph_free(g);
    specification_free(&found);
    return told;
}

int pth_model_write(const char *path, const ExportJob *job)
{
    Weights *own = own_weights(job->model);
    int result = is_told_by_keys(job->model, own)
                     ? weights_write_pth(path, own, "params")
                     : error_set(ERROR_FORMAT,
                                 "%s: keys and shapes, all that a .pth has, do not tell this "
                                 "network; export .safetensors or .onnx",
                                 job->source);
    weights_free(own);
    return result;
}

int weights_model_verify(const char *path, const ExportJob *job, Agreement *agreement)
{
    Model *model = model_read(path);
    if (!model)
        return -1;
    Runnable original = {job->model->graph, job->model->weights};
    Runnable written = {model->graph, model->weights};
    int result = verify_agreement(path, original, written, verify_limit(original.graph), agreement);
    model_free(model);
    return result;
}

char *weights_model_opens_in(const ExportJob *job)
{
    return opens_in_sentence(job->model->graph, job->model->specification.scale);
}
