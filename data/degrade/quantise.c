/* Few colours: a palette as GIF and indexed PNG have it, or few levels of each channel. */
#include <math.h>
#include <stdlib.h>

#include "data/degrade/operations.h"
#include "data/degrade/palette.h"

enum { PALETTE, LEVELS };
enum { NONE, ORDERED, DIFFUSION };

typedef struct QuantiseValues {
    int kind, colours, dither;
} QuantiseValues;

static const Parameter PARAMETERS[] = {
    {"kind", PARAMETER_CHOICE, offsetof(QuantiseValues, kind), "\"palette\"", 0, 1,
     "palette|levels", NULL, "the picture's own palette, or steps in each channel"},
    {"colours", PARAMETER_INTEGER, offsetof(QuantiseValues, colours), "64", 2, 256, NULL, NULL,
     "of the palette, or levels of a channel"},
    {"dither", PARAMETER_CHOICE, offsetof(QuantiseValues, dither), "\"none\"", 0, 2,
     "none|ordered|diffusion", NULL, "what hides the steps: nothing, Bayer 8x8, Floyd-Steinberg"},
    {0},
};

/* -0.5 .. 0.5 by Bayer's matrix of 8 x 8: the bits of x ^ y and y, reversed and interleaved. */
static float bayer(int x, int y)
{
    int value = 0;
    for (int bit = 0; bit < 3; bit++) {
        value = value << 1 | (((x ^ y) >> bit) & 1);
        value = value << 1 | ((y >> bit) & 1);
    }
    return ((float)value + 0.5f) / 64 - 0.5f;
}

typedef struct Quantiser {
    const QuantiseValues *values;
    Palette palette;
    float step; /* between levels; of a palette an estimate, for ordered dithering */
} Quantiser;

static void nearest(const Quantiser *q, const float wanted[3], float found[3])
{
    if (q->values->kind == PALETTE) {
        palette_nearest(&q->palette, wanted, found);
        return;
    }
    for (int c = 0; c < 3; c++)
        found[c] = floorf(fminf(fmaxf(wanted[c], 0), 255) / q->step + 0.5f) * q->step;
}

/* Floyd and Steinberg 1976: what a pixel lost goes to the right and to the row below. errors has
 * two rows of width + 2 pixels, this one and the next. */
static void spread(float *here, float *below, int x, int c, float lost)
{
    here[3 * (x + 2) + c] += lost * 7 / 16;
    below[3 * x + c] += lost * 3 / 16;
    below[3 * (x + 1) + c] += lost * 5 / 16;
    below[3 * (x + 2) + c] += lost * 1 / 16;
}

static void quantise_row(const Quantiser *q, const Picture *p, int y, float *here, float *below)
{
    for (int x = 0; x < p->width; x++) {
        size_t at = (size_t)y * (size_t)p->width + (size_t)x;
        float shift = q->values->dither == ORDERED ? bayer(x & 7, y & 7) * q->step : 0;
        float wanted[3], found[3];
        for (int c = 0; c < 3; c++)
            wanted[c] = p->planes[c][at] + shift + here[3 * (x + 1) + c];
        nearest(q, wanted, found);
        for (int c = 0; c < 3; c++) {
            p->planes[c][at] = found[c];
            if (q->values->dither == DIFFUSION)
                spread(here, below, x, c, wanted[c] - found[c]);
        }
    }
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    const QuantiseValues *v = values;
    Quantiser q = {.values = v};
    picture_round(picture, 8);
    if (v->kind == PALETTE)
        palette_make(&q.palette, picture, v->colours, work);
    q.step = 255 / (v->kind == PALETTE ? cbrtf((float)v->colours) : (float)(v->colours - 1));
    size_t row = 3 * ((size_t)picture->width + 2);
    float *errors = workspace_take(work, 2 * row, sizeof *errors);
    for (size_t i = 0; i < 2 * row; i++)
        errors[i] = 0;
    for (int y = 0; y < picture->height; y++) {
        float *here = errors + (y % 2 ? row : 0), *below = errors + (y % 2 ? 0 : row);
        for (size_t i = 0; i < row; i++)
            below[i] = 0;
        quantise_row(&q, picture, y, here, below);
    }
    return 0;
}

const Operation QUANTISE_OPERATION = {
    .name = "quantise",
    .help = "few colours; rounds to 8 bits first",
    .parameters = PARAMETERS,
    .bytes = sizeof(QuantiseValues),
    .apply = apply,
};
