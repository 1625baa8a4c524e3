/* Film grain: noise that hangs together in space, strongest in the midtones, as the density of
 * developed emulsion is (Newson et al. 2017, doi:10.1111/cgf.13159, for how it looks). */
#include <math.h>

#include "core/random_fill.h"
#include "core/vector.h"
#include "data/degrade/convolve.h"
#include "data/degrade/operations.h"

enum { FILM, FLAT };
enum { SHARED_PLANE = 3 };

typedef struct GrainValues {
    int tones;
    double strength, size, colour;
    uint32_t seed;
} GrainValues;

static const Parameter PARAMETERS[] = {
    {"tones", PARAMETER_CHOICE, offsetof(GrainValues, tones), "\"film\"", 0, 1, "film|flat", NULL,
     "strongest in the midtones and absent in black and white, or the same everywhere"},
    {"strength", PARAMETER_REAL, offsetof(GrainValues, strength), "8", 0, 100, NULL, NULL,
     "standard deviation in levels, of midtones"},
    {"size", PARAMETER_REAL, offsetof(GrainValues, size), "1", 0.3, 8, NULL, NULL,
     "px: deviation of the Gaussian that joins neighbours"},
    {"colour", PARAMETER_REAL, offsetof(GrainValues, colour), "0.3", 0, 1, NULL, NULL,
     "share of the variance that differs between the channels"},
    {"seed", PARAMETER_SEED, offsetof(GrainValues, seed), NULL, 0, 0, NULL, NULL,
     "of the pixels' random numbers"},
    {0},
};

/* 4 v (1 - v) for v of 0..1, whose maximum is 1 at mid gray. */
FOR_EVERY_PROCESSOR
static void add_grain(float *values, const float *shared, const float *own, size_t count,
                      float shared_by, float own_by, int tones)
{
    for (size_t i = 0; i < count; i++) {
        float v = values[i] / 255;
        v = v > 0 ? v : 0;
        v = v < 1 ? v : 1;
        float response = tones == FLAT ? 1 : 4 * v * (1 - v);
        values[i] += response * (shared_by * shared[i] + own_by * own[i]);
    }
}

/* A Gaussian along one axis whose squares sum to 1: what it makes of white noise has the variance
 * of that noise. */
static const Filter *prepare_grain(const GrainValues *v, Workspace *work)
{
    float weights[FILTER_MOST];
    double squares = 0;
    int radius = (int)ceil(3 * v->size);
    radius = radius < FILTER_MOST / 2 ? radius : FILTER_MOST / 2;
    for (int k = -radius; k <= radius; k++)
        squares += exp(-k * k / (v->size * v->size));
    for (int k = -radius; k <= radius; k++)
        weights[k + radius] = (float)(exp(-0.5 * k * k / (v->size * v->size)) / sqrt(squares));
    return filter_prepare_separable(work, weights, 2 * radius + 1);
}

static void fill_grain(const GrainValues *v, uint64_t plane, const Filter *filter,
                       const Picture *picture, Workspace *work, float *grain)
{
    WorkspaceMark mark = workspace_mark(work);
    random_fill_normal(v->seed, plane, grain, picture_pixels(picture));
    filter_plane(filter, work, grain, picture->width, picture->height, grain);
    workspace_release(work, mark);
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    const GrainValues *v = values;
    size_t count = picture_pixels(picture);
    float *shared = workspace_take(work, count, sizeof *shared);
    float *own = workspace_take(work, count, sizeof *own);
    float shared_by = (float)(v->strength * sqrt(1 - v->colour));
    float own_by = (float)(v->strength * sqrt(v->colour));
    const Filter *filter = prepare_grain(v, work);
    fill_grain(v, SHARED_PLANE, filter, picture, work, shared);
    for (uint64_t c = 0; c < 3; c++) {
        fill_grain(v, c, filter, picture, work, own);
        add_grain(picture->planes[c], shared, own, count, shared_by, own_by, v->tones);
    }
    picture_clip(picture);
    return 0;
}

const Operation GRAIN_OPERATION = {
    .name = "grain",
    .help = "film grain, correlated in space; clips to 0..255",
    .parameters = PARAMETERS,
    .bytes = sizeof(GrainValues),
    .apply = apply,
};
