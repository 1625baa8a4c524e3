/* The dial between two models: blends of their parameters as methods. */
#ifndef EVAL_BLENDS_H
#define EVAL_BLENDS_H

#include "eval/method.h"

/* Adds the methods that lie between two models, in `steps` equal steps of alpha: "A+B 0.25", ...
 *   argument  "A,B": names of models of the list, or files, which are then added as models
 * Alpha 0 is A and 1 is B: those are the models themselves. ERROR_USAGE, ERROR_CONFIG where the two
 * are not of one network, and as method_from_model. */
int blends_add(MethodList *list, const char *argument, int steps, int scale, OnnxChoice onnx);

#endif
