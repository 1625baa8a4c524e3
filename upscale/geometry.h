/* Which part of a picture is enlarged, and to what extents. */
#ifndef UPSCALE_GEOMETRY_H
#define UPSCALE_GEOMETRY_H

#include <stdbool.h>

#include "core/fields.h"

/* --crop: "WxH" in the middle, "WxH+X+Y", or "A:B", the largest part of that aspect ratio in the
 * middle. */
typedef struct CropRule {
    int width, height;
    bool ratio;  /* width and height are only A and B */
    bool placed; /* x and y are given */
    int x, y;
} CropRule;

typedef struct CropPlace {
    int x, y, width, height;
} CropPlace;

/* ERROR_USAGE naming --crop. */
int crop_parse(const char *text, CropRule *rule);
/* Where it lies in a picture. ERROR_SHAPE where it reaches beyond. */
int crop_place(const CropRule *rule, int width, int height, CropPlace *place);

/* The extents of the result of a picture enlarged by a model of `scale`: those; times `factor`
 * where that is not 0; or the largest of the same aspect ratio within `fit` where that is not 0x0.
 * At least 1. */
Extent geometry_target(int width, int height, int scale, double factor, Extent fit);

#endif
