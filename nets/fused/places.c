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

static void place_rest(FusedPlan *p)
{
    for (int k = 0; k < p->step_count; k++) {
        const Step *s = &p->steps[k];
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

static void keep(FusedPlan *p, const Node *n)
{
    if (!is_placed(p, n))
        return;
    Buffer *b = &p->buffers[p->places[n->index].buffer];
    if (b->home == BUFFER_PASSING)
        b->home = BUFFER_KEPT;
}

static const Step *maker_of(const FusedPlan *p, const Node *n)
{
    return n->index >= p->form.first ? p->makers[n->index] : NULL;
}

bool plan_is_again(const FusedPlan *p, const Step *s)
{
    if (!s->activation || s->activation->operation != OPERATION_PRELU || s->sum)
        return false;
    const Buffer *b = &p->buffers[p->places[s->result->index].buffer];
    return b->home == BUFFER_PASSING && b->channels == s->result->channels;
}

/* What the gradients of a step are computed from. */
static void keep_for_gradients(FusedPlan *p, const Step *s)
{
    const Node *n = s->node;
    switch ((int)n->operation) {
    case OPERATION_CONV:
        if (p->form.learns &&
            !(maker_of(p, n->inputs[0]) && plan_is_again(p, maker_of(p, n->inputs[0]))))
            keep(p, n->inputs[0]);
        if (s->activation)
            keep(p, s->activation->operation == OPERATION_PRELU ? n : s->result);
        break;
    case OPERATION_MULTIPLY:
        keep(p, n->inputs[0]);
        keep(p, n->inputs[1]);
        break;
    case OPERATION_MAX_POOL:
        keep(p, n);
        keep(p, n->inputs[0]);
        break;
    default:
        if (plan_activation(n, NULL).kind != ACTIVATION_NONE)
            keep(p, n->inputs[0]);
        break;
    }
}

/* Buffers begin at different places of their pages: loops over several read them side by side, and
 * addresses that are alike below 4096 get into each other's way. */
enum { GRAIN = 64, STAGGER = 5 * GRAIN };

static size_t rounded(size_t bytes)
{
    return (bytes + GRAIN - 1) / GRAIN * GRAIN + STAGGER;
}

static bool overlaps(const Buffer *a, const Buffer *b)
{
    return a->begin <= b->end && b->begin <= a->end;
}

/* The lowest offset where b fits beside the buffers that are placed already. */
static size_t find_gap(const Buffer *b, const Buffer *const *placed, int count)
{
    size_t at = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < count; i++) {
            const Buffer *o = placed[i];
            if (overlaps(b, o) && at < o->offset + rounded(o->bytes) && o->offset < at + b->bytes) {
                at = o->offset + rounded(o->bytes);
                moved = true;
            }
        }
    }
    return at;
}

static int larger_first(const void *a, const void *b)
{
    const Buffer *x = *(const Buffer *const *)a, *y = *(const Buffer *const *)b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes ? 1 : -1) : (x > y) - (x < y);
}

/* Buffers of the other arena, then those that were placed: in it and in their own. */
typedef struct Placed {
    const Buffer **inside, **own;
    int inside_count, own_count;
    size_t inside_bytes, own_bytes;
} Placed;

static void place_buffer(Placed *p, Buffer *b)
{
    size_t at = find_gap(b, p->inside, p->inside_count);
    if (at + b->bytes <= p->inside_bytes) {
        b->home = BUFFER_KEPT;
        b->offset = at;
        p->inside[p->inside_count++] = b;
        return;
    }
    b->offset = find_gap(b, p->own, p->own_count);
    p->own[p->own_count++] = b;
    size_t end = b->offset + rounded(b->bytes);
    p->own_bytes = end > p->own_bytes ? end : p->own_bytes;
}

size_t plan_pack(Buffer *buffers, int count, const Buffer *kept, int kept_count)
{
    size_t room = (size_t)(count + kept_count) + 1;
    Buffer **order = memory_array(room, sizeof(Buffer *));
    Placed placed = {.inside = memory_array(room, sizeof(Buffer *)),
                     .own = memory_array(room, sizeof(Buffer *))};
    int passing = 0;
    for (int i = 0; i < kept_count; i++) {
        if (kept[i].home != BUFFER_KEPT)
            continue;
        size_t end = kept[i].offset + kept[i].bytes;
        placed.inside[placed.inside_count++] = &kept[i];
        placed.inside_bytes = end > placed.inside_bytes ? end : placed.inside_bytes;
    }
    for (int i = 0; i < count; i++)
        if (buffers[i].home == BUFFER_PASSING && buffers[i].end >= 0)
            order[passing++] = &buffers[i];
    qsort(order, (size_t)passing, sizeof *order, larger_first);
    for (int i = 0; i < passing; i++)
        place_buffer(&placed, order[i]);
    free(order);
    free(placed.inside);
    free(placed.own);
    return placed.own_bytes;
}

void plan_places(FusedPlan *p)
{
    for (int i = 0; i < p->graph->count; i++)
        p->places[i].buffer = -1;
    place_outside(p);
    place_concats(p);
    place_rest(p);
    find_lifetimes(p);
    for (int k = 0; p->form.records && k < p->step_count; k++)
        keep_for_gradients(p, &p->steps[k]);
    for (int i = 0; i < p->buffer_count; i++) {
        if (p->buffers[i].home != BUFFER_KEPT)
            continue;
        p->buffers[i].offset = p->kept_bytes;
        p->kept_bytes += rounded(p->buffers[i].bytes);
    }
    p->passing_bytes = plan_pack(p->buffers, p->buffer_count, NULL, 0);
}
