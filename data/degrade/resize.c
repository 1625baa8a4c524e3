#include <math.h>
#include <string.h>

#include "data/degrade/operations.h"
#include "data/resample.h"

typedef struct ResizeValues {
    int kernel, of;
    double factor;
} ResizeValues;

static const Parameter PARAMETERS[] = {
    {"kernel", PARAMETER_CHOICE, offsetof(ResizeValues, kernel), "\"bicubic\"", 0, 3,
     "nearest|bilinear|bicubic|lanczos", NULL, "the filter"},
    {"factor", PARAMETER_REAL, offsetof(ResizeValues, factor), "1", 0.01, 16, NULL, NULL,
     "extents"},
    {"of", PARAMETER_CHOICE, offsetof(ResizeValues, of), "\"current\"", 0, 2, "current|hr|lr", NULL,
     "what the factor multiplies"},
    {0},
};

static int extent(int of, const ResizeValues *v)
{
    double wanted = floor(of * v->factor);
    return wanted < 1 ? 1 : (int)wanted;
}

static int apply(const void *values, const Situation *s, Workspace *work, Picture *picture)
{
    const ResizeValues *v = values;
    int by = v->of == 2 ? s->scale : 1;
    int width = v->of == 0 ? picture->width : s->hr_width / by;
    int height = v->of == 0 ? picture->height : s->hr_height / by;
    Picture to = picture_take(work, extent(width, v), extent(height, v));
    for (int c = 0; c < 3; c++) {
        Plane from = {picture->width, picture->height, picture->planes[c]};
        Plane plane = plane_resample(&from, to.width, to.height, (Kernel)v->kernel);
        memcpy(to.planes[c], plane.values, picture_pixels(&to) * sizeof(float));
        plane_free(&plane);
    }
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
