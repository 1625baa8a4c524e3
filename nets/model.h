/* A model: an architecture, its hyper-parameters and weights, in a file. No tensors are computed
 * here. */
#ifndef NETS_MODEL_H
#define NETS_MODEL_H

#include "nets/architecture.h"

typedef struct Model {
    Specification specification;
    Graph *graph;
    Weights *weights; /* every parameter of the graph, and metadata texts */
    bool onnx;        /* read from an ONNX file */
} Model;

/* Reads .safetensors, .pth or .onnx: the architecture from the metadata "unmush.graph" where there
 * is one, else recognised from keys and shapes. An ONNX file's graph is always the file's own;
 * where it is not that of a known architecture, the architecture is FOREIGN. NULL with an error
 * naming the file. */
Model *model_read(const char *path);

/* Writes .safetensors (ERROR_FORMAT for FOREIGN, which only ONNX can describe) with metadata
 * format=pt, unmush.graph, unmush.scale, unmush.version beside the texts that `weights` has. */
int model_write(const char *path, const Specification *s, const Weights *weights);

/* The specification of a weights table (from metadata, or recognised); `name` is for messages. */
int model_recognise(const Weights *weights, const char *name, Specification *s);

void model_free(Model *model);

/* (1 - alpha) A + alpha B of every parameter of two models of one network (network interpolation,
 * Wang et al. 2018). NULL with an error naming both where they are not. */
Model *model_blend(const char *path_a, const char *path_b, double alpha);

/* `unmush blend A B --alpha=F -o OUT`: (1 - alpha) A + alpha B of every parameter. */
int blend_command(int argc, char **argv);

#endif
