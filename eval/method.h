/* Anything that turns an LR picture into an SR one, or brings the SR picture along: baselines,
 * models, folders of pictures that another program made. */
#ifndef EVAL_METHOD_H
#define EVAL_METHOD_H

#include <stdbool.h>

#include "data/image.h"
#include "upscale/upscaler.h"

/* One picture to upscale. */
typedef struct MethodInput {
    int index;            /* of the picture in the set */
    const char *name;     /* its file name, for messages */
    const Image *lr, *hr; /* hr: extents exactly scale times lr's; NULL without truth */
    int scale;
} MethodInput;

typedef struct Method {
    char *name;       /* as tables show it; unique */
    const char *kind; /* "baseline", "model", "blend" or "images" */
    char *engine;     /* what computes a model: "ONNX Runtime 1.20.1"; NULL for other kinds */
    double alpha;     /* of a blend: the share of its second model, 0..1 */
    int ends[2];      /* of a blend: the models' places in the list */
    char *source;     /* file or folder it comes from; NULL for baselines */
    bool parallel;    /* upscale may run in any thread, several at once */
    /* Makes sr, of scale times lr's extents. 0 or -1. */
    int (*upscale)(void *context, const MethodInput *input, Image *sr);
    void (*free)(void *context); /* may be NULL */
    void *context;
} Method;

typedef struct MethodList {
    Method *items;
    int count, capacity;
} MethodList;

/* Adds an empty method of that name. ERROR_USAGE and NULL if the name is taken. */
Method *method_list_add(MethodList *list, const char *name, const char *kind, const char *source);
void method_list_free(MethodList *list);

/* Splits "NAME=PATH" or "PATH" (then the name is the path's stem). Free both. */
void method_argument_split(const char *argument, char **name, char **path);

/* The file method->source as a method: sets what computes; `onnx` chooses for .onnx files. Fails
 * with ERROR_FILE, ERROR_FORMAT, ERROR_CONFIG (another scale: both are named). */
int method_from_model(Method *method, int scale, OnnxChoice onnx);
/* The same of a model, which is freed. */
int method_take_model(Method *method, Model *model, int scale);

#endif
