/* The worst places of all ranks: what each keeps, and the choice among it. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/ranks.h"
#include "eval/places_parts.h"

static bool has_kind(const MethodList *methods, const char *kind)
{
    for (int k = 0; k < methods->count; k++)
        if (strcmp(methods->items[k].kind, kind) == 0)
            return true;
    return false;
}

bool places_search_method(const MethodList *methods, int method)
{
    const char *kind = methods->items[method].kind;
    if (has_kind(methods, "model") || has_kind(methods, "images"))
        return strcmp(kind, "model") == 0 || strcmp(kind, "images") == 0;
    return strcmp(kind, "blend") == 0 || !has_kind(methods, "blend");
}

Places places_new(const MethodList *methods, int crop)
{
    size_t count = (size_t)methods->count * PLACE_KINDS * PLACES_KEPT;
    return (Places){
        .methods = methods, .crop = crop, .candidates = memory_array(count, sizeof(Candidate))};
}

Candidate *candidates_at(const Places *p, PlaceKind kind, int method)
{
    return p->candidates +
           ((size_t)kind * (size_t)p->methods->count + (size_t)method) * PLACES_KEPT;
}

void candidate_free(Candidate *c)
{
    for (int t = 0; t < PLACE_TILES; t++)
        image_free(&c->tiles[t]);
}

void places_free(Places *p)
{
    for (PlaceKind kind = 0; kind < PLACE_KINDS; kind++) {
        for (int i = 0; p->candidates && i < p->methods->count * PLACES_KEPT; i++)
            candidate_free(candidates_at(p, kind, 0) + i);
        for (int i = 0; i < p->lists[kind].count; i++)
            for (int t = 0; t < PLACE_TILES; t++)
                packed_free(&p->lists[kind].items[i].tiles[t]);
        free(p->lists[kind].items);
    }
    free(p->candidates);
    *p = (Places){0};
}

size_t places_bytes(const Places *p)
{
    int searched = 0;
    for (int k = 0; k < p->methods->count; k++)
        searched += places_search_method(p->methods, k);
    /* What does not compress at all is stored with some overhead. */
    size_t tile = PLACE_PIXELS * PLACE_PIXELS * 3 + 200;
    return (size_t)(searched + PLACES_KEPT) * PLACE_KINDS * (PLACE_TILES - 1) * tile;
}

/* A candidate as all ranks know it: doubles, to be summed. */
typedef struct Entry {
    double score, picture, x, y, width, height;
} Entry;
enum { ENTRY_VALUES = sizeof(Entry) / sizeof(double) };

/* Where it is kept. */
typedef struct Rated {
    Entry entry;
    int rank, method, slot;
} Rated;

static size_t entry_index(const Places *p, int rank, PlaceKind kind, int method, int slot)
{
    size_t row = (size_t)rank * PLACE_KINDS + (size_t)kind;
    return (row * (size_t)p->methods->count + (size_t)method) * PLACES_KEPT + (size_t)slot;
}

static Entry *share_entries(const Places *p)
{
    size_t count = entry_index(p, ranks_size(), 0, 0, 0);
    Entry *entries = memory_array(count, sizeof *entries);
    for (PlaceKind kind = 0; kind < PLACE_KINDS; kind++)
        for (int i = 0; i < p->methods->count * PLACES_KEPT; i++) {
            const Candidate *c = candidates_at(p, kind, 0) + i;
            entries[entry_index(p, ranks_rank(), kind, 0, i)] = (Entry){
                c->score, c->picture, c->window.x, c->window.y, c->window.width, c->window.height};
        }
    if (ranks_sum_doubles((double *)entries, count * ENTRY_VALUES) == 0)
        return entries;
    free(entries);
    return NULL;
}

static int compare_rated(const void *left, const void *right)
{
    const Rated *a = left, *b = right;
    if (a->entry.score != b->entry.score)
        return a->entry.score < b->entry.score ? 1 : -1;
    if (a->entry.picture != b->entry.picture)
        return a->entry.picture < b->entry.picture ? -1 : 1;
    return a->method - b->method;
}

/* All candidates of a kind, the worst first; how many. */
static int rate(const Places *p, const Entry *entries, PlaceKind kind, Rated *rated)
{
    int count = 0;
    for (int rank = 0; rank < ranks_size(); rank++)
        for (int method = 0; method < p->methods->count; method++)
            for (int slot = 0; slot < PLACES_KEPT; slot++) {
                Entry entry = entries[entry_index(p, rank, kind, method, slot)];
                if (entry.score > 0)
                    rated[count++] = (Rated){entry, rank, method, slot};
            }
    qsort(rated, (size_t)count, sizeof *rated, compare_rated);
    return count;
}

/* On the rank that keeps it. */
static int pack(const Places *p, PlaceKind kind, const Rated *rated, Place *place)
{
    const Candidate *c = candidates_at(p, kind, rated->method) + rated->slot;
    for (int t = 0; t < PLACE_TILES && rated->rank == ranks_rank(); t++)
        if (packed_new(&c->tiles[t], &place->tiles[t]) != 0)
            return -1;
    return 0;
}

/* The worst ones, and each method's worst. An error is left pending. */
static void choose(Places *p, const Entry *entries, PlaceKind kind, int *owners)
{
    size_t most = entry_index(p, ranks_size(), 0, 0, 0) / PLACE_KINDS;
    Rated *rated = memory_array(most, sizeof *rated);
    bool *seen = memory_array((size_t)p->methods->count, sizeof *seen);
    PlaceList *list = &p->lists[kind];
    int count = rate(p, entries, kind, rated);
    list->items = memory_array((size_t)count + 1, sizeof *list->items);
    for (int i = 0; i < count; i++) {
        const Rated *r = &rated[i];
        if (list->count >= PLACES_KEPT && seen[r->method])
            continue;
        seen[r->method] = true;
        owners[list->count] = r->rank;
        Place *place = &list->items[list->count++];
        *place = (Place){.method = r->method,
                         .picture = (int)r->entry.picture,
                         .score = r->entry.score,
                         .window = {(int)r->entry.x, (int)r->entry.y, (int)r->entry.width,
                                    (int)r->entry.height}};
        pack(p, kind, r, place);
    }
    free(seen);
    free(rated);
}

int places_gather(Places *p)
{
    Entry *entries = share_entries(p);
    if (!entries)
        return -1;
    int most = p->methods->count + PLACES_KEPT, result = 0;
    int *owners = memory_array((size_t)(most * PLACE_KINDS), sizeof *owners);
    for (PlaceKind kind = 0; kind < PLACE_KINDS; kind++)
        choose(p, entries, kind, owners + most * (int)kind);
    free(entries);
    result = ranks_agree();
    for (PlaceKind kind = 0; kind < PLACE_KINDS; kind++)
        for (int i = 0; i < p->lists[kind].count * PLACE_TILES && result == 0; i++) {
            Packed *tile = &p->lists[kind].items[i / PLACE_TILES].tiles[i % PLACE_TILES];
            result = ranks_fetch_bytes(owners[most * (int)kind + i / PLACE_TILES], &tile->bytes,
                                       &tile->count);
        }
    free(owners);
    return result;
}
