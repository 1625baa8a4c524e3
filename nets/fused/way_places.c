/* Where gradients are written and read: the first contribution to a place overwrites, later ones
 * add; those that are another gradient as it stands are put off. */
#include <string.h>

#include "core/memory.h"
#include "nets/fused/way.h"

bool way_same_place(Place a, Place b)
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

BackStep *way_push(Maker *m, BackKind kind, Place from, Place to)
{
    WayBack *w = m->way;
    memory_grow(&w->steps, w->count, &w->capacity, sizeof *w->steps);
    BackStep *s = &w->steps[w->count++];
    *s = (BackStep){
        .kind = kind, .from = from, .to = to, .again = {{-1, 0, 0}, {-1, 0, 0}}, .scale = 1};
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
            way_push(m, BACK_ZERO, gap, gap);
        }
    }
}

bool way_begin_write(Maker *m, Place to)
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
    bool add = way_begin_write(m, d.to);
    BackStep *s = way_push(m, BACK_SCALE, d.from, d.to);
    s->add = add;
    s->scale = d.scale;
}

void way_defer(Maker *m, Place to, Place from, double scale)
{
    memory_grow(&m->deferred, m->deferred_count, &m->deferred_capacity, sizeof *m->deferred);
    m->deferred[m->deferred_count++] = (Deferred){to, from, scale};
    if (count_written(m, to) == to.channels)
        write_deferred(m, m->deferred_count - 1);
}

void way_end_write(Maker *m, Place to)
{
    for (int i = 0; i < m->deferred_count;)
        if (contains(to, m->deferred[i].to))
            write_deferred(m, i);
        else
            i++;
}

void way_write_deferred(Maker *m, Place at)
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
        if (only >= 0 || !way_same_place(m->deferred[i].to, at))
            return -1;
        only = i;
    }
    return count_written(m, at) == 0 ? only : -1;
}

bool way_is_untouched(const Maker *m, Place at)
{
    for (int i = 0; i < m->deferred_count; i++)
        if (places_overlap(m->deferred[i].to, at))
            return false;
    return count_written(m, at) == 0;
}

bool way_complete(Maker *m, Place at)
{
    if (count_written(m, at) == 0)
        return false;
    zero_rest(m, at);
    return true;
}

Place way_read_gradient(Maker *m, const Node *n, double *scale)
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
    way_write_deferred(m, at);
    return way_complete(m, at) ? at : (Place){-1, 0, 0};
}
