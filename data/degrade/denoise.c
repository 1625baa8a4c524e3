#include "data/degrade/denoise.h"

#include "core/vector.h"
#include "data/degrade/convolve.h"
#include "data/degrade/median.h"

typedef struct DenoiseValues {
    int kind; /* 0 guided, 1 median */
    int radius;
    double strength;
} DenoiseValues;

static const Parameter PARAMETERS[] = {
    {"kind", PARAMETER_CHOICE, offsetof(DenoiseValues, kind), "\"guided\"", 0, 1, "guided|median",
     NULL, "guided: flattens what varies little, keeps edges; median: rounds corners, drops dots"},
    {"radius", PARAMETER_INTEGER, offsetof(DenoiseValues, radius), "[1, 4]", 1, 12, NULL, NULL,
     "pixels: of the window; a median's is 2 at most"},
    {"strength", PARAMETER_REAL, offsetof(DenoiseValues, strength), "[4, 20]", 0.1, 255, NULL,
     "guided", "levels: what deviates less within the window is flattened"},
    {0},
};

/* Centred values: their squares lose fewer bits. */
FOR_EVERY_PROCESSOR
static void centre(const float *restrict values, float *restrict centred, float *restrict squares,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        centred[i] = values[i] - 128;
        squares[i] = centred[i] * centred[i];
    }
}

/* He et al. 2010, equations 5 and 6, where the picture guides itself; in place. */
FOR_EVERY_PROCESSOR
static void fit_lines(float *restrict means, float *restrict squares, float epsilon, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float variance = squares[i] - means[i] * means[i];
        variance = variance > 0 ? variance : 0;
        float slope = variance / (variance + epsilon);
        squares[i] = slope;
        means[i] -= slope * means[i];
    }
}

/* Equation 8. */
FOR_EVERY_PROCESSOR
static void follow_lines(float *restrict values, const float *restrict slopes,
                         const float *restrict offsets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = slopes[i] * (values[i] - 128) + offsets[i] + 128;
}

static const Filter *box(Workspace *work, int radius)
{
    float weights[FILTER_MOST];
    for (int i = 0; i <= 2 * radius; i++)
        weights[i] = 1.0f / (float)(2 * radius + 1);
    return filter_prepare_separable(work, weights, 2 * radius + 1);
}

static void guide(const DenoiseValues *v, Workspace *work, const Picture *picture)
{
    size_t count = picture_pixels(picture);
    int width = picture->width, height = picture->height;
    const Filter *filter = box(work, v->radius);
    float *offsets = workspace_take(work, count, sizeof *offsets);
    float *slopes = workspace_take(work, count, sizeof *slopes);
    for (int c = 0; c < 3; c++) {
        centre(picture->planes[c], offsets, slopes, count);
        filter_plane(filter, work, offsets, width, height, offsets);
        filter_plane(filter, work, slopes, width, height, slopes);
        fit_lines(offsets, slopes, (float)(v->strength * v->strength), count);
        filter_plane(filter, work, offsets, width, height, offsets);
        filter_plane(filter, work, slopes, width, height, slopes);
        follow_lines(picture->planes[c], slopes, offsets, count);
    }
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    const DenoiseValues *v = values;
    if (v->kind == 0)
        guide(v, work, picture);
    else
        for (int c = 0; c < 3; c++)
            median_plane(work, picture->planes[c], picture->width, picture->height,
                         v->radius > 2 ? 2 : v->radius);
    return 0;
}

const Operation DENOISE_OPERATION = {
    .name = "denoise",
    .help = "the smear that denoisers leave",
    .parameters = PARAMETERS,
    .bytes = sizeof(DenoiseValues),
    .apply = apply,
};
