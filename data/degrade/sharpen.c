#include "data/degrade/sharpen.h"

#include <math.h>

#include "core/vector.h"
#include "data/degrade/convolve.h"

typedef struct SharpenValues {
    int kind; /* 0 masked, 1 plain */
    double amount, sigma;
    int radius;
    double threshold;
} SharpenValues;

/* The fallbacks are Real-ESRGAN's; its sigma is OpenCV's for 51 taps. */
static const Parameter PARAMETERS[] = {
    {"kind", PARAMETER_CHOICE, offsetof(SharpenValues, kind), "\"masked\"", 0, 1, "masked|plain",
     NULL, "masked: only near strong edges and clipped; plain: everywhere, with halos"},
    {"amount", PARAMETER_REAL, offsetof(SharpenValues, amount), "0.5", 0, 10, NULL, NULL,
     "how much of the difference from the blurred picture is added"},
    {"sigma", PARAMETER_REAL, offsetof(SharpenValues, sigma), "8", 0.1, 25, NULL, NULL,
     "pixels: width of the blur"},
    {"radius", PARAMETER_INTEGER, offsetof(SharpenValues, radius), "25", 1, 25, NULL, NULL,
     "pixels: where the blur ends"},
    {"threshold", PARAMETER_REAL, offsetof(SharpenValues, threshold), "10", 0, 255, NULL, "masked",
     "levels: smaller differences are no edge"},
    {0},
};

static const Filter *gaussian(Workspace *work, double sigma, int radius)
{
    float weights[FILTER_MOST];
    double sum = 0;
    for (int i = -radius; i <= radius; i++)
        sum += exp(-0.5 * i * i / (sigma * sigma));
    for (int i = -radius; i <= radius; i++)
        weights[i + radius] = (float)(exp(-0.5 * i * i / (sigma * sigma)) / sum);
    return filter_prepare_separable(work, weights, 2 * radius + 1);
}

FOR_EVERY_PROCESSOR
static void find_edges(const float *restrict values, const float *restrict blurred, float threshold,
                       float *restrict edges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        edges[i] = fabsf(values[i] - blurred[i]) > threshold ? 1.0f : 0.0f;
}

FOR_EVERY_PROCESSOR
static void add_masked(float *restrict values, const float *restrict blurred,
                       const float *restrict mask, float amount, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float sharp = values[i] + amount * (values[i] - blurred[i]);
        sharp = sharp > 0 ? sharp : 0;
        sharp = sharp < 255 ? sharp : 255;
        values[i] = mask[i] * sharp + (1 - mask[i]) * values[i];
    }
}

FOR_EVERY_PROCESSOR
static void add_plain(float *restrict values, const float *restrict blurred, float amount,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] += amount * (values[i] - blurred[i]);
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    const SharpenValues *v = values;
    size_t count = picture_pixels(picture);
    int width = picture->width, height = picture->height;
    const Filter *filter = gaussian(work, v->sigma, v->radius);
    float *blurred = workspace_take(work, count, sizeof *blurred);
    float *mask = workspace_take(work, count, sizeof *mask);
    for (int c = 0; c < 3; c++) {
        float *plane = picture->planes[c];
        filter_plane(filter, work, plane, width, height, blurred);
        if (v->kind == 1) {
            add_plain(plane, blurred, (float)v->amount, count);
            continue;
        }
        find_edges(plane, blurred, (float)v->threshold, mask, count);
        filter_plane(filter, work, mask, width, height, mask);
        add_masked(plane, blurred, mask, (float)v->amount, count);
    }
    return 0;
}

const Operation SHARPEN_OPERATION = {
    .name = "sharpen",
    .help = "unsharp masking",
    .parameters = PARAMETERS,
    .bytes = sizeof(SharpenValues),
    .apply = apply,
};
