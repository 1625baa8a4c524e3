#include "eval/exhibits.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Bytes of pictures in the page, which base64 makes a third more; and how much of them the dial
 * gets at most, and the loupe at least. */
enum { ALL_BYTES = 10000000, DIAL_BYTES = 2500000, LOUPE_LEAST = 3000000 };
enum { LOUPE_PICTURES = 16, LOUPE_SIDE = 4096, DIAL_PICTURES = 3, DIAL_SIDE = 192 };

static bool is_kind(const Method *method, const char *kind)
{
    return strcmp(method->kind, kind) == 0;
}

int blend_path(const MethodList *methods, int *path)
{
    int count = 1;
    for (int k = 0; k < methods->count; k++) {
        if (!is_kind(&methods->items[k], "blend"))
            continue;
        int at = count++;
        for (; at > 1 && methods->items[path[at - 1]].alpha > methods->items[k].alpha; at--)
            path[at] = path[at - 1];
        path[at] = k;
    }
    if (count == 1)
        return 0;
    path[0] = methods->items[path[1]].ends[0];
    path[count] = methods->items[path[1]].ends[1];
    return count + 1;
}

double blend_alpha(const MethodList *methods, const int *path, int step)
{
    const Method *method = &methods->items[path[step]];
    return step == 0 ? 0 : is_kind(method, "blend") ? method->alpha : 1;
}

static bool in_loupe(const Method *method)
{
    if (is_kind(method, "baseline"))
        return strcmp(method->name, "bicubic") == 0;
    return !is_kind(method, "blend");
}

static Gallery new_loupe(const PictureSet *set, const MethodList *methods, size_t bytes)
{
    int *sources = memory_array((size_t)methods->count + 2, sizeof *sources), tiles = 0;
    sources[tiles++] = TILE_INPUT;
    for (int k = 0; k < methods->count; k++)
        if (in_loupe(&methods->items[k]))
            sources[tiles++] = k;
    if (!set->input_only)
        sources[tiles++] = TILE_TRUTH;
    Gallery loupe = gallery_new(set, sources, tiles, bytes, LOUPE_PICTURES, LOUPE_SIDE);
    free(sources);
    return loupe;
}

static Gallery new_dial(const PictureSet *set, const MethodList *methods)
{
    int *sources = memory_array((size_t)methods->count + 1, sizeof *sources);
    int steps = blend_path(methods, sources);
    Gallery dial = {0};
    if (steps > 0) {
        sources[steps] = TILE_TRUTH;
        dial = gallery_new(set, sources, steps + 1, DIAL_BYTES, DIAL_PICTURES, DIAL_SIDE);
    }
    free(sources);
    return dial;
}

Exhibits exhibits_new(const PictureSet *set, const MethodList *methods, int crop)
{
    Exhibits e = {.strips = strips_new(set, methods->count),
                  .dial = new_dial(set, methods),
                  .places = places_new(methods, crop)};
    size_t others = places_bytes(&e.places) + (e.dial.count ? DIAL_BYTES : 0);
    size_t left = others + LOUPE_LEAST < ALL_BYTES ? ALL_BYTES - others : LOUPE_LEAST;
    e.loupe = new_loupe(set, methods, left);
    return e;
}

void exhibits_free(Exhibits *e)
{
    strips_free(&e->strips);
    gallery_free(&e->loupe);
    gallery_free(&e->dial);
    places_free(&e->places);
}

int exhibits_take(Exhibits *e, int index, const PicturePair *picture, const Reference *reference,
                  const Image *sr, const Evidence *evidence)
{
    const Plane *energy = reference_detail_energy(reference);
    strips_take(&e->strips, index, picture, reference, sr);
    if (gallery_take(&e->loupe, index, picture, energy, sr) != 0 ||
        gallery_take(&e->dial, index, picture, energy, sr) != 0)
        return -1;
    return places_take(&e->places, index, picture, reference, sr, evidence);
}

int exhibits_take_input(Exhibits *e, int index, const PicturePair *picture, const Plane *energy,
                        const Image *sr)
{
    return gallery_take(&e->loupe, index, picture, energy, sr);
}

int exhibits_gather(Exhibits *e)
{
    if (strips_gather(&e->strips) != 0 || gallery_gather(&e->loupe) != 0 ||
        gallery_gather(&e->dial) != 0)
        return -1;
    return places_gather(&e->places);
}
