/* Noise of sensors and of the published pipelines: Gaussian and Poisson as in Real-ESRGAN (Wang et
 * al. 2021), speckle as in BSRGAN (Zhang et al. 2021), and a sensor's shot and read noise (Foi et
 * al. 2008, doi:10.1109/TIP.2008.2001399). */
#include <math.h>

#include "core/random_fill.h"
#include "core/vector.h"
#include "data/degrade/operations.h"
#include "data/degrade/poisson.h"

enum { GAUSSIAN, POISSON, SPECKLE, SENSOR };
enum { COLOUR, GRAY };
enum { GRAY_PLANE = 3 }; /* of the random numbers that all channels share */

typedef struct NoiseValues {
    int kind, colour;
    double sigma, scale, shot, read;
    uint32_t seed;
} NoiseValues;

static const Parameter PARAMETERS[] = {
    {"kind", PARAMETER_CHOICE, offsetof(NoiseValues, kind), "\"gaussian\"", 0, 3,
     "gaussian|poisson|speckle|sensor", NULL, "what the noise depends on"},
    {"sigma", PARAMETER_REAL, offsetof(NoiseValues, sigma), "10", 0, 255, NULL, "gaussian|speckle",
     "standard deviation in levels; of speckle where the picture is white"},
    {"scale", PARAMETER_REAL, offsetof(NoiseValues, scale), "1", 0, 20, NULL, "poisson",
     "how many times as strong as the counting noise of 8-bit levels"},
    {"shot", PARAMETER_REAL, offsetof(NoiseValues, shot), "0.5", 0, 100, NULL, "sensor",
     "variance in squared levels for each level of brightness"},
    {"read", PARAMETER_REAL, offsetof(NoiseValues, read), "2", 0, 100, NULL, "sensor",
     "standard deviation in the dark, levels"},
    {"colour", PARAMETER_CHOICE, offsetof(NoiseValues, colour), "\"colour\"", 0, 1, "colour|gray",
     NULL, "each channel its own, or the same for all"},
    {"seed", PARAMETER_SEED, offsetof(NoiseValues, seed), NULL, 0, 0, NULL, NULL,
     "of the pixels' random numbers"},
    {0},
};

FOR_EVERY_PROCESSOR
static void add_gaussian(float *values, const float *normals, size_t count, float sigma)
{
    for (size_t i = 0; i < count; i++)
        values[i] += sigma * normals[i];
}

FOR_EVERY_PROCESSOR
static void add_speckle(float *values, const float *normals, size_t count, float sigma)
{
    for (size_t i = 0; i < count; i++)
        values[i] += values[i] / 255 * sigma * normals[i];
}

FOR_EVERY_PROCESSOR
static void add_sensor(float *values, const float *normals, size_t count, float shot, float read)
{
    for (size_t i = 0; i < count; i++) {
        float light = values[i] > 0 ? values[i] : 0;
        values[i] += sqrtf(shot * light + read * read) * normals[i];
    }
}

FOR_EVERY_PROCESSOR
static void add_plane(float *values, const float *noise, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] += noise[i];
}

/* ITU-R BT.601 luma, not rounded: what the published gray noise counts photons of. */
FOR_EVERY_PROCESSOR
static void fill_luma(const Picture *p, size_t count, float *luma)
{
    for (size_t i = 0; i < count; i++)
        luma[i] = 0.2989f * p->planes[0][i] + 0.587f * p->planes[1][i] + 0.114f * p->planes[2][i];
}

static void add_poisson(const NoiseValues *v, Workspace *work, Picture *picture)
{
    size_t count = picture_pixels(picture);
    uint32_t *words = workspace_take(work, count, sizeof *words);
    float *noise = workspace_take(work, count, sizeof *noise);
    if (v->colour == GRAY) {
        float *luma = workspace_take(work, count, sizeof *luma);
        fill_luma(picture, count, luma);
        random_fill_words(v->seed, GRAY_PLANE, words, count);
        poisson_noise(luma, count, poisson_photons((const float *const *)&luma, 1, count), v->scale,
                      words, noise);
        for (int c = 0; c < 3; c++)
            add_plane(picture->planes[c], noise, count);
        return;
    }
    int photons = poisson_photons((const float *const *)picture->planes, 3, count);
    for (int c = 0; c < 3; c++) {
        random_fill_words(v->seed, (uint64_t)c, words, count);
        poisson_noise(picture->planes[c], count, photons, v->scale, words, noise);
        add_plane(picture->planes[c], noise, count);
    }
}

static void add_normal(const NoiseValues *v, float *values, const float *normals, size_t count)
{
    if (v->kind == SPECKLE)
        add_speckle(values, normals, count, (float)v->sigma);
    else if (v->kind == SENSOR)
        add_sensor(values, normals, count, (float)v->shot, (float)v->read);
    else
        add_gaussian(values, normals, count, (float)v->sigma);
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    const NoiseValues *v = values;
    size_t count = picture_pixels(picture);
    if (v->kind == POISSON) {
        add_poisson(v, work, picture);
    } else {
        float *normals = workspace_take(work, count, sizeof *normals);
        for (int c = 0; c < 3; c++) {
            if (v->colour == COLOUR || c == 0)
                random_fill_normal(v->seed, v->colour == GRAY ? GRAY_PLANE : (uint64_t)c, normals,
                                   count);
            add_normal(v, picture->planes[c], normals, count);
        }
    }
    picture_clip(picture);
    return 0;
}

const Operation NOISE_OPERATION = {
    .name = "noise",
    .help = "noise of each pixel for itself; clips to 0..255",
    .parameters = PARAMETERS,
    .bytes = sizeof(NoiseValues),
    .apply = apply,
};
