#include "upscale/geometry.h"

#include <math.h>
#include <stdio.h>

#include "core/error.h"

int crop_parse(const char *text, CropRule *rule)
{
    int end = 0;
    *rule = (CropRule){0};
    if (sscanf(text, "%9d:%9d%n", &rule->width, &rule->height, &end) == 2 && !text[end]) {
        rule->ratio = true;
    } else if (sscanf(text, "%9dx%9d+%9d+%9d%n", &rule->width, &rule->height, &rule->x, &rule->y,
                      &end) == 4 &&
               !text[end]) {
        rule->placed = true;
    } else if (sscanf(text, "%9dx%9d%n", &rule->width, &rule->height, &end) != 2 || text[end]) {
        rule->width = 0;
    }
    if (rule->width < 1 || rule->height < 1 || rule->x < 0 || rule->y < 0)
        return error_set(ERROR_USAGE, "--crop: %s is not WxH, WxH+X+Y or A:B, as 640x480 or 16:9",
                         text);
    return 0;
}

int crop_place(const CropRule *rule, int width, int height, CropPlace *place)
{
    *place = (CropPlace){rule->x, rule->y, rule->width, rule->height};
    if (rule->ratio) {
        double aspect = (double)rule->width / rule->height;
        bool wide = (double)width / height > aspect;
        place->width = wide ? (int)fmax(1, floor(height * aspect + 0.5)) : width;
        place->height = wide ? height : (int)fmax(1, floor(width / aspect + 0.5));
    }
    if (place->width > width || place->height > height || place->x > width - place->width ||
        place->y > height - place->height)
        return error_set(ERROR_SHAPE, "--crop: %dx%d+%d+%d reaches beyond this picture of %dx%d",
                         place->width, place->height, place->x, place->y, width, height);
    if (!rule->placed) {
        place->x = (width - place->width) / 2;
        place->y = (height - place->height) / 2;
    }
    return 0;
}

static Extent times(int width, int height, double factor)
{
    return (Extent){(int64_t)fmax(1, floor(width * factor + 0.5)),
                    (int64_t)fmax(1, floor(height * factor + 0.5))};
}

Extent geometry_target(int width, int height, int scale, double factor, Extent fit)
{
    if (factor > 0)
        return times(width, height, factor);
    if (fit.w > 0)
        return times(width, height, fmin((double)fit.w / width, (double)fit.h / height));
    return (Extent){(int64_t)width * scale, (int64_t)height * scale};
}
