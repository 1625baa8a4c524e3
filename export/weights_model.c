#include "export/weights_model.h"

#include <string.h>

/* The model's parameters and texts, without arrays that its network does not use. */
static Weights *own_weights(const Model *model)
{
    Weights *own = weights_new();
    for (int i = 0; i < model->graph->parameter_count; i++) {
        const Parameter *p = &model->graph->parameters[i];
        Weight *w = weights_add(own, p->key, p->rank, p->shape);
        memcpy(w->values, weights_find(model->weights, p->key)->values,
               (size_t)p->count * sizeof *w->values);
    }
    for (int i = 0; i < model->weights->text_count; i++)
        weights_set_text(own, model->weights->texts[i].key, model->weights->texts[i].value);
    return own;
}

int safetensors_model_write(const char *path, const ExportJob *job)
{
    Weights *own = own_weights(job->model);
    int result = model_write(path, &job->model->specification, own);
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
