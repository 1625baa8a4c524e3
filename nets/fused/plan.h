/* What is computed when, and where it lies: a plan for a run of a graph's nodes and one size of
 * input, made once and followed in every pass (nets/fused/fused.h).
 *
 *     steps.c      which nodes are computed as one, by a table of what fuses with what
 *     places.c     a place in a buffer for every result; parts of a concatenation are written where
 *                  they are wanted
 *     kept.c       which results stay for the way back
 *     arenas.c     where buffers lie: those that do not live at the same time share memory
 *     gradients.c  the way back: which gradients are written, added and read in which order;
 *                  way_steps.c, through each step; way_places.c, where
 *     forward.c, backward.c  follow a plan
 */
#ifndef NETS_FUSED_PLAN_H
#define NETS_FUSED_PLAN_H

#include "nets/graph.h"
#include "nets/network.h"
#include "tensor/kernels/conv.h"

/* What a plan is for. */
typedef struct FusedForm {
    int first, end;  /* nodes first .. end - 1 */
    int64_t n, h, w; /* of the network's input */
    bool records;    /* there will be a way back */
    bool learns;     /* ... into parameters, too */
    bool once;       /* ... and it is gone once: it may write where kept results lie */
    Precision precision;
} FusedForm;

/* Channels of a buffer; buffer -1: nowhere. */
typedef struct Place {
    int buffer;
    int first, channels;
} Place;

/* Where a buffer's bytes are. Gradients may lie in places of kept results that are not needed any
 * more. */
typedef enum BufferHome {
    BUFFER_INPUT,  /* a tensor that comes from outside: inputs[index] */
    BUFFER_OUTPUT, /* a tensor that goes outside: outputs[index] */
    BUFFER_KEPT,   /* until there is no way back any more */
    BUFFER_PASSING /* from step `begin` to step `end`, at `offset` */
} BufferHome;

typedef struct Buffer {
    BufferHome home;
    TensorType type;
    int64_t h, w;
    int channels, index;
    int begin, end;
    size_t bytes, offset;
} Buffer;

/* One kernel call: a convolution with what is fused to it, or one node. */
typedef struct Step {
    const Node *node;
    const Node *activation; /* fused to a convolution, or NULL */
    const Node *sum;        /* the same: adds the result to `base` */
    const Node *base;
    const Node *result;       /* the last of them */
    int weight, bias, slopes; /* indexes into FusedPlan.parameters, -1: none */
    double scale;             /* of the convolution's result in the sum; 1 */
} Step;

/* A parameter that the nodes read: which of a node's. */
typedef struct ParameterUse {
    const Node *node;
    bool is_bias;
} ParameterUse;

/* The way back for one set of gradients that come and are wanted, see gradients.h. */
typedef struct WayBack WayBack;

typedef struct FusedPlan FusedPlan;
struct FusedPlan {
    FusedForm form;
    const Graph *graph;
    bool *visible;             /* nodes whose results go outside */
    int64_t *heights, *widths; /* of every node */
    TensorType *types;         /* of every node's result */
    Step *steps;
    int step_count;
    const Step **makers; /* of every node: the step whose result it is, or NULL */
    bool *again;         /* of every step: see plan_makes_again */
    Place *places;       /* of every node */
    Buffer *buffers;
    int buffer_count, buffer_capacity;
    int *inputs, *outputs; /* nodes; the graph's input node stands for the image */
    int input_count, output_count;
    ParameterUse *parameters;
    int parameter_count;
    size_t kept_bytes, passing_bytes; /* of both arenas */
    WayBack *ways;
    int users; /* passes that follow it */
    FusedPlan *next;
};

/* Whether the fused reader computes a node's operation. */
bool fused_knows(const Node *node);

/* visible: nodes of the run whose results go outside. types: of the results in front of `first` and
 * of the image. NULL with an error. */
FusedPlan *plan_new(const Graph *graph, const FusedForm *form, const bool *visible,
                    const TensorType *types);
void plan_free(FusedPlan *plan);

/* The parts of plan_new. */
void plan_steps(FusedPlan *plan);
void plan_places(FusedPlan *plan);
void plan_kept(FusedPlan *plan);
void plan_arenas(FusedPlan *plan);

/* The step whose result a node is; NULL if none of the plan's. */
const Step *plan_maker(const FusedPlan *plan, const Node *node);

/* The step whose result a node is and that the way back makes again for the weights' gradients of
 * those that read it: it takes little from what is kept anyway, so it is not kept. NULL for others.
 */
const Step *plan_makes_again(const FusedPlan *plan, const Node *node);

/* What an activation's derivative is taken from: its result, or what comes before it. */
bool plan_reads_result(const Node *activation);

/* Offsets for passing buffers so that no two of those that live at the same time overlap; the bytes
 * that takes. kept: buffers of another arena: where it is not one's time, its place is taken too,
 * and the home of those that lie there becomes KEPT. */
size_t plan_pack(Buffer *buffers, int count, const Buffer *kept, int kept_count);

/* The step's slope setting for kernels. */
ActivationSetting plan_activation(const Node *activation, const float *slopes);

#endif
