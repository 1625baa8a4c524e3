/* The upscalers that need no training, to compare with. */
#ifndef EVAL_BASELINES_H
#define EVAL_BASELINES_H

#include "eval/method.h"

#define BASELINES_ALL "nearest,bilinear,bicubic,lanczos,unsharp"

/* Adds the comma-separated baselines ("none": none) to the list. ERROR_USAGE names the known. */
int baselines_add(MethodList *list, const char *names);

/* round(B + (B - G1.5(B))) per RGB channel; B: bicubic, unrounded; G1.5: a Gaussian of sigma 1.5
 * and radius 6 with mirrored borders. */
Image baseline_unsharp(const Image *lr, int width, int height);

#endif
