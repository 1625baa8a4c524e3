#include "eval/upscale.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/cost.h"

struct Upscaler {
    Network *network, *owned; /* owned: the network to free, or NULL */
    Graph *graph;             /* of the owned network, or NULL */
    int scale, tile, overlap;
};

enum { SMALLEST_TILE = 32, LARGEST_TILE = 512 };

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

Upscaler *upscaler_from_network(Network *network, int scale, int tile)
{
    const Graph *g = network_graph(network);
    Cost cost;
    if (cost_of_graph(g, 64, 64, &cost) != 0)
        return NULL;
    Upscaler *u = memory_new(sizeof *u);
    *u = (Upscaler){.network = network, .scale = scale, .overlap = cost.radius};
    u->tile = tile > 0 ? tile : tile_from_memory(g, cost.radius);
    return u;
}

Upscaler *upscaler_new(const Model *model, Precision precision, int tile)
{
    if (model->specification.architecture->kind != KIND_GENERATOR) {
        error_set(ERROR_CONFIG, "a %s is no upscaler", model->specification.architecture->name);
        return NULL;
    }
    Graph *graph = specification_build(&model->specification);
    Network *network = graph ? network_new(graph, model->weights, precision) : NULL;
    Upscaler *u = network ? upscaler_from_network(network, model->specification.scale, tile) : NULL;
    if (u) {
        u->owned = network;
        u->graph = graph;
        return u;
    }
    network_free(network);
    graph_free(graph);
    return NULL;
}

void upscaler_free(Upscaler *u)
{
    if (!u)
        return;
    network_free(u->owned);
    graph_free(u->graph);
    free(u);
}

int upscaler_scale(const Upscaler *u)
{
    return u->scale;
}

/* One axis of a tile: the inner part that is kept, and the outer one that the network sees. */
typedef struct Span {
    int inner, inner_end, outer, outer_end;
} Span;

static Span span_of(int index, int tile, int overlap, int extent)
{
    Span s = {.inner = index * tile, .inner_end = (index + 1) * tile};
    if (s.inner_end > extent)
        s.inner_end = extent;
    s.outer = s.inner > overlap ? s.inner - overlap : 0;
    s.outer_end = extent - s.inner_end > overlap ? s.inner_end + overlap : extent;
    return s;
}

static void copy_inner(const Upscaler *u, Span x, Span y, const uint8_t *tile, Image *sr)
{
    int s = u->scale, tile_width = (x.outer_end - x.outer) * s;
    size_t bytes = (size_t)(x.inner_end - x.inner) * (size_t)s * 3;
    for (int row = y.inner * s; row < y.inner_end * s; row++) {
        const uint8_t *from = tile + ((size_t)(row - y.outer * s) * (size_t)tile_width +
                                      (size_t)(x.inner - x.outer) * (size_t)s) *
                                         3;
        memcpy(sr->rgb + ((size_t)row * (size_t)sr->width + (size_t)x.inner * (size_t)s) * 3, from,
               bytes);
    }
}

static int run_tile(Upscaler *u, const Image *lr, Span x, Span y, Image *sr)
{
    Image part = image_crop(lr, x.outer, y.outer, x.outer_end - x.outer, y.outer_end - y.outer);
    size_t bytes =
        (size_t)part.width * (size_t)part.height * 3 * (size_t)u->scale * (size_t)u->scale;
    uint8_t *rgb = memory_new(bytes);
    tensor_scope_begin();
    tensor_no_grad_begin();
    Tensor *input = tensor_from_rgb(part.rgb, 1, part.height, part.width);
    Tensor *output = network_forward(u->network, input, FORWARD_FROZEN, NULL);
    int result = tensor_to_rgb(output, rgb);
    tensor_no_grad_end();
    tensor_scope_end();
    if (result == 0)
        copy_inner(u, x, y, rgb, sr);
    free(rgb);
    image_free(&part);
    return result;
}

int upscaler_run(Upscaler *u, const Image *lr, Image *sr)
{
    if ((int64_t)lr->width * u->scale > INT32_MAX / 4 ||
        (int64_t)lr->height * u->scale > INT32_MAX / 4)
        return error_set(ERROR_SHAPE, "%dx%d times %d is too large", lr->width, lr->height,
                         u->scale);
    *sr = image_new(lr->width * u->scale, lr->height * u->scale);
    int columns = (lr->width + u->tile - 1) / u->tile, rows = (lr->height + u->tile - 1) / u->tile;
    for (int i = 0; i < rows * columns; i++) {
        Span x = span_of(i % columns, u->tile, u->overlap, lr->width);
        Span y = span_of(i / columns, u->tile, u->overlap, lr->height);
        if (run_tile(u, lr, x, y, sr) != 0) {
            image_free(sr);
            return -1;
        }
    }
    return 0;
}
