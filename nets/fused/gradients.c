#include "nets/fused/gradients.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "nets/fused/way.h"

static void find_needed(Maker *m)
{
    const FusedPlan *p = m->plan;
    for (int i = 0; i < p->input_count; i++)
        m->needed[p->inputs[i]] = m->way->inputs[i];
    for (int k = 0; k < p->step_count; k++) {
        const Step *s = &p->steps[k];
        bool need = way_wants(m, s->weight) || way_wants(m, s->bias) || way_wants(m, s->slopes) ||
                    (s->base && m->needed[s->base->index]);
        for (int i = 0; i < s->node->input_count; i++)
            need = need || m->needed[s->node->inputs[i]->index];
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
    if (!plan_makes_again(p, n))
        kept[p->places[n->index].buffer].end = i;
}

/* What an activation's derivative is taken from. */
static void read_kept(const FusedPlan *p, Buffer *kept, const Node *activation, int i)
{
    read_value(p, kept, plan_reads_result(activation) ? activation : activation->inputs[0], i);
}

static void read_values(const FusedPlan *p, Buffer *kept, const BackStep *b, int i)
{
    const Node *n = b->step ? b->step->node : NULL;
    bool activates = n && plan_activation(n, NULL).kind != ACTIVATION_NONE;
    bool multiplies =
        n && (n->operation == OPERATION_MULTIPLY || n->operation == OPERATION_MAX_POOL);
    if (b->kind == BACK_DATA && b->maker)
        read_kept(p, kept, b->maker->activation, i);
    if (b->kind == BACK_ACTIVATE)
        read_kept(p, kept, b->step->activation, i);
    if (b->kind == BACK_NODE && activates)
        read_kept(p, kept, n, i);
    if (b->kind == BACK_NODE && n->operation == OPERATION_MAX_POOL)
        read_value(p, kept, n, i);
    if (b->kind == BACK_AGAIN && n->operation == OPERATION_CONV)
        read_value(p, kept, n, i);
    else if (b->kind == BACK_WEIGHTS || b->kind == BACK_AGAIN ||
             (b->kind == BACK_NODE && multiplies))
        for (int k = 0; k < n->input_count; k++)
            read_value(p, kept, n->inputs[k], i);
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
        touch(w, w->steps[i].again[0], i);
        touch(w, w->steps[i].again[1], i);
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
            way_defer(m, p->places[p->outputs[k]],
                      (Place){p->buffer_count + k, 0, p->graph->nodes[p->outputs[k]]->channels}, 1);
    for (int k = p->step_count - 1; k >= 0; k--)
        way_go_back(m, &p->steps[k]);
    for (int i = 0; i < p->input_count; i++) {
        Place at = p->places[p->inputs[i]];
        if (!w->inputs[i])
            continue;
        way_write_deferred(m, at);
        w->arrives[i] = way_complete(m, at);
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
