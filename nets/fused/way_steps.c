/* The steps back through each of a plan's steps. */
#include <string.h>

#include "nets/fused/way.h"

static const Place NOWHERE = {-1, 0, 0};

static bool needs(const Maker *m, const Node *n)
{
    return m->needed[n->index];
}

bool way_wants(const Maker *m, int parameter)
{
    return parameter >= 0 && m->way->parameters[parameter];
}

/* Whether what comes before a step's activation has readers or a tap of its own. */
static bool has_own_gradient(const FusedPlan *p, const Step *s)
{
    return p->visible[s->node->index] || s->node->readers > 1;
}

/* The gradient in front of a convolution's activation. */
static Place through_activation(Maker *m, const Step *s)
{
    const FusedPlan *p = m->plan;
    bool own = has_own_gradient(p, s);
    Place result = p->places[s->result->index];
    if (m->activated[s - p->steps])
        return result;
    Place from = way_read_gradient(m, s->result, NULL);
    Place to = own ? p->places[s->node->index] : result;
    if (from.buffer >= 0) {
        bool add = !way_same_place(from, to) && way_begin_write(m, to);
        BackStep *b = way_push(m, BACK_ACTIVATE, from, to);
        b->step = s;
        b->add = add;
        way_end_write(m, to);
    } else if (!own) {
        return from;
    }
    return own ? way_read_gradient(m, s->node, NULL) : to;
}

/* The step whose activation's derivative the gradient towards a convolution's input can be
 * multiplied by at once: the input has this one reader. */
static const Step *maker_to_go_through(const Maker *m, const Node *x)
{
    const FusedPlan *p = m->plan;
    const Step *s = x->index >= p->form.first ? p->makers[x->index] : NULL;
    Place at = p->places[x->index];
    if (!s || !s->activation || s->sum || x->readers != 1 || p->visible[x->index] ||
        has_own_gradient(p, s) || !way_is_untouched(m, at))
        return NULL;
    return s;
}

/* The place of a result that was not kept, made again; none for others. */
static Place make_again(Maker *m, const Node *x)
{
    const FusedPlan *p = m->plan;
    const Step *s = plan_makes_again(p, x);
    if (!s)
        return NOWHERE;
    Place at = {p->buffer_count + p->output_count + (int)(s - p->steps), 0, x->channels};
    if (m->written[at.buffer][0])
        return at;
    Place again[2] = {NOWHERE, NOWHERE};
    for (int k = 0; s->node->operation != OPERATION_CONV && k < s->node->input_count; k++)
        again[k] = make_again(m, s->node->inputs[k]);
    BackStep *b = way_push(m, BACK_AGAIN, NOWHERE, at);
    b->step = s;
    memcpy(b->again, again, sizeof again);
    m->written[at.buffer][0] = true;
    return at;
}

static void go_back_conv(Maker *m, const Step *s)
{
    const FusedPlan *p = m->plan;
    const Node *x = s->node->inputs[0];
    double scale = 1;
    Place from = s->activation ? through_activation(m, s) : way_read_gradient(m, s->result, &scale);
    if (from.buffer < 0)
        return;
    if (s->sum && needs(m, s->base))
        way_defer(m, p->places[s->base->index], from, scale);
    if (way_wants(m, s->weight) || way_wants(m, s->bias)) {
        Place again = make_again(m, x);
        BackStep *b = way_push(m, BACK_WEIGHTS, from, from);
        b->step = s;
        b->again[0] = again;
        b->scale = scale * s->scale;
        m->way->overwritten[s->weight] = true;
        if (s->bias >= 0)
            m->way->overwritten[s->bias] = true;
    }
    if (!needs(m, x))
        return;
    Place to = p->places[x->index];
    const Step *maker = maker_to_go_through(m, x);
    bool add = way_begin_write(m, to);
    BackStep *b = way_push(m, BACK_DATA, from, to);
    b->step = s;
    b->scale = scale * s->scale;
    b->add = add;
    b->maker = maker;
    if (maker)
        m->activated[maker - p->steps] = true;
    way_end_write(m, to);
}

/* Sums and copies: the operands' gradients are the result's. */
static void go_back_linear(Maker *m, const Step *s)
{
    const FusedPlan *p = m->plan;
    const Node *n = s->node;
    bool is_concat = n->operation == OPERATION_CONCAT;
    Place at = p->places[n->index];
    double scale = 1;
    Place from;
    if (is_concat) { /* some parts' gradients lie in it: all of it has to be there */
        way_write_deferred(m, at);
        from = way_read_gradient(m, n, NULL);
    } else {
        from = way_read_gradient(m, n, &scale);
    }
    for (int k = 0, first = 0; from.buffer >= 0 && k < n->input_count; k++) {
        const Node *x = n->inputs[k];
        Place to = p->places[x->index], part = from;
        if (is_concat) {
            part = (Place){from.buffer, from.first + first, x->channels};
            first += x->channels;
        } else if (n->operation == OPERATION_SLICE) {
            to = (Place){to.buffer, to.first + n->first, n->channels};
        }
        double by = n->operation == OPERATION_AFFINE || (n->operation == OPERATION_ADD && k == 1)
                        ? n->value
                        : 1;
        if (needs(m, x) && !way_same_place(to, part))
            way_defer(m, to, part, scale * by);
    }
}

static void go_back_node(Maker *m, const Step *s)
{
    const Node *n = s->node;
    Place from = way_read_gradient(m, n, NULL);
    for (int k = 0; from.buffer >= 0 && k < n->input_count; k++) {
        Place to = m->plan->places[n->inputs[k]->index];
        bool is_slopes = n->operation == OPERATION_PRELU && way_wants(m, s->slopes);
        if (!needs(m, n->inputs[k]) && !is_slopes)
            continue;
        bool add = !way_same_place(from, to) && way_begin_write(m, to);
        BackStep *b = way_push(m, BACK_NODE, from, to);
        b->step = s;
        b->operand = k;
        b->add = add;
        way_end_write(m, to);
    }
}

void way_go_back(Maker *m, const Step *s)
{
    if (!needs(m, s->result))
        return;
    switch ((int)s->node->operation) {
    case OPERATION_CONV:
        go_back_conv(m, s);
        break;
    case OPERATION_ADD:
    case OPERATION_AFFINE:
    case OPERATION_CONCAT:
    case OPERATION_SLICE:
        go_back_linear(m, s);
        break;
    default:
        go_back_node(m, s);
        break;
    }
}
