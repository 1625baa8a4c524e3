#include "upscale/upscaler.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/cost.h"

/* One axis of the tiles: the edge of the inner part, what it overlaps its neighbours by, and the
 * only extent that the network takes (0: any). */
typedef struct Axis {
    int tile, overlap, fixed;
} Axis;

struct Upscaler {
    Engine *engine;
    Model *owned; /* NULL: the caller's, or the engine's */
    Axis x, y;
};

enum { SMALLEST_TILE = 32, LARGEST_TILE = 512 };
/* Networks that nobody here can look into: whole pictures up to so many pixels, else tiles. */
enum { UNKNOWN_OVERLAP = 32, LARGEST_WHOLE = 1 << 20 };

/* The largest tile whose activations fit into a quarter of the free memory. */
static int tile_from_memory(const Graph *g, int overlap)
{
    double bytes_free = (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    int tile = LARGEST_TILE;
    for (; tile > SMALLEST_TILE; tile /= 2) {
        Cost cost;
        int edge = tile + 2 * overlap;
        if (cost_of_graph(g, edge, edge, &cost) != 0)
            return tile;
        /* Twice the values: libtorch and oneDNN keep copies in other layouts. */
        if ((double)cost.peak_values * sizeof(float) * 2 < bytes_free / 4)
            break;
    }
    return tile;
}

/* Tiles of networks that take one extent overlap by what counts, or by what there is room for. */
static Axis axis_of(int tile, int overlap, int fixed)
{
    if (fixed == 0)
        return (Axis){tile, overlap, 0};
    if (overlap > fixed / 4)
        overlap = fixed / 4;
    return (Axis){fixed - 2 * overlap, overlap, fixed};
}

/* Takes the engine, which may be NULL with an error. */
static Upscaler *upscaler_of(Engine *e, int tile)
{
    if (!e)
        return NULL;
    Upscaler *u = memory_new(sizeof *u);
    int overlap = e->radius >= 0 ? e->radius : UNKNOWN_OVERLAP;
    if (tile == 0 && e->radius >= 0)
        tile = tile_from_memory(e->graph, overlap);
    u->engine = e;
    u->x = axis_of(tile, overlap, e->width);
    u->y = axis_of(tile, overlap, e->height);
    return u;
}

Upscaler *upscaler_from_network(Network *network, int scale, int tile)
{
    return upscaler_of(engine_of_network(network, scale), tile);
}

Upscaler *upscaler_new(const Model *model, Precision precision, int tile)
{
    return upscaler_of(engine_of_model(model, precision), tile);
}

Upscaler *upscaler_take(Model *model, Precision precision, int tile)
{
    Upscaler *u = upscaler_new(model, precision, tile);
    if (u)
        u->owned = model;
    else
        model_free(model);
    return u;
}

Upscaler *upscaler_open(const char *path, Precision precision, OnnxChoice onnx, int tile)
{
    return upscaler_of(engine_open(path, precision, onnx), tile);
}

void upscaler_free(Upscaler *u)
{
    if (!u)
        return;
    engine_free(u->engine);
    model_free(u->owned);
    free(u);
}

int upscaler_scale(const Upscaler *u)
{
    return u->engine->scale;
}

const char *upscaler_engine(const Upscaler *u)
{
    return u->engine->text;
}

/* One axis of a tile: the inner part that is kept, and the outer one that the network sees. */
typedef struct Span {
    int inner, inner_end, outer, outer_end;
} Span;

/* Tile i along an axis of a picture. Where only one extent will do, the outer part moves into the
 * picture, or ends with it if that is smaller. */
static Span span_of(int index, const Axis *axis, int extent)
{
    Span s = {.inner = index * axis->tile, .inner_end = (index + 1) * axis->tile};
    if (s.inner_end > extent)
        s.inner_end = extent;
    s.outer = s.inner > axis->overlap ? s.inner - axis->overlap : 0;
    s.outer_end = extent - s.inner_end > axis->overlap ? s.inner_end + axis->overlap : extent;
    if (axis->fixed == 0)
        return s;
    if (s.outer > extent - axis->fixed)
        s.outer = extent > axis->fixed ? extent - axis->fixed : 0;
    s.outer_end = s.outer + axis->fixed < extent ? s.outer + axis->fixed : extent;
    return s;
}

static void copy_inner(int s, Span x, Span y, const uint8_t *tile, int tile_width, Image *sr)
{
    size_t bytes = (size_t)(x.inner_end - x.inner) * (size_t)s * 3;
    for (int row = y.inner * s; row < y.inner_end * s; row++) {
        const uint8_t *from = tile + ((size_t)(row - y.outer * s) * (size_t)(tile_width * s) +
                                      (size_t)(x.inner - x.outer) * (size_t)s) *
                                         3;
        memcpy(sr->rgb + ((size_t)row * (size_t)sr->width + (size_t)x.inner * (size_t)s) * 3, from,
               bytes);
    }
}

/* A part of the picture; its last row and column go on where the network takes no less. */
static Image outer_part(const Upscaler *u, const Image *lr, Span x, Span y)
{
    int width = u->x.fixed ? u->x.fixed : x.outer_end - x.outer;
    int height = u->y.fixed ? u->y.fixed : y.outer_end - y.outer;
    if (x.outer + width <= lr->width && y.outer + height <= lr->height)
        return image_crop(lr, x.outer, y.outer, width, height);
    Image part = image_new(width, height);
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) {
            int from_y = y.outer + row < lr->height ? y.outer + row : lr->height - 1;
            int from_x = x.outer + column < lr->width ? x.outer + column : lr->width - 1;
            memcpy(part.rgb + ((size_t)row * (size_t)width + (size_t)column) * 3,
                   lr->rgb + ((size_t)from_y * (size_t)lr->width + (size_t)from_x) * 3, 3);
        }
    return part;
}

static int run_tile(Upscaler *u, const Image *lr, Span x, Span y, Image *sr)
{
    int scale = upscaler_scale(u);
    Image part = outer_part(u, lr, x, y);
    uint8_t *rgb =
        memory_new((size_t)part.width * (size_t)part.height * 3 * (size_t)scale * (size_t)scale);
    int result = engine_run(u->engine, &part, rgb);
    if (result == 0)
        copy_inner(scale, x, y, rgb, part.width, sr);
    free(rgb);
    image_free(&part);
    return result;
}

/* The axis for this picture, where tiles were left to what is known of the network. */
static Axis axis_for(const Axis *axis, const Image *lr, int extent)
{
    bool whole = (int64_t)lr->width * lr->height <= LARGEST_WHOLE;
    Axis a = *axis;
    if (a.tile == 0)
        a.tile = whole ? extent : LARGEST_TILE;
    return a;
}

int upscaler_run(Upscaler *u, const Image *lr, Image *sr)
{
    int scale = upscaler_scale(u);
    if ((int64_t)lr->width * scale > INT32_MAX / 4 || (int64_t)lr->height * scale > INT32_MAX / 4)
        return error_set(ERROR_SHAPE, "%dx%d times %d is too large", lr->width, lr->height, scale);
    *sr = image_new(lr->width * scale, lr->height * scale);
    Axis across = axis_for(&u->x, lr, lr->width), down = axis_for(&u->y, lr, lr->height);
    int columns = (lr->width + across.tile - 1) / across.tile;
    int rows = (lr->height + down.tile - 1) / down.tile;
    for (int i = 0; i < rows * columns; i++) {
        Span x = span_of(i % columns, &across, lr->width);
        Span y = span_of(i / columns, &down, lr->height);
        if (run_tile(u, lr, x, y, sr) != 0) {
            image_free(sr);
            return -1;
        }
    }
    return 0;
}
