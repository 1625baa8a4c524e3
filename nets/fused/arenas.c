/* Where buffers lie in the plan's two arenas. */
#include <stdlib.h>

#include "core/memory.h"
#include "nets/fused/plan.h"

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

void plan_arenas(FusedPlan *p)
{
    for (int i = 0; i < p->buffer_count; i++) {
        if (p->buffers[i].home != BUFFER_KEPT)
            continue;
        p->buffers[i].offset = p->kept_bytes;
        p->kept_bytes += rounded(p->buffers[i].bytes);
    }
    Buffer *kept = memory_array((size_t)p->buffer_count + 1, sizeof *kept);
    for (int i = 0; i < p->buffer_count; i++) {
        kept[i] = p->buffers[i];
        kept[i].end = INT32_MAX;
    }
    p->passing_bytes = plan_pack(p->buffers, p->buffer_count, kept, p->buffer_count);
    free(kept);
}
