/* LPIPS as a measure: which files of a folder are which weights, and pictures into tensors. */
#include "eval/perceptual.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "nets/lpips.h"

struct PerceptualMeasure {
    Lpips *nets[LPIPS_NETS]; /* NULL: not loaded; in the order of the metrics */
    int count;
};

/* How the published files' names begin: torchvision's backbones and LPIPS's linear weights. */
typedef struct FileNames {
    const char *backbone, *linear, *linear_short;
} FileNames;

static const FileNames FILE_NAMES[LPIPS_NETS] = {
    {"alexnet", "lpips-v0.1-alex.", "alex."},
    {"vgg16", "lpips-v0.1-vgg.", "vgg."},
    {"squeezenet1_1", "lpips-v0.1-squeeze.", "squeeze."},
};

/* The first weights file whose name begins so, or NULL. */
static const char *find_file(const FileList *list, const char *beginning)
{
    for (int i = 0; i < list->count; i++)
        if (strncmp(file_name(list->paths[i]), beginning, strlen(beginning)) == 0 &&
            (file_has_extension(list->paths[i], "pth") ||
             file_has_extension(list->paths[i], "safetensors")))
            return list->paths[i];
    return NULL;
}

static Lpips *load_net(LpipsNet net, const char *backbone_path, const char *linear_path)
{
    Weights *backbone = weights_read(backbone_path), *linear = NULL;
    if (backbone)
        linear = weights_read(linear_path);
    Lpips *lpips = linear ? lpips_new(net, backbone, linear) : NULL;
    if (linear && !lpips)
        error_note("%s and %s", backbone_path, linear_path);
    weights_free(backbone);
    weights_free(linear);
    return lpips;
}

static int load_all(PerceptualMeasure *measure, const FileList *list)
{
    for (int i = 0; i < LPIPS_NETS; i++) {
        const FileNames *names = &FILE_NAMES[i];
        const char *backbone = find_file(list, names->backbone);
        const char *linear = find_file(list, names->linear);
        if (!linear)
            linear = find_file(list, names->linear_short);
        if (!backbone || !linear)
            continue;
        measure->nets[i] = load_net((LpipsNet)i, backbone, linear);
        if (!measure->nets[i])
            return -1;
        measure->count++;
    }
    return 0;
}

PerceptualMeasure *perceptual_open(const char *directory)
{
    PerceptualMeasure *measure = memory_new(sizeof *measure);
    if (!directory)
        return measure;
    FileList list = {0};
    int result = file_list(directory, false, &list);
    if (result == 0)
        result = load_all(measure, &list);
    file_list_free(&list);
    if (result == 0 && measure->count == 0)
        result = error_set(ERROR_FILE,
                           "%s: no LPIPS weights: needs a backbone (alexnet*.pth, vgg16*.pth, "
                           "squeezenet1_1*.pth) and its lpips-v0.1-NET.pth",
                           directory);
    if (result == 0)
        return measure;
    perceptual_close(measure);
    return NULL;
}

void perceptual_close(PerceptualMeasure *measure)
{
    for (int i = 0; measure && i < LPIPS_NETS; i++)
        lpips_free(measure->nets[i]);
    free(measure);
}

bool perceptual_has(const PerceptualMeasure *measure, Metric metric)
{
    return metric >= METRIC_LPIPS_ALEX && metric < METRIC_COUNT &&
           measure->nets[metric - METRIC_LPIPS_ALEX];
}

int perceptual_measure(PerceptualMeasure *measure, const Image *hr, const Image *sr,
                       double values[METRIC_COUNT])
{
    if (measure->count == 0)
        return 0; /* and libtorch stays unloaded */
    tensor_scope_begin();
    Tensor *a = tensor_from_rgb(hr->rgb, 1, hr->height, hr->width);
    Tensor *b = tensor_from_rgb(sr->rgb, 1, sr->height, sr->width);
    for (int i = 0; i < LPIPS_NETS; i++)
        if (measure->nets[i])
            lpips_distance(measure->nets[i], a, b, &values[METRIC_LPIPS_ALEX + i], NULL);
    tensor_scope_end();
    return error_pending() ? error_note("LPIPS") : 0;
}
