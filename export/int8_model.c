#include "export/int8_model.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "export/calibrate.h"
#include "nets/fold.h"

static int write_quantised(const char *path, const ExportJob *job, const OnnxAbout *about,
                           const QuantisePlan *plan, const Weights *weights)
{
    Range *ranges = memory_array((size_t)plan->graph->count, sizeof *ranges);
    int scale = job->model->specification.scale;
    Weights *quantised = NULL;
    Graph *g = NULL;
    if (calibrate(plan, weights, job->source, &job->options->calibrate, scale, ranges) == 0)
        g = quantise_graph(plan, weights, ranges, &quantised);
    int result = g ? onnx_write(path, g, quantised, about) : -1;
    weights_free(quantised);
    graph_free(g);
    free(ranges);
    return result;
}

int int8_model_write(const char *path, const ExportJob *job, const OnnxAbout *about)
{
    QuantisePlan plan = {0};
    Weights *weights = NULL;
    Graph *g = graph_fold(job->model->graph, job->model->weights, &weights);
    int result = g ? quantise_plan(g, &plan) : -1;
    result = result == 0 ? write_quantised(path, job, about, &plan, weights)
                         : error_note("%s", job->source);
    quantise_plan_free(&plan);
    weights_free(weights);
    graph_free(g);
    return result;
}

int int8_model_verify(const char *path, const ExportJob *job, Agreement *agreement)
{
    const ExportOptions *o = job->options;
    const StringList *pictures = o->pictures.count ? &o->pictures : &o->calibrate;
    PictureLoss *loss = &agreement->loss;
    *agreement = (Agreement){.limit = o->limit};
    if (picture_loss(path, job->model, pictures, loss) != 0)
        return error_note("%s: cannot be verified", path);
    agreement->largest = loss->psnr_y[0] - loss->psnr_y[1];
    agreement->inputs = loss->pictures;
    snprintf(agreement->by, sizeof agreement->by, "%s", loss->by);
    if (agreement->largest <= o->limit)
        return 0;
    return error_set(ERROR_FORMAT,
                     "%s: costs %.2f dB of PSNR-Y (%.2f of the model, %.2f in int8, by %s), more "
                     "than --limit=%g",
                     path, agreement->largest, loss->psnr_y[0], loss->psnr_y[1], loss->by,
                     o->limit);
}
