#include "data/degrade/blur.h"

#include "core/vector.h"
#include "data/degrade/blur_kernels.h"
#include "data/degrade/convolve.h"

typedef struct BlurValues {
    BlurKernel kernel;
    int channels; /* 0 rgb, 1 chroma */
} BlurValues;

#define AT(member) offsetof(BlurValues, member)

static const Parameter PARAMETERS[] = {
    {"kind", PARAMETER_CHOICE, AT(kernel.kind), "\"iso\"", 0, BLUR_CURVE,
     "iso|aniso|generalized_iso|generalized_aniso|plateau_iso|plateau_aniso|sinc|disk|line|curve",
     NULL,
     "what blurred: round and oval bells, a low pass that rings, a lens out of focus, motion"},
    {"radius", PARAMETER_INTEGER, AT(kernel.radius), "[3, 10]", 1, BLUR_MOST_RADIUS, NULL, NULL,
     "the kernel has 2 radius + 1 pixels squared"},
    {"sigma", PARAMETER_REAL, AT(kernel.sigma), "[0.2, 3]", 0.1, 25, NULL,
     "iso|aniso|generalized_iso|generalized_aniso|plateau_iso|plateau_aniso",
     "pixels: width of the bell"},
    {"sigma_y", PARAMETER_REAL, AT(kernel.sigma_y), "[0.2, 3]", 0.1, 25, NULL,
     "aniso|generalized_aniso|plateau_aniso", "pixels: width across the angle"},
    {"angle", PARAMETER_REAL, AT(kernel.angle), "[-180, 180]", -360, 360, NULL,
     "aniso|generalized_aniso|plateau_aniso|line|curve",
     "degrees from rightwards to downwards: where sigma lies, where motion went half-way"},
    {"beta", PARAMETER_REAL, AT(kernel.beta), "[0.5, 2]", 0.1, 20, NULL,
     "generalized_iso|generalized_aniso|plateau_iso|plateau_aniso",
     "shape: 1 is a Gaussian or its plateau, more is flatter with a steeper edge"},
    {"cutoff", PARAMETER_REAL, AT(kernel.cutoff), "[1.0472, 3.1416]", 0.1, 3.1416, NULL, "sinc",
     "radians per pixel that still pass; 3.1416 is all"},
    {"reach", PARAMETER_REAL, AT(kernel.reach), "[1, 4]", 0.1, BLUR_MOST_RADIUS + 0.5, NULL, "disk",
     "pixels: radius of the disk, at most the kernel's"},
    {"length", PARAMETER_REAL, AT(kernel.length), "[2, 12]", 0.1, 2 * BLUR_MOST_RADIUS + 1, NULL,
     "line|curve", "pixels moved, at most the kernel's extent"},
    {"bend", PARAMETER_REAL, AT(kernel.bend), "[-90, 90]", -360, 360, NULL, "curve",
     "degrees that the motion turned by"},
    {"channels", PARAMETER_CHOICE, AT(channels), "\"rgb\"", 0, 1, "rgb|chroma", NULL,
     "all, or the colour alone: luma stays sharp"},
    {0},
};

/* BT.601's luma. */
static const float RED = 0.299f, GREEN = 0.587f, BLUE = 0.114f;

/* Leaves R - Y and B - Y in r and b. */
FOR_EVERY_PROCESSOR
static void split_luma(float *restrict r, const float *restrict g, float *restrict b,
                       float *restrict luma, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        luma[i] = RED * r[i] + GREEN * g[i] + BLUE * b[i];
        r[i] -= luma[i];
        b[i] -= luma[i];
    }
}

FOR_EVERY_PROCESSOR
static void join_luma(float *restrict r, float *restrict g, float *restrict b,
                      const float *restrict luma, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g[i] = luma[i] - (RED * r[i] + BLUE * b[i]) * (1 / GREEN);
        r[i] += luma[i];
        b[i] += luma[i];
    }
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    const BlurValues *v = values;
    float weights[BLUR_MOST_TAPS];
    blur_kernel_fill(&v->kernel, weights);
    const Filter *filter = filter_prepare(work, weights, 2 * v->kernel.radius + 1);
    float **p = picture->planes;
    int step = v->channels == 1 ? 2 : 1;
    float *luma = NULL;
    if (v->channels == 1) {
        luma = workspace_take(work, picture_pixels(picture), sizeof *luma);
        split_luma(p[0], p[1], p[2], luma, picture_pixels(picture));
    }
    for (int c = 0; c < 3; c += step)
        filter_plane(filter, work, p[c], picture->width, picture->height, p[c]);
    if (luma)
        join_luma(p[0], p[1], p[2], luma, picture_pixels(picture));
    return 0;
}

const Operation BLUR_OPERATION = {
    .name = "blur",
    .help = "convolution with a kernel of the lens, of motion or of a resampler",
    .parameters = PARAMETERS,
    .bytes = sizeof(BlurValues),
    .apply = apply,
};
