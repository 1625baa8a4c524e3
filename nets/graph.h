/* Networks as graphs: described once by builder calls (nets/layers.h), read by several readers (the
 * torch reader, the cost reader, the ONNX writer). Building does nothing while an error is pending.
 *
 * Every edge is an image tensor (N,C,H,W); H and W are known only when a reader is given an input.
 */
#ifndef NETS_GRAPH_H
#define NETS_GRAPH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "nets/weights.h"

typedef enum Operation {
    OPERATION_INPUT,
    /* weight, bias, kernel, stride, padding; spectral norm if u, v; steps: where each output
     * channel's weights are multiples of a number, -127 to 127 times, that number */
    OPERATION_CONV,
    OPERATION_PRELU,           /* weight: one slope per channel */
    OPERATION_LEAKY_RELU,      /* value: slope */
    OPERATION_RELU,            /* */
    OPERATION_SILU,            /* x sigmoid(x) */
    OPERATION_SIGMOID,         /* */
    OPERATION_MISH,            /* x tanh(log(1 + exp(x))) */
    OPERATION_GELU,            /* x times the normal distribution's integral up to x, by erf */
    OPERATION_ADD,             /* a + value b, of the same extents */
    OPERATION_MULTIPLY,        /* a b, of the same extents */
    OPERATION_AFFINE,          /* value x + shift, constants */
    OPERATION_QUANTISE,        /* the nearest of (level - first) value, level 0..255 */
    OPERATION_NORMALISE,       /* (x - mean[c]) / deviation[c], constants */
    OPERATION_CONCAT,          /* channels of all inputs */
    OPERATION_SLICE,           /* channels from `first` on */
    OPERATION_REPEAT,          /* every channel `factor` times, one after the other */
    OPERATION_PIXEL_SHUFFLE,   /* factor */
    OPERATION_PIXEL_UNSHUFFLE, /* factor */
    OPERATION_NEAREST,         /* factor */
    OPERATION_BILINEAR,        /* factor */
    OPERATION_MAX_POOL,        /* kernel, stride, ceil_mode */
    /* weight, bias, running_mean, running_variance, batches; value: epsilon */
    OPERATION_BATCH_NORM,
    OPERATION_GROUP_NORM,      /* weight, bias, factor: groups, value: epsilon */
    OPERATION_LAYER_NORM,      /* over every pixel's channels: weight, bias, value: epsilon */
    OPERATION_PAD_TO_MULTIPLE, /* mirrored to the right and below up to a multiple of `factor` */
    OPERATION_CROP,            /* the first input's corner, `factor` times the second's extents */
    /* kernel: window, padding: shift, factor: heads; weight, bias: qkv; projection, table */
    OPERATION_WINDOW_ATTENTION
} Operation;

/* What a composed convolution's kernel is made of (nets/compose.h): weight and bias of each. */
enum { PART_BESIDE = 0, PART_IN = 2, PART_MIDDLE = 4, PART_OUT = 6, NODE_PARTS = 8 };
enum { NODE_MOST_INPUTS = 8, GRAPH_MOST_DEPTH = 16 };

typedef struct Node Node;
struct Node {
    int index; /* place in Graph.nodes; inputs come earlier */
    Operation operation;
    char *name; /* of the layer, "body.0"; "" for operations without parameters */
    Node *inputs[NODE_MOST_INPUTS];
    int input_count;
    int channels; /* of the result */
    int kernel, stride, padding, factor, first;
    bool ceil_mode;
    double value, shift;
    float mean[4], deviation[4];                 /* NORMALISE, up to 4 channels */
    int weight, bias;                            /* indexes into Graph.parameters, -1: none */
    int spectral_u, spectral_v;                  /* the same, -1: no spectral norm */
    int steps;                                   /* the same, -1: weights are any numbers */
    int running_mean, running_variance, batches; /* the same; BATCH_NORM's buffers */
    int parts[NODE_PARTS];                       /* of a composed convolution; -1: none */
    int projection, projection_bias, table;      /* the same; WINDOW_ATTENTION's */
    int readers, last_use; /* how many nodes read it, and the index of the last */
};

typedef enum Initialisation {
    INITIALISE_FAN_IN,   /* uniform in +-1/sqrt(fan_in), fan_in as weight's; PyTorch's default */
    INITIALISE_NORMAL,   /* normal of deviation `value` around 0 */
    INITIALISE_CONSTANT, /* every value the same */
    INITIALISE_UNIT,     /* a random direction of length 1 (spectral norm's u and v) */
    /* Not drawn but computed from the shape: places in a table of relative positions, (w w, w w),
     * and what keeps pixels apart in windows shifted by w / 2, (windows, w w, w w). */
    INITIALISE_WINDOW_INDEX,
    INITIALISE_WINDOW_MASK
} Initialisation;

typedef struct Parameter {
    char *key; /* state_dict key, "body.0.weight" */
    int rank;
    int64_t shape[4], count;
    bool trained;  /* false: a buffer that no gradient reaches */
    bool constant; /* a buffer that is written to files for others; no reader here needs it */
    Initialisation initialisation;
    double value; /* the constant, the fan-in or the deviation */
} Parameter;

typedef struct Graph {
    Node **nodes;
    int count, capacity;
    Parameter *parameters;
    int parameter_count, parameter_capacity;
    Node *output;
    Node **taps; /* intermediate results a caller wants, in order of graph_tap */
    int tap_count, tap_capacity;
    int input_size;   /* the only height and width it takes; 0: any */
    char prefix[256]; /* of the parts entered, and where each begins */
    size_t entered[GRAPH_MOST_DEPTH];
    int depth;
} Graph;

Graph *graph_new(void);
void graph_free(Graph *g);
/* The last call of a builder: g, or NULL (and g is freed) if an error is pending. */
Graph *graph_finish(Graph *g);

/* Names of layers made between these get "part." in front: graph_enter(g, "body.%d", i). */
void graph_enter(Graph *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void graph_leave(Graph *g);

/* Marks the graph's result, and results to be kept for the caller. */
void graph_output(Graph *g, Node *node);
void graph_tap(Graph *g, Node *node);

/* For builders: a new node; a new parameter's index. `name` is the local one. */
Node *graph_add(Graph *g, Operation operation, const char *name, Node *const *inputs, int count);
int graph_parameter(Graph *g, const char *layer, const char *name, int rank, const int64_t *shape);

/* Parameters and their number of values (trained ones only for graph_trained_count). */
const Parameter *graph_find_parameter(const Graph *g, const char *key);
int64_t graph_trained_count(const Graph *g);

/* Extents of every node's result for an input of h x w; heights and widths hold g->count values.
 * ERROR_SHAPE where an input is too small, not the one size that a graph takes, two sides of an
 * addition differ, or a result has more than 2^24 pixels along a side. */
int graph_extents(const Graph *g, int64_t h, int64_t w, int64_t *heights, int64_t *widths);

/* A full set of initial weights: a pure function of (graph, seed). */
Weights *graph_initial_weights(const Graph *g, uint64_t seed);

/* Copies into `into` (which has all the graph's parameters) what `from` has under the same key and
 * shape. Counts what fitted, what was absent and what had another shape; names both on log lines
 * if `report`. Returns the number copied. */
int graph_merge_weights(const Graph *g, Weights *into, const Weights *from, bool report);

/* ERROR_FORMAT naming the first parameter (constants aside) that `weights` lacks or holds in
 * another shape. */
int graph_check_weights(const Graph *g, const Weights *weights, const char *name);

/* Computes the graph's constants in `weights`, adding those that are not there. */
void graph_complete_weights(const Graph *g, Weights *weights);

/* Whether both compute the same from parameters of the same keys: nodes may come in another order,
 * and be called otherwise. */
bool graph_same(const Graph *a, const Graph *b);

const char *operation_name(Operation operation); /* "conv" */

#endif
