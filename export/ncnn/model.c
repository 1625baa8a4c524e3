#include "export/ncnn/model.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "export/ncnn/read.h"
#include "export/ncnn/write.h"
#include "nets/cost.h"

enum { COST_SIZE = 64 };

/* PATH with that extension in place of either of the two. */
static char *with_extension(const char *path, const char *extension)
{
    bool either = file_has_extension(path, "param") || file_has_extension(path, "bin");
    size_t length = strlen(path) - (either ? strlen(file_extension(path)) + 1 : 0);
    return memory_print("%.*s.%s", (int)length, path, extension);
}

int ncnn_model_write(const char *path, const ExportJob *job)
{
    char *param = with_extension(path, "param"), *bin = with_extension(path, "bin");
    int result = ncnn_write(param, bin, job->model->graph, job->model->weights);
    free(param);
    free(bin);
    return result;
}

/* Upscayl finds a scale of 2, 3 or 4 as "x2" or "2x" in a model's name. Where there is none it
 * takes 4, or, older releases, refuses. */
static bool names_scale(const char *path, int scale)
{
    const char *name = file_name(path);
    for (const char *c = name; *c; c++) {
        bool before =
            c > name && *c == 'x' && atoi(c - 1) == scale && isdigit((unsigned char)c[-1]);
        bool after = tolower((unsigned char)*c) == 'x' && atoi(c + 1) == scale;
        if (before || after)
            return true;
    }
    return false;
}

char *ncnn_model_opens_in(const ExportJob *job)
{
    Cost cost;
    int scale = job->model->specification.scale;
    char rename[80] = "", multiple[80] = "";
    bool known = scale >= 2 && scale <= 4;
    if (known && !names_scale(job->options->output, scale))
        snprintf(rename, sizeof rename, " (which takes its scale from its name: add x%d to it)",
                 scale);
    if (cost_of_graph(job->model->graph, COST_SIZE, COST_SIZE, &cost) == 0 && cost.multiple > 1)
        snprintf(multiple, sizeof multiple,
                 "; only for widths and heights that are multiples of %d", cost.multiple);
    error_clear();
    if (!known)
        return memory_print(
            "opens in: realesrgan-ncnn-vulkan, chaiNNer (Upscayl knows scales of 2, 3 "
            "and 4 alone)%s",
            multiple);
    return memory_print("opens in: Upscayl as a custom model%s, realesrgan-ncnn-vulkan, chaiNNer%s",
                        rename, multiple);
}
/* What float16 weights may cost, of a range of 0..1. */
static const double HALF_LIMIT = 2e-3;

int ncnn_model_verify(const char *path, const ExportJob *job, Agreement *agreement)
{
    NcnnNetwork network;
    char *param = with_extension(path, "param"), *bin = with_extension(path, "bin");
    int result = ncnn_read(param, bin, &network);
    if (result == 0) {
        Runnable original = {job->model->graph, job->model->weights};
        Runnable written = {network.graph, network.weights};
        result = verify_agreement(param, original, written, HALF_LIMIT, agreement);
        ncnn_network_free(&network);
    }
    free(param);
    free(bin);
    return result;
}
