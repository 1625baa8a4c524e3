/* What ageing, printing and careless processing do to tones and colours. */
#include <math.h>

#include "core/vector.h"
#include "data/degrade/operations.h"

enum { STEPS = 1024 }; /* of the table of gamma, linear in between */

typedef struct ColourValues {
    double gamma, fade, saturation, red, green, blue;
} ColourValues;

static const Parameter PARAMETERS[] = {
    {"gamma", PARAMETER_REAL, offsetof(ColourValues, gamma), "1", 0.1, 10, NULL, NULL,
     "exponent on 0..1: above 1 darkens the midtones"},
    {"fade", PARAMETER_REAL, offsetof(ColourValues, fade), "0", 0, 1, NULL, NULL,
     "blacks lifted and contrast lost: 1 leaves one gray"},
    {"saturation", PARAMETER_REAL, offsetof(ColourValues, saturation), "1", 0, 4, NULL, NULL,
     "of colours around their luma: 0 leaves gray"},
    {"red", PARAMETER_REAL, offsetof(ColourValues, red), "0", -128, 128, NULL, NULL,
     "levels added"},
    {"green", PARAMETER_REAL, offsetof(ColourValues, green), "0", -128, 128, NULL, NULL,
     "levels added"},
    {"blue", PARAMETER_REAL, offsetof(ColourValues, blue), "0", -128, 128, NULL, NULL,
     "levels added"},
    {0},
};

FOR_EVERY_PROCESSOR
static void look_up(float *values, size_t count, const float *table)
{
    for (size_t i = 0; i < count; i++) {
        float at = values[i] * ((float)STEPS / 255);
        int step = (int)at;
        values[i] = table[step] + (at - (float)step) * (table[step + 1] - table[step]);
    }
}

static void apply_gamma(const Picture *picture, double gamma)
{
    float table[STEPS + 2];
    for (int i = 0; i < STEPS + 2; i++)
        table[i] = (float)(255 * pow((double)i / STEPS, gamma));
    for (int c = 0; c < 3; c++)
        look_up(picture->planes[c], picture_pixels(picture), table);
}

/* Luma of BT.601 stays what it is. */
FOR_EVERY_PROCESSOR
static void apply_saturation(float *r, float *g, float *b, size_t count, float by)
{
    for (size_t i = 0; i < count; i++) {
        float luma = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
        r[i] = luma + by * (r[i] - luma);
        g[i] = luma + by * (g[i] - luma);
        b[i] = luma + by * (b[i] - luma);
    }
}

FOR_EVERY_PROCESSOR
static void apply_line(float *values, size_t count, float by, float plus)
{
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] * by + plus;
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    (void)work;
    /* A faded print's black and white move towards this gray. */
    const double GRAY = 150;
    const ColourValues *v = values;
    const double shift[] = {v->red, v->green, v->blue};
    size_t count = picture_pixels(picture);
    picture_clip(picture);
    if (v->gamma != 1)
        apply_gamma(picture, v->gamma);
    if (v->saturation != 1)
        apply_saturation(picture->planes[0], picture->planes[1], picture->planes[2], count,
                         (float)v->saturation);
    for (int c = 0; c < 3; c++)
        apply_line(picture->planes[c], count, (float)(1 - v->fade),
                   (float)(v->fade * GRAY + shift[c]));
    picture_clip(picture);
    return 0;
}

const Operation COLOUR_OPERATION = {
    .name = "colour",
    .help = "gamma, saturation, fading and casts, in this order; clips to 0..255",
    .parameters = PARAMETERS,
    .bytes = sizeof(ColourValues),
    .apply = apply,
};
