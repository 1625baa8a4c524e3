#include "eval/baselines.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/resample.h"

static void sharpen(Plane *plane)
{
    Plane blurred = plane_gaussian(plane, 1.5, 6);
    size_t count = (size_t)plane->width * (size_t)plane->height;
    for (size_t i = 0; i < count; i++)
        plane->values[i] += plane->values[i] - blurred.values[i];
    plane_free(&blurred);
}

Image baseline_unsharp(const Image *lr, int width, int height)
{
    Plane large[3];
    for (int c = 0; c < 3; c++) {
        Plane small = image_channel(lr, c);
        large[c] = plane_resample(&small, width, height, KERNEL_BICUBIC);
        plane_free(&small);
        sharpen(&large[c]);
    }
    Image image = image_from_channels(large);
    for (int c = 0; c < 3; c++)
        plane_free(&large[c]);
    return image;
}

typedef struct Baseline {
    const char *name;
    Kernel kernel;
    bool sharpened;
} Baseline;

static const Baseline BASELINES[] = {
    {"nearest", KERNEL_NEAREST, false}, {"bilinear", KERNEL_BILINEAR, false},
    {"bicubic", KERNEL_BICUBIC, false}, {"lanczos", KERNEL_LANCZOS3, false},
    {"unsharp", KERNEL_BICUBIC, true},  {0}};

static int upscale(void *context, const MethodInput *input, Image *sr)
{
    const Baseline *baseline = context;
    int width = input->lr->width * input->scale, height = input->lr->height * input->scale;
    *sr = baseline->sharpened ? baseline_unsharp(input->lr, width, height)
                              : image_resample(input->lr, width, height, baseline->kernel);
    return 0;
}

static int add_one(MethodList *list, const char *name)
{
    const Baseline *baseline = BASELINES;
    while (baseline->name && strcmp(baseline->name, name) != 0)
        baseline++;
    if (!baseline->name)
        return error_set(ERROR_USAGE, "eval: --baseline: %s is none of %s", name, BASELINES_ALL);
    Method *method = method_list_add(list, name, "baseline", NULL);
    if (!method)
        return -1;
    method->parallel = true;
    method->upscale = upscale;
    method->context = (void *)baseline;
    return 0;
}

int baselines_add(MethodList *list, const char *names)
{
    if (strcmp(names, "none") == 0)
        return 0;
    char *copy = memory_copy_string(names), *rest = copy;
    int result = 0;
    for (char *name; result == 0 && (name = strsep(&rest, ","));)
        result = add_one(list, name);
    free(copy);
    return result;
}
