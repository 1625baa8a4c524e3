#include "nets/fused/gradients.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* A contribution that was put off. */
typedef struct Deferred {
    Place to, from;
    double scale;
} Deferred;

/* A way in the making. */
typedef struct Maker {
    const FusedPlan *plan;
    WayBack *way;
    bool **written;  /* of every buffer's channels */
    bool *needed;    /* of every node */
    bool *activated; /* of every step: its activation's derivative is in the gradient already */
    Deferred *deferred;
    int deferred_count, deferred_capacity;
} Maker;

/* ---- Places of gradients ----------------------------------------------------------------------
 */

static bool same_place(Place a, Place b)
{
    return a.buffer == b.buffer && a.first == b.first && a.channels == b.channels;
}

static bool places_overlap(Place a, Place b)
{
    return a.buffer == b.buffer && a.first < b.first + b.channels && b.first < a.first + a.channels;
}

static bool contains(Place outer, Place inner)
{
    return outer.buffer == inner.buffer && outer.first <= inner.first &&
           inner.first + inner.channels <= outer.first + outer.channels;
}

static int count_written(const Maker *m, Place at)
{
    int count = 0;
    for (int c = 0; c < at.channels; c++)
        count += m->written[at.buffer][at.first + c];
    return count;
}

static BackStep *push(Maker *m, BackKind kind, Place from, Place to)
{
    WayBack *w = m->way;
    memory_grow(&w->steps, w->count, &w->capacity, sizeof *w->steps);
    BackStep *s = &w->steps[w->count++];
    *s = (BackStep){.kind = kind, .from = from, .to = to, .again = {-1, 0, 0}, .scale = 1};
    return s;
}

/* Zeros in the channels of a place that nothing was written to. */
static void zero_rest(Maker *m, Place at)
{
    bool *written = &m->written[at.buffer][at.first];
    for (int c = 0; c < at.channels; c++) {
        int first = c;
        while (c < at.channels && !written[c])
            written[c++] = true;
        if (c > first) {
            Place gap = {at.buffer, at.first + first, c - first};
            push(m, BACK_ZERO, gap, gap);
        }
    }
}

/* Makes a place ready to be written by the step that is pushed next: whether it adds. */
static bool begin_write(Maker *m, Place to)
{
    int count = count_written(m, to);
    if (count > 0)
        zero_rest(m, to);
    memset(&m->written[to.buffer][to.first], true, (size_t)to.channels * sizeof(bool));
    return count > 0;
}

static Deferred take_deferred(Maker *m, int i)
{
    Deferred d = m->deferred[i];
    m->deferred_count--;
    memmove(&m->deferred[i], &m->deferred[i + 1],
            (size_t)(m->deferred_count - i) * sizeof *m->deferred);
    return d;
}

static void write_deferred(Maker *m, int i)
{
    Deferred d = take_deferred(m, i);
    bool add = begin_write(m, d.to);
    BackStep *s = push(m, BACK_SCALE, d.from, d.to);
    s->add = add;
    s->scale = d.scale;
}

static void defer(Maker *m, Place to, Place from, double scale)
{
    memory_grow(&m->deferred, m->deferred_count, &m->deferred_capacity, sizeof *m->deferred);
    m->deferred[m->deferred_count++] = (Deferred){to, from, scale};
    if (count_written(m, to) == to.channels)
        write_deferred(m, m->deferred_count - 1);
}

/* Writes what was put off for a place that has been written now. */
static void end_write(Maker *m, Place to)
{
    for (int i = 0; i < m->deferred_count;)
        if (contains(to, m->deferred[i].to))
            write_deferred(m, i);
        else
            i++;
}

static void write_all_deferred(Maker *m, Place at)
{
    for (int i = 0; i < m->deferred_count;)
        if (places_overlap(m->deferred[i].to, at))
            write_deferred(m, i);
        else
            i++;
}

/* The one contribution to a place, if it was put off and nothing else will be read there; -1. */
static int only_deferred(const Maker *m, Place at)
{
    int only = -1;
    for (int i = 0; i < m->deferred_count; i++) {
        if (!places_overlap(m->deferred[i].to, at))
            continue;
        if (only >= 0 || !same_place(m->deferred[i].to, at))
            return -1;
        only = i;
    }
    return count_written(m, at) == 0 ? only : -1;
}

/* Where a result's whole gradient can be read: at its own place, or, multiplied by *scale, at
 * another. `scale` NULL: only as it stands. Buffer -1: there is none. */
static Place read_gradient(Maker *m, const Node *n, double *scale)
{
    Place at = m->plan->places[n->index];
    if (at.buffer < 0)
        return at;
    int only = only_deferred(m, at);
    if (scale)
        *scale = 1;
    if (only >= 0 && (scale || m->deferred[only].scale == 1)) {
        Deferred d = take_deferred(m, only);
        if (scale)
            *scale = d.scale;
        return d.from;
    }
    write_all_deferred(m, at);
    if (count_written(m, at) == 0)
        return (Place){-1, 0, 0};
    zero_rest(m, at);
    return at;
}

/* ---- Steps back -------------------------------------------------------------------------------
 */

static bool needs(const Maker *m, const Node *n)
{
    return m->needed[n->index];
}

static bool wants(const Maker *m, int parameter)
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
    Place from = read_gradient(m, s->result, NULL);
    Place to = own ? p->places[s->node->index] : result;
    if (from.buffer >= 0) {
        bool add = !same_place(from, to) && begin_write(m, to);
        BackStep *b = push(m, BACK_ACTIVATE, from, to);
        b->step = s;
        b->add = add;
        end_write(m, to);
    } else if (!own) {
        return from;
    }
    return own ? read_gradient(m, s->node, NULL) : to;
}

/* The step whose activation's derivative the gradient towards a convolution's input can be
 * multiplied by at once: the input has this one reader. */
static const Step *maker_to_go_through(const Maker *m, const Node *x)
{
    const FusedPlan *p = m->plan;
    const Step *s = x->index >= p->form.first ? p->makers[x->index] : NULL;
    Place at = p->places[x->index];
    if (!s || !s->activation || s->sum || x->readers != 1 || p->visible[x->index] ||
        has_own_gradient(p, s) || count_written(m, at) > 0)
        return NULL;
    for (int i = 0; i < m->deferred_count; i++)
        if (places_overlap(m->deferred[i].to, at))
            return NULL;
    return s;
}

/* The place of a convolution's input that was not kept, computed again; none for others. */
static Place compute_again(Maker *m, const Node *x)
{
    const FusedPlan *p = m->plan;
    const Step *s = x->index >= p->form.first ? p->makers[x->index] : NULL;
    if (!s || !plan_is_again(p, s))
        return (Place){-1, 0, 0};
    Place at = {p->buffer_count + p->output_count + (int)(s - p->steps), 0, x->channels};
    if (!m->written[at.buffer][0])
        push(m, BACK_AGAIN, (Place){-1, 0, 0}, at)->step = s;
    m->written[at.buffer][0] = true;
    return at;
}

static void go_back_conv(Maker *m, const Step *s)
{
    const FusedPlan *p = m->plan;
    const Node *x = s->node->inputs[0];
    double scale = 1;
    Place from = s->activation ? through_activation(m, s) : read_gradient(m, s->result, &scale);
    if (from.buffer < 0)
        return;
    if (s->sum && needs(m, s->base))
        defer(m, p->places[s->base->index], from, scale);
    if (wants(m, s->weight) || wants(m, s->bias)) {
        Place again = compute_again(m, x);
        BackStep *b = push(m, BACK_WEIGHTS, from, from);
        b->step = s;
        b->again = again;
        b->scale = scale * s->scale;
        m->way->overwritten[s->weight] = true;
        if (s->bias >= 0)
            m->way->overwritten[s->bias] = true;
    }
    if (!needs(m, x))
        return;
    Place to = p->places[x->index];
    const Step *maker = maker_to_go_through(m, x);
    bool add = begin_write(m, to);
    BackStep *b = push(m, BACK_DATA, from, to);
    b->step = s;
    b->scale = scale * s->scale;
    b->add = add;
    b->maker = maker;
    if (maker)
        m->activated[maker - p->steps] = true;
    end_write(m, to);
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
        write_all_deferred(m, at);
        from = read_gradient(m, n, NULL);
    } else {
        from = read_gradient(m, n, &scale);
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
        if (needs(m, x) && !same_place(to, part))
            defer(m, to, part, scale * by);
    }
}

static void go_back_node(Maker *m, const Step *s)
{
    const Node *n = s->node;
    Place from = read_gradient(m, n, NULL);
    for (int k = 0; from.buffer >= 0 && k < n->input_count; k++) {
        Place to = m->plan->places[n->inputs[k]->index];
        bool is_slopes = n->operation == OPERATION_PRELU && wants(m, s->slopes);
        if (!needs(m, n->inputs[k]) && !is_slopes)
            continue;
        bool add = begin_write(m, to);
        BackStep *b = push(m, BACK_NODE, from, to);
        b->step = s;
        b->operand = k;
        b->add = add;
        end_write(m, to);
    }
}

static void go_back(Maker *m, const Step *s)
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

/* ---- The whole way ----------------------------------------------------------------------------
 */

static void find_needed(Maker *m)
{
    const FusedPlan *p = m->plan;
    for (int i = 0; i < p->input_count; i++)
        m->needed[p->inputs[i]] = m->way->inputs[i];
    for (int k = 0; k < p->step_count; k++) {
        const Step *s = &p->steps[k];
        bool need = wants(m, s->weight) || wants(m, s->bias) || wants(m, s->slopes) ||
                    (s->base && needs(m, s->base));
        for (int i = 0; i < s->node->input_count; i++)
            need = need || needs(m, s->node->inputs[i]);
        m->needed[s->node->index] = m->needed[s->result->index] = need;
    }
}

static void touch(WayBack *w, Place at, int step)
{
    if (at.buffer < 0)
        return;
    Buffer *b = &w->buffers[at.buffer];
    b->begin = step < b->begin ? step : b->begin;
    b->end = step > b->end ? step : b->end;
}

/* A kept result is read by step i of the way, and never after the last such step. */
static void read_value(const FusedPlan *p, Buffer *kept, const Node *n, int i)
{
    Place at = n ? p->places[n->index] : (Place){-1, 0, 0};
    if (at.buffer >= 0)
        kept[at.buffer].end = i;
}

/* Whether a node's own way back reads results: shuffled and enlarged pixels need none. */
static bool reads_results(const BackStep *b)
{
    const Node *n = b->step->node;
    return b->kind != BACK_NODE || n->operation == OPERATION_MULTIPLY ||
           n->operation == OPERATION_MAX_POOL || plan_activation(n, NULL).kind != ACTIVATION_NONE;
}

static void read_values(const FusedPlan *p, Buffer *kept, const BackStep *b, int i)
{
    const Step *activated = b->kind == BACK_DATA ? b->maker : b->step;
    if (!b->step || !reads_results(b))
        return;
    bool reads_inputs = b->kind == BACK_WEIGHTS || b->kind == BACK_NODE;
    if (activated && b->kind != BACK_WEIGHTS) {
        read_value(p, kept, activated->node, i);
        read_value(p, kept, activated->result, i);
    }
    for (int k = 0; reads_inputs && k < b->step->node->input_count; k++)
        read_value(p, kept, b->step->node->inputs[k], i);
}

static void place_gradients(Maker *m)
{
    const FusedPlan *p = m->plan;
    WayBack *w = m->way;
    Buffer *kept = memory_array((size_t)p->buffer_count + 1, sizeof *kept);
    for (int i = 0; i < p->buffer_count; i++) {
        kept[i] = p->buffers[i];
        kept[i].begin = kept[i].end = -1;
    }
    for (int i = 0; i < w->count; i++) {
        touch(w, w->steps[i].from, i);
        touch(w, w->steps[i].to, i);
        touch(w, w->steps[i].again, i);
        read_values(p, kept, &w->steps[i], i);
    }
    w->bytes = plan_pack(w->buffers, w->buffer_count, kept, p->form.once ? p->buffer_count : 0);
    free(kept);
}

static void copy_buffers(Maker *m)
{
    const FusedPlan *p = m->plan;
    int gradients = p->buffer_count + p->output_count;
    m->way->buffers = memory_array((size_t)m->way->buffer_count + 1, sizeof(Buffer));
    for (int i = gradients; i < m->way->buffer_count; i++) {
        const Step *s = &p->steps[i - gradients];
        m->written[i] = memory_array(1, sizeof(bool));
        m->way->buffers[i] = p->buffers[p->places[s->result->index].buffer];
        m->way->buffers[i].home = BUFFER_PASSING;
        m->way->buffers[i].begin = INT32_MAX;
        m->way->buffers[i].end = -1;
    }
    for (int i = 0; i < gradients; i++) {
        Buffer *b = &m->way->buffers[i];
        bool comes = i >= p->buffer_count;
        int output = i - p->buffer_count;
        *b = p->buffers[comes ? p->places[p->outputs[output]].buffer : i];
        bool wanted = b->home == BUFFER_INPUT && m->way->inputs[b->index];
        b->home = comes ? BUFFER_OUTPUT : wanted ? BUFFER_INPUT : BUFFER_PASSING;
        if (comes)
            b->index = output;
        b->begin = INT32_MAX;
        b->end = -1;
        m->written[i] = memory_array((size_t)b->channels + 1, sizeof(bool));
    }
}

static void make_way(Maker *m)
{
    const FusedPlan *p = m->plan;
    WayBack *w = m->way;
    copy_buffers(m);
    find_needed(m);
    for (int k = 0; k < p->output_count; k++)
        if (w->outputs[k])
            defer(m, p->places[p->outputs[k]],
                  (Place){p->buffer_count + k, 0, p->graph->nodes[p->outputs[k]]->channels}, 1);
    for (int k = p->step_count - 1; k >= 0; k--)
        go_back(m, &p->steps[k]);
    for (int i = 0; i < p->input_count; i++) {
        Place at = p->places[p->inputs[i]];
        if (!w->inputs[i])
            continue;
        write_all_deferred(m, at);
        w->arrives[i] = count_written(m, at) > 0;
        if (w->arrives[i])
            zero_rest(m, at);
    }
    place_gradients(m);
}

static bool *copy_flags(const bool *flags, int count)
{
    bool *copy = memory_array((size_t)count + 1, sizeof *copy);
    memcpy(copy, flags, (size_t)count * sizeof *copy);
    return copy;
}

static WayBack *new_way(const FusedPlan *p, const WayForm *form)
{
    WayBack *w = memory_new(sizeof *w);
    w->inputs = copy_flags(form->inputs, p->input_count);
    w->parameters = copy_flags(form->parameters, p->parameter_count);
    w->outputs = copy_flags(form->outputs, p->output_count);
    w->buffer_count = p->buffer_count + p->output_count + p->step_count;
    w->arrives = memory_array((size_t)p->input_count + 1, sizeof *w->arrives);
    w->overwritten = memory_array((size_t)p->parameter_count + 1, sizeof *w->overwritten);
    size_t buffers = (size_t)w->buffer_count;
    Maker m = {.plan = p,
               .way = w,
               .written = memory_array(buffers + 1, sizeof(bool *)),
               .needed = memory_array((size_t)p->graph->count + 1, sizeof(bool)),
               .activated = memory_array((size_t)p->step_count + 1, sizeof(bool))};
    make_way(&m);
    for (size_t i = 0; i < buffers; i++)
        free(m.written[i]);
    free(m.written);
    free(m.needed);
    free(m.activated);
    free(m.deferred);
    return w;
}

static bool same_flags(const bool *a, const bool *b, int count)
{
    return memcmp(a, b, (size_t)count * sizeof *a) == 0;
}

const WayBack *plan_way_back(FusedPlan *p, const WayForm *form)
{
    for (WayBack *w = p->ways; w; w = w->next)
        if (same_flags(w->inputs, form->inputs, p->input_count) &&
            same_flags(w->parameters, form->parameters, p->parameter_count) &&
            same_flags(w->outputs, form->outputs, p->output_count))
            return w;
    WayBack *w = new_way(p, form);
    w->next = p->ways;
    p->ways = w;
    return w;
}

void plan_free_ways(FusedPlan *p)
{
    while (p->ways) {
        WayBack *w = p->ways;
        p->ways = w->next;
        free(w->inputs);
        free(w->parameters);
        free(w->outputs);
        free(w->arrives);
        free(w->overwritten);
        free(w->steps);
        free(w->buffers);
        free(w);
    }
}
