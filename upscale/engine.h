/* What computes an upscaler's tiles: libtorch, from a model's graph, or ONNX Runtime, from its
 * file.
 */
#ifndef UPSCALE_ENGINE_H
#define UPSCALE_ENGINE_H

#include "nets/model.h"
#include "nets/network.h"
#include "nets/onnx/runtime.h"

/* What runs ONNX files: AUTO takes ONNX Runtime where it is installed. */
typedef enum OnnxChoice { ONNX_AUTO, ONNX_RUNTIME, ONNX_OWN } OnnxChoice;
#define ONNX_CHOICES "auto|runtime|own"

typedef struct Engine {
    int scale;
    int radius;         /* input pixels around an output pixel that count; -1: not known */
    int multiple;       /* its input's extents must be multiples of it */
    int alignment;      /* parts must begin at multiples of it, see nets/cost.h */
    bool whole_picture; /* statistics of the whole picture count: tiles differ from it */
    int width, height;  /* the only input it takes; 0: any */
    char *text;         /* "ONNX Runtime 1.20.1", "libtorch 1.13.1 (cpu), own reader" */
    const Graph *graph; /* NULL: not known */
    char *name;         /* of the model's file, for messages; NULL: none */
    bool checked;       /* outputs that are no numbers are errors */
    /* Either of them. */
    Network *network;
    OnnxSession *session;
    /* What is freed with it. */
    Network *owned;
    Model *model;
} Engine;

/* A model's file. ERROR_FILE, ERROR_FORMAT; ERROR_CONFIG where it is no upscaler of RGB, or bf16 is
 * asked of ONNX Runtime. */
Engine *engine_open(const char *path, Precision precision, OnnxChoice onnx);
/* A model, which must live as long; a network, whose outputs are not checked. */
Engine *engine_of_model(const Model *model, Precision precision);
Engine *engine_of_network(Network *network, int scale);
void engine_free(Engine *engine); /* NULL is fine */

/* One picture: planes (3,h,w) in 0..1 -> planes (3, h * scale, w * scale), not clamped. Errors:
 * ERROR_FORMAT "MODEL: the output has NaN pixels", or it is not of that size; ERROR_MEMORY. */
int engine_run(Engine *engine, const float *input, int64_t h, int64_t w, float *output);

#endif
