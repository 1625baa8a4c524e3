/* What `unmush eval` is told. */
#ifndef EVAL_EVAL_OPTIONS_H
#define EVAL_EVAL_OPTIONS_H

#include "core/command.h"

typedef struct EvalOptions {
    char *output, *hr, *lr, *degrade, *baseline, *weights, *blend, *threshold;
    int64_t scale, crop, blend_steps;
    int onnx; /* OnnxChoice */
    bool compare;
    StringList models, images;
} EvalOptions;

extern const Command EVAL_COMMAND;

/* Whether they go together. ERROR_USAGE. */
int eval_options_check(const EvalOptions *options, const StringList *arguments);

#endif
