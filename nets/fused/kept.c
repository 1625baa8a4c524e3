/* Which results stay for the way back: what derivatives are taken from, and inputs of convolutions,
 * of which some are made again from what stays anyway. */
#include "nets/fused/plan.h"

/* From what is kept to what is made again: all results in between are alive then. */
enum { MOST_STEPS = 2 };

static void keep(FusedPlan *p, const Node *n)
{
    if (p->places[n->index].buffer < 0)
        return;
    Buffer *b = &p->buffers[p->places[n->index].buffer];
    if (b->home == BUFFER_PASSING)
        b->home = BUFFER_KEPT;
}

/* What the gradients of a step are computed from, weights' aside. */
static void keep_for_gradients(FusedPlan *p, const Step *s)
{
    const Node *n = s->node;
    const Node *activation = s->activation ? s->activation : n;
    if (n->operation == OPERATION_MULTIPLY || n->operation == OPERATION_MAX_POOL)
        keep(p, n->inputs[0]);
    if (n->operation == OPERATION_MULTIPLY)
        keep(p, n->inputs[1]);
    if (n->operation == OPERATION_MAX_POOL)
        keep(p, n);
    if (plan_activation(activation, NULL).kind != ACTIVATION_NONE)
        keep(p, plan_reads_result(activation) ? activation : activation->inputs[0]);
}

/* Whether a step costs little beside the convolution that reads its result. Activations with an
 * exponential do not beside narrow ones; mish stands in front of wide ones. */
static bool is_cheap(const Step *s)
{
    switch ((int)s->node->operation) {
    case OPERATION_CONV:
        return s->activation && s->activation->operation == OPERATION_PRELU && !s->sum;
    case OPERATION_PRELU:
    case OPERATION_MISH:
    case OPERATION_ADD:
    case OPERATION_MULTIPLY:
    case OPERATION_NEAREST:
    case OPERATION_BILINEAR:
        return true;
    default:
        return false;
    }
}

/* Whether a result is there on the way back, or can be made again from those that are by at most so
 * many steps. */
static bool is_within_reach(const FusedPlan *p, const Node *n, int steps)
{
    const Buffer *b = &p->buffers[p->places[n->index].buffer];
    if (b->home != BUFFER_PASSING)
        return true;
    const Step *s = plan_maker(p, n);
    if (steps == 0 || !s || !is_cheap(s) || b->channels != n->channels)
        return false;
    if (s->node->operation == OPERATION_CONV) /* what comes before its activation is kept */
        return true;
    for (int k = 0; k < s->node->input_count; k++)
        if (!is_within_reach(p, s->node->inputs[k], steps - 1))
            return false;
    return true;
}

static void make_again(FusedPlan *p, const Node *n)
{
    const Step *s = plan_maker(p, n);
    if (p->buffers[p->places[n->index].buffer].home != BUFFER_PASSING)
        return;
    p->again[s - p->steps] = true;
    for (int k = 0; s->node->operation != OPERATION_CONV && k < s->node->input_count; k++)
        make_again(p, s->node->inputs[k]);
}

const Step *plan_makes_again(const FusedPlan *p, const Node *n)
{
    const Step *s = plan_maker(p, n);
    return s && p->again[s - p->steps] ? s : NULL;
}

/* A convolution's input, for the gradient of its weights. Of enlarged pixels the small ones do. */
static void keep_input(FusedPlan *p, const Node *x)
{
    const Step *s = plan_maker(p, x);
    bool grows =
        s && (s->node->operation == OPERATION_NEAREST || s->node->operation == OPERATION_BILINEAR);
    if (grows && !is_within_reach(p, x, MOST_STEPS))
        keep(p, s->node->inputs[0]);
    if (s && is_cheap(s) && is_within_reach(p, x, MOST_STEPS))
        make_again(p, x);
    else
        keep(p, x);
}

/* What cannot be made again first: others may be made of it. */
static void keep_for_weights(FusedPlan *p)
{
    for (int cheap = 0; cheap < 2; cheap++)
        for (int k = 0; k < p->step_count; k++) {
            const Node *n = p->steps[k].node;
            const Step *s = n->operation == OPERATION_CONV ? plan_maker(p, n->inputs[0]) : NULL;
            if (n->operation == OPERATION_CONV && cheap == (s && is_cheap(s)))
                keep_input(p, n->inputs[0]);
        }
}

void plan_kept(FusedPlan *p)
{
    for (int k = 0; p->form.records && k < p->step_count; k++)
        keep_for_gradients(p, &p->steps[k]);
    if (p->form.learns)
        keep_for_weights(p);
}
