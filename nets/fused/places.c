/* Where results lie. Parts of a concatenation are computed into its buffer, so that it costs
 * nothing; a concatenation that is the beginning of a longer one (as in dense blocks) is a view of
 * it; slices are views. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "nets/fused/plan.h"

static int add_buffer(FusedPlan *p, BufferHome home, const Node *n, int index)
{
    memory_grow(&p->buffers, p->buffer_count, &p->buffer_capacity, sizeof *p->buffers);
    Buffer *b = &p->buffers[p->buffer_count];
    *b = (Buffer){.home = home,
                  .type = p->types[n->index],
                  .h = p->heights[n->index],
                  .w = p->widths[n->index],
                  .channels = n->channels,
                  .index = index,
                  .begin = p->step_count,
                  .end = -1};
    b->bytes = (size_t)(p->form.n * b->h * b->w * b->channels) * (b->type == TENSOR_BF16 ? 2 : 4);
    p->places[n->index] = (Place){p->buffer_count, 0, n->channels};
    return p->buffer_count++;
}

static bool is_placed(const FusedPlan *p, const Node *n)
{
    return p->places[n->index].buffer >= 0;
}

/* Whether a step computes this node and nothing decides where it lies. */
static bool is_free(const FusedPlan *p, const Node *n)
{
    return !is_placed(p, n) && n->index >= p->form.first && p->makers[n->index] &&
           n->operation != OPERATION_SLICE;
}

/* A concatenation whose parts lie side by side already. */
static bool place_as_view(FusedPlan *p, const Node *n)
{
    Place at = p->places[n->inputs[0]->index];
    int next = at.first;
    for (int k = 0; k < n->input_count; k++) {
        const Place *part = &p->places[n->inputs[k]->index];
        if (part->buffer < 0 || part->buffer != at.buffer || part->first != next)
            return false;
        next += part->channels;
    }
    if (p->buffers[at.buffer].type != p->types[n->index])
        return false;
    p->places[n->index] = (Place){at.buffer, at.first, n->channels};
    return true;
}

static void place_concat(FusedPlan *p, const Node *n)
{
    if (!is_placed(p, n)) {
        if (place_as_view(p, n))
            return;
        add_buffer(p, BUFFER_PASSING, n, -1);
    }
    Place at = p->places[n->index];
    for (int k = 0; k < n->input_count; k++) {
        const Node *part = n->inputs[k];
        if (is_free(p, part) && p->types[part->index] == p->types[n->index])
            p->places[part->index] = (Place){at.buffer, at.first, part->channels};
        at.first += part->channels;
    }
}

/* Longest first: the beginnings of a concatenation are found in it. */
static void place_concats(FusedPlan *p)
{
    for (int parts = NODE_MOST_INPUTS; parts > 0; parts--)
        for (int i = p->form.first; i < p->form.end; i++)
            if (p->makers[i] && p->graph->nodes[i]->operation == OPERATION_CONCAT &&
                p->graph->nodes[i]->input_count == parts)
                place_concat(p, p->graph->nodes[i]);
}

/* Whether what comes before a step's activation is read by anybody. */
static bool needs_before(const FusedPlan *p, const Step *s)
{
    return s->result != s->node &&
           ((s->activation && (s->node->readers > 1 ||
                               (p->form.records && s->activation->operation == OPERATION_PRELU))) ||
            p->visible[s->node->index]);
}

static void place_outside(FusedPlan *p)
{
    for (int i = 0; i < p->input_count; i++)
        add_buffer(p, BUFFER_INPUT, p->graph->nodes[p->inputs[i]], i);
    for (int i = p->form.first; i < p->form.end; i++) {
        const Node *n = p->graph->nodes[i];
        if (!p->visible[i] || n->operation == OPERATION_INPUT)
            continue;
        add_buffer(p, BUFFER_OUTPUT, n, p->output_count);
        p->outputs[p->output_count++] = i;
    }
}

const Step *plan_maker(const FusedPlan *p, const Node *n)
{
    return n->index >= p->form.first ? p->makers[n->index] : NULL;
}

bool plan_reads_result(const Node *n)
{
    return n->operation == OPERATION_RELU || (n->operation == OPERATION_LEAKY_RELU && n->value > 0);
}

/* Whether a step's own way back reads its result. */
static bool needs_result(const Step *s)
{
    return s->node->operation == OPERATION_MAX_POOL ||
           plan_activation(s->activation ? s->activation : s->node, NULL).kind != ACTIVATION_NONE;
}

/* Whether a step may write over what it reads: an activation whose derivative is taken from its
 * result, the only one that reads a result which lies in a buffer of its own. */
static bool is_in_place(const FusedPlan *p, const Step *s)
{
    const Node *x = s->node->inputs[0];
    const Step *maker = plan_maker(p, x);
    if (!plan_reads_result(s->node) || !maker || needs_result(maker) || x->readers != 1 ||
        p->visible[x->index] || maker->node->operation == OPERATION_SLICE ||
        maker->node->operation == OPERATION_CONCAT)
        return false;
    const Buffer *b = &p->buffers[p->places[x->index].buffer];
    return b->home == BUFFER_PASSING && b->channels == x->channels;
}

static void place_rest(FusedPlan *p)
{
    for (int k = 0; k < p->step_count; k++) {
        const Step *s = &p->steps[k];
        if (is_free(p, s->result) && is_in_place(p, s))
            p->places[s->result->index] = p->places[s->node->inputs[0]->index];
        if (is_free(p, s->result))
            add_buffer(p, BUFFER_PASSING, s->result, -1);
        if (needs_before(p, s) && !is_placed(p, s->node))
            add_buffer(p, BUFFER_PASSING, s->node, -1);
        const Node *from = s->node->inputs[0];
        if (is_placed(p, s->result) || s->node->operation != OPERATION_SLICE)
            continue;
        Place at = p->places[from->index];
        p->places[s->result->index] =
            (Place){at.buffer, at.first + s->node->first, s->node->channels};
    }
}

static void touch(FusedPlan *p, const Node *n, int step)
{
    if (!n || !is_placed(p, n))
        return;
    Buffer *b = &p->buffers[p->places[n->index].buffer];
    b->begin = step < b->begin ? step : b->begin;
    b->end = step > b->end ? step : b->end;
}

static void find_lifetimes(FusedPlan *p)
{
    for (int k = 0; k < p->step_count; k++) {
        const Step *s = &p->steps[k];
        for (int i = 0; i < s->node->input_count; i++)
            touch(p, s->node->inputs[i], k);
        touch(p, s->node, k);
        touch(p, s->base, k);
        touch(p, s->result, k);
    }
}

void plan_places(FusedPlan *p)
{
    for (int i = 0; i < p->graph->count; i++)
        p->places[i].buffer = -1;
    place_outside(p);
    place_concats(p);
    place_rest(p);
    find_lifetimes(p);
    plan_kept(p);
    plan_arenas(p);
}
