#include "eval/gallery.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"

/* Bytes a pixel: what outputs for photographs take as lossless WebP (0.7 to 1.3), and a reserve. */
static const double RATE = 1.3;
enum { LEAST_SIDE = 32, FOCUS_SIDE = 48 };

/* The pixels of all tiles, for a window of one HR pixel. */
static double depth_of(const Gallery *g)
{
    double depth = 0;
    for (int t = 0; t < g->tiles; t++)
        depth += g->sources[t] == TILE_INPUT ? 1.0 / (g->scale * g->scale) : 1;
    return depth;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static double cost(const Gallery *g, const PictureSet *set, int picture, int side)
{
    double pixels =
        (double)least(set->widths[picture], side) * (double)least(set->heights[picture], side);
    return pixels * depth_of(g) * RATE;
}

static double cost_of_some(const Gallery *g, const PictureSet *set, int count, int side)
{
    double sum = 0;
    for (int k = 0; k < count; k++)
        sum += cost(g, set, k * set->count / count, side);
    return sum;
}

Gallery gallery_new(const PictureSet *set, const int *sources, int tiles, size_t bytes, int most,
                    int side)
{
    Gallery g = {.tiles = tiles, .scale = set->scale};
    g.sources = memory_array((size_t)tiles, sizeof *g.sources);
    memcpy(g.sources, sources, (size_t)tiles * sizeof *sources);
    g.count = least(most, set->count);
    while (g.count > 1 && cost_of_some(&g, set, g.count, side) > (double)bytes)
        g.count--;
    double whole = cost_of_some(&g, set, g.count, side);
    g.shots = memory_array((size_t)g.count, sizeof *g.shots);
    for (int k = 0; k < g.count; k++) {
        Shot *s = &g.shots[k];
        s->picture = k * set->count / g.count;
        s->share = (size_t)((double)bytes * cost(&g, set, s->picture, side) / whole);
        s->window.width = window_extent(set->widths[s->picture], side, set->scale);
        s->window.height = window_extent(set->heights[s->picture], side, set->scale);
        s->tiles = memory_array((size_t)tiles, sizeof *s->tiles);
    }
    return g;
}

void gallery_free(Gallery *g)
{
    for (int k = 0; k < g->count; k++) {
        for (int t = 0; t < g->tiles; t++)
            packed_free(&g->shots[k].tiles[t]);
        free(g->shots[k].tiles);
    }
    free(g->shots);
    free(g->sources);
    *g = (Gallery){0};
}

/* One shot being taken. */
typedef struct Exposure {
    const Gallery *gallery;
    const PicturePair *picture;
    const Image *sr;
    Shot *shot;
} Exposure;

static int pack_tile(void *context, int t)
{
    const Exposure *e = context;
    int source = e->gallery->sources[t], step = source == TILE_INPUT ? e->gallery->scale : 1;
    const Image *image = source == TILE_INPUT   ? &e->picture->lr
                         : source == TILE_TRUTH ? &e->picture->hr
                                                : &e->sr[source];
    Image part = window_crop(&e->shot->window, image, step);
    int result = packed_new(&part, &e->shot->tiles[t]);
    image_free(&part);
    return result;
}

static size_t bytes_of(const Exposure *e)
{
    size_t bytes = 0;
    for (int t = 0; t < e->gallery->tiles; t++)
        bytes += e->shot->tiles[t].count;
    return bytes;
}

/* A window of the same form that is `factor` times as large in area. */
static void shrink(Shot *s, double factor, int scale)
{
    double side = sqrt(factor);
    s->window.width = window_extent(s->window.width, (int)(s->window.width * side), scale);
    s->window.height = window_extent(s->window.height, (int)(s->window.height * side), scale);
}

static Window find_focus(const Shot *s, const Plane *energy, int scale)
{
    Plane part = plane_new(s->window.width, s->window.height);
    for (int y = 0; y < part.height; y++)
        memcpy(part.values + (size_t)y * (size_t)part.width,
               energy->values + (size_t)(s->window.y + y) * (size_t)energy->width + s->window.x,
               (size_t)part.width * sizeof *part.values);
    Window focus = window_of_most(&part, window_extent(part.width, FOCUS_SIDE, scale),
                                  window_extent(part.height, FOCUS_SIDE, scale), scale, 0, NULL);
    plane_free(&part);
    focus.x += s->window.x;
    focus.y += s->window.y;
    return focus;
}

/* Smaller windows until the bytes fit into the share. */
static int take(Exposure *e, const Plane *energy)
{
    Shot *s = e->shot;
    int scale = e->gallery->scale;
    double guess = s->window.width * (double)s->window.height * depth_of(e->gallery) * RATE;
    if (guess > (double)s->share)
        shrink(s, (double)s->share / guess, scale);
    for (;;) {
        s->window = window_of_most(energy, s->window.width, s->window.height, scale, 0, NULL);
        if (threads_for(e->gallery->tiles, pack_tile, e) != 0)
            return -1;
        s->focus = find_focus(s, energy, scale);
        size_t bytes = bytes_of(e);
        if (bytes <= s->share || s->window.width <= LEAST_SIDE || s->window.height <= LEAST_SIDE)
            return 0;
        for (int t = 0; t < e->gallery->tiles; t++)
            packed_free(&s->tiles[t]);
        shrink(s, 0.95 * (double)s->share / (double)bytes, scale);
    }
}

int gallery_take(Gallery *g, int index, const PicturePair *picture, const Plane *energy,
                 const Image *sr)
{
    for (int k = 0; k < g->count; k++)
        if (g->shots[k].picture == index)
            return take(
                &(Exposure){.gallery = g, .picture = picture, .sr = sr, .shot = &g->shots[k]},
                energy);
    return 0;
}

/* The owner's window on every rank. */
static int share_window(Window *window, bool mine)
{
    int64_t place[4] = {window->x, window->y, window->width, window->height};
    for (int i = 0; i < 4; i++)
        place[i] *= mine;
    if (ranks_sum_integers(place, 4) != 0)
        return -1;
    *window = (Window){(int)place[0], (int)place[1], (int)place[2], (int)place[3]};
    return 0;
}

static int fetch(Shot *s, int tiles, int owner)
{
    bool mine = ranks_rank() == owner;
    if (share_window(&s->window, mine) != 0 || share_window(&s->focus, mine) != 0)
        return -1;
    for (int t = 0; t < tiles; t++)
        if (ranks_fetch_bytes(owner, &s->tiles[t].bytes, &s->tiles[t].count) != 0)
            return -1;
    return 0;
}

int gallery_gather(Gallery *g)
{
    for (int k = 0; k < g->count; k++)
        if (fetch(&g->shots[k], g->tiles, g->shots[k].picture % ranks_size()) != 0)
            return -1;
    return 0;
}
