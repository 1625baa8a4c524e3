/* The way back through a plan: kernel calls in their order, for one set of gradients that come and
 * are wanted.
 *
 * Every buffer of values has one of gradients of the same form, so what is a view of values is one
 * of gradients. A gradient's first contribution overwrites, later ones add. Contributions that are
 * another gradient as it stands (times a number) are put off: until something else has been written
 * where they belong, or for good, if they are the only ones and can be read where they lie. */
#ifndef NETS_FUSED_GRADIENTS_H
#define NETS_FUSED_GRADIENTS_H

#include "nets/fused/plan.h"

typedef enum BackKind {
    BACK_ZERO,     /* to = 0 */
    BACK_SCALE,    /* to [+]= scale from */
    BACK_ACTIVATE, /* to [+]= derivative of the step's activation times from */
    BACK_AGAIN,    /* to = the step's result, a value: plan_makes_again */
    BACK_WEIGHTS,  /* the convolution's weight and bias, from its result's gradient, times scale */
    BACK_DATA,     /* the convolution's input; with `maker`, through that step's activation */
    BACK_NODE      /* a node's operand */
} BackKind;

typedef struct BackStep {
    BackKind kind;
    const Step *step, *maker;
    int operand;
    Place from, to; /* of gradients */
    Place again[2]; /* of the step's inputs, where they were made again; or nowhere */
    bool add;
    double scale;
} BackStep;

/* What decides the way: an item per input, parameter and output of the plan. */
typedef struct WayForm {
    const bool *inputs, *parameters, *outputs; /* wanted, wanted, given */
} WayForm;

struct WayBack {
    bool *inputs, *parameters, *outputs;
    BackStep *steps;
    int count, capacity;
    /* Of the plan's buffers, then the gradients that come, one per output, then results that are
     * made again, one per step. BUFFER_INPUT: wanted gradients. BUFFER_OUTPUT: those that come.
     * BUFFER_KEPT: places in the kept arena. */
    Buffer *buffers;
    int buffer_count;
    bool *arrives;     /* which of the inputs' gradients are written at all */
    bool *overwritten; /* which of the parameters' need not be zero before */
    size_t bytes;
    WayBack *next;
};

/* The plan's way of this form, made at its first use. */
const WayBack *plan_way_back(FusedPlan *plan, const WayForm *form);
void plan_free_ways(FusedPlan *plan);

#endif
