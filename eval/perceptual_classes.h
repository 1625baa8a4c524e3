/* Classes of content at the resolution of a net's layers. */
#ifndef EVAL_PERCEPTUAL_CLASSES_H
#define EVAL_PERCEPTUAL_CLASSES_H

#include "eval/content.h"
#include "nets/lpips.h"

/* How much of each pixel of one layer every class takes: 0..1, all together 1. */
typedef struct LayerClasses {
    int width, height;
    float *shares[CONTENT_CLASSES]; /* rows contiguous */
} LayerClasses;

/* Areas of the classes, without `crop` pixels at every edge, averaged over width x height cells. */
LayerClasses layer_classes_new(const Content *content, int crop, int width, int height);
void layer_classes_free(LayerClasses *classes);

/* The mean of a map of the same extents over a class; NAN where there is none of it. */
double layer_class_mean(const LayerClasses *classes, ContentClass content, const LpipsMap *map);

#endif
