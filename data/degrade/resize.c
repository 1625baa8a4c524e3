/* Other extents, carefully or carelessly. */
#include <math.h>

#include "core/error.h"
#include "data/degrade/operations.h"
#include "data/resample.h"

enum { CURRENT, HR, LR };

/* Recipes and foreign texts may enlarge again and again: pixels, for each of HR's and in all. */
static const double MOST_TIMES = 16 * 16, MOST_PIXELS = 1 << 28;

typedef struct ResizeValues {
    int kernel, sampling, of;
    double factor;
} ResizeValues;

/* In the order of `kernel`'s choices. */
static const Kernel KERNELS[] = {KERNEL_NEAREST, KERNEL_AREA,      KERNEL_BILINEAR,
                                 KERNEL_BICUBIC, KERNEL_BICUBIC75, KERNEL_LANCZOS3};

static const Parameter PARAMETERS[] = {
    {"kernel", PARAMETER_CHOICE, offsetof(ResizeValues, kernel), "\"bicubic\"", 0, 5,
     "nearest|area|bilinear|bicubic|bicubic75|lanczos", NULL,
     "the filter; bicubic75 is OpenCV's and PyTorch's bicubic"},
    {"sampling", PARAMETER_CHOICE, offsetof(ResizeValues, sampling), "\"antialiased\"", 0, 1,
     "antialiased|plain", NULL, "plain: the filter is not widened when shrinking"},
    {"factor", PARAMETER_REAL, offsetof(ResizeValues, factor), "1", 0.01, 16, NULL, NULL,
     "times the extents that `of` names, rounded down, at least 1 px"},
    {"of", PARAMETER_CHOICE, offsetof(ResizeValues, of), "\"current\"", 0, 2, "current|hr|lr", NULL,
     "the picture as it is, the HR tile, or LR as it will be"},
    {0},
};

static double extent(const ResizeValues *v, int current, int hr, int scale)
{
    int base = v->of == CURRENT ? current : v->of == HR ? hr : hr / scale;
    double wanted = floor(base * v->factor + 1e-6); /* 0.29 of 100 is 29 */
    return wanted < 1 ? 1 : wanted;
}

static int apply(const void *values, const Situation *s, Workspace *work, Picture *picture)
{
    const ResizeValues *v = values;
    double across = extent(v, picture->width, s->hr_width, s->scale);
    double down = extent(v, picture->height, s->hr_height, s->scale);
    if (across * down > MOST_PIXELS || across * down > MOST_TIMES * s->hr_width * s->hr_height)
        return error_set(ERROR_SHAPE, "would make %.0fx%.0f pixels", across, down);
    int width = (int)across, height = (int)down;
    if (width == picture->width && height == picture->height)
        return 0;
    Picture to = picture_take(work, width, height);
    picture_resample(picture, KERNELS[v->kernel], (Sampling)v->sampling, work, &to);
    *picture = to;
    return 0;
}

const Operation RESIZE_OPERATION = {
    .name = "resize",
    .help = "other extents",
    .parameters = PARAMETERS,
    .bytes = sizeof(ResizeValues),
    .resizes = true,
    .apply = apply,
};
