#include "upscale/upscaler.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/cost.h"
#include "upscale/tiles.h"

struct Upscaler {
    Engine *engine;
    Engine *other;         /* of a mixture, else NULL; both are then others' */
    const uint8_t *shares; /* of the other one, for each pixel of pictures of width x height */
    int width, height;
    Model *owned; /* NULL: the caller's, or the engine's */
    TileRule across, down;
    int tile;       /* 0: from memory */
    int64_t memory; /* 0: half of what is free */
};

enum { SMALLEST_TILE = 32, LARGEST_TILE = 512 };
/* Networks that nobody here can look into: whole pictures up to so many pixels, else tiles. */
enum { UNKNOWN_OVERLAP = 32, LARGEST_WHOLE = 1 << 20 };
enum { RGB = 3 };

/* Takes the engine, which may be NULL with an error. */
static Upscaler *upscaler_of(Engine *e, int tile)
{
    if (!e)
        return NULL;
    Upscaler *u = memory_new(sizeof *u);
    int overlap = e->radius >= 0 ? e->radius : UNKNOWN_OVERLAP;
    *u = (Upscaler){.engine = e,
                    .tile = tile,
                    .across = {overlap, e->multiple, e->alignment, e->width},
                    .down = {overlap, e->multiple, e->alignment, e->height}};
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
    if (!u->other)
        engine_free(u->engine);
    model_free(u->owned);
    free(u);
}

static int common_multiple(int a, int b)
{
    int m = a;
    while (m % b != 0)
        m += a;
    return m;
}

/* What both keep to. */
static TileRule common_rule(const TileRule *a, const TileRule *b)
{
    return (TileRule){a->overlap > b->overlap ? a->overlap : b->overlap,
                      common_multiple(a->multiple, b->multiple),
                      common_multiple(a->alignment, b->alignment), 0};
}

bool upscaler_can_mix(const Upscaler *a, const Upscaler *b)
{
    bool fixed = a->across.fixed || a->down.fixed || b->across.fixed || b->down.fixed;
    return upscaler_scale(a) == upscaler_scale(b) && !fixed;
}

Upscaler *upscaler_mix(const Upscaler *first, const Upscaler *second, const uint8_t *shares,
                       int width, int height)
{
    Upscaler *u = memory_new(sizeof *u);
    *u = *first;
    u->owned = NULL;
    u->other = second->engine;
    u->shares = shares;
    u->width = width;
    u->height = height;
    u->across = common_rule(&first->across, &second->across);
    u->down = common_rule(&first->down, &second->down);
    return u;
}

int upscaler_scale(const Upscaler *u)
{
    return u->engine->scale;
}

const char *upscaler_engine(const Upscaler *u)
{
    return u->engine->text;
}

const Engine *upscaler_look(const Upscaler *u)
{
    return u->engine;
}

void upscaler_limit_memory(Upscaler *u, int64_t bytes)
{
    u->memory = bytes;
}

/* ---- Choosing tiles ------------------------------------------------------------------------- */

static int64_t memory_for(const Upscaler *u)
{
    return u->memory ? u->memory : memory_available() / 2;
}

/* What a tile of this edge takes, and the band of it and its neighbours; 0 where no tile fits. */
static double bytes_needed(const Upscaler *u, int tile, int width, int channels)
{
    int scale = upscaler_scale(u);
    int edge = tile_extent(&u->across, tile) + 2 * u->across.overlap;
    edge = (edge + u->across.multiple - 1) / u->across.multiple * u->across.multiple;
    double band = (double)channels * tile * scale * ((double)width * scale) * sizeof(float);
    Cost cost = {0};
    if (u->engine->graph && cost_of_graph(u->engine->graph, edge, edge, &cost) != 0)
        error_forgive();
    /* Twice the values: libtorch and oneDNN keep copies in other layouts. */
    return band + (double)cost.peak_values * sizeof(float) * 2;
}

static int tile_for(const Upscaler *u, const Pixels *lr)
{
    int longest = lr->width > lr->height ? lr->width : lr->height;
    if (u->tile > 0)
        return u->tile;
    if (u->engine->radius < 0)
        return (int64_t)lr->width * lr->height <= LARGEST_WHOLE ? longest : LARGEST_TILE;
    int tile = LARGEST_TILE;
    while (tile > SMALLEST_TILE &&
           bytes_needed(u, tile, lr->width, lr->channels) > (double)memory_for(u))
        tile /= 2;
    return tile;
}

bool upscaler_tiles_show(const Upscaler *u, int w, int h)
{
    Pixels p = {.width = w, .height = h, .channels = RGB};
    int tile = tile_for(u, &p);
    return u->engine->whole_picture && (w > tile || h > tile);
}

/* ---- One tile ------------------------------------------------------------------------------- */

/* A picture on its way. */
typedef struct Work {
    Upscaler *upscaler;
    const Pixels *lr;
    bool alpha; /* its own pass; otherwise alpha_value everywhere */
    float alpha_value;
    UpscaleProgress *progress;
    void *context;
} Work;

/* Rows of the result as planes, one after the other. */
typedef struct Band {
    int width, rows, channels;
    float *planes[PIXELS_MOST_CHANNELS], *values;
} Band;

static size_t span_of(TileSpan s)
{
    return (size_t)(s.outer_end - s.outer);
}

/* The inner part of a tile's plane, to its place in the band. */
static void keep_inner(const Work *w, TileSpan x, TileSpan y, const float *tile, float *to,
                       size_t band_width)
{
    size_t s = (size_t)upscaler_scale(w->upscaler), stride = span_of(x) * s;
    size_t left = (size_t)(x.inner - x.outer) * s, top = (size_t)(y.inner - y.outer) * s;
    size_t width = (size_t)(x.inner_end - x.inner) * s;
    for (size_t row = 0; row < (size_t)(y.inner_end - y.inner) * s; row++)
        memcpy(to + row * band_width + (size_t)x.inner * s, tile + (top + row) * stride + left,
               width * sizeof *to);
}

/* The mean of three planes, in the first. */
static void average_planes(float *planes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        planes[i] = (planes[i] + planes[count + i] + planes[2 * count + i]) * (1.0f / 3);
}

/* `first`: a channel of the picture that goes through the network `count` (1 or 3) wide. */
static int run_channels(const Work *w, Engine *engine, TileSpan x, TileSpan y, int first, int count,
                        Band *band)
{
    size_t pixels = span_of(x) * span_of(y);
    size_t s = (size_t)upscaler_scale(w->upscaler), outputs = pixels * s * s;
    float *input = memory_ask(pixels * RGB, sizeof *input);
    float *output = memory_ask(outputs * RGB, sizeof *output);
    int result = input && output ? 0 : -1;
    for (int c = 0; result == 0 && c < RGB; c++)
        pixels_to_plane(w->lr, count == RGB ? first + c : first, x.outer, y.outer, (int)span_of(x),
                        (int)span_of(y), input + (size_t)c * pixels);
    if (result == 0)
        result = engine_run(engine, input, (int64_t)span_of(y), (int64_t)span_of(x), output);
    if (result == 0 && count == 1)
        average_planes(output, outputs);
    for (int c = 0; result == 0 && c < count; c++)
        keep_inner(w, x, y, output + (size_t)c * outputs, band->planes[first + c],
                   (size_t)band->width);
    free(input);
    free(output);
    return result;
}

static int run_engine(const Work *w, Engine *engine, TileSpan x, TileSpan y, Band *band)
{
    int colours = pixels_colours(w->lr);
    if (run_channels(w, engine, x, y, 0, colours, band) != 0)
        return -1;
    return w->alpha ? run_channels(w, engine, x, y, colours, 1, band) : 0;
}

/* Which shares of the other engine there are in a tile. */
static void find_shares(const Upscaler *u, TileSpan x, TileSpan y, int *least, int *greatest)
{
    *least = 255;
    *greatest = 0;
    for (int row = y.inner; row < y.inner_end; row++)
        for (int column = x.inner; column < x.inner_end; column++) {
            int share = u->shares[(size_t)row * (size_t)u->width + (size_t)column];
            *least = share < *least ? share : *least;
            *greatest = share > *greatest ? share : *greatest;
        }
}

/* Mixes a tile of the other engine's into that of the first, which the band holds. */
static void mix_in(const Work *w, TileSpan x, TileSpan y, const Band *other, Band *band)
{
    const Upscaler *u = w->upscaler;
    size_t s = (size_t)upscaler_scale(u), width = (size_t)band->width;
    size_t left = (size_t)x.inner * s, right = (size_t)x.inner_end * s;
    for (int c = 0; c < band->channels; c++)
        for (size_t row = 0; row < (size_t)(y.inner_end - y.inner) * s; row++) {
            const uint8_t *shares = u->shares + ((size_t)y.inner + row / s) * (size_t)u->width;
            const float *from = other->planes[c] + row * width;
            float *to = band->planes[c] + row * width;
            for (size_t column = left; column < right; column++) {
                int share = shares[column / s];
                if (share == 255)
                    to[column] = from[column];
                else if (share > 0)
                    to[column] += (float)share / 255 * (from[column] - to[column]);
            }
        }
}

static Band band_new(const Work *w, int lr_rows);

static int run_mixture(const Work *w, TileSpan x, TileSpan y, Band *band)
{
    const Upscaler *u = w->upscaler;
    Band other = band_new(w, y.inner_end - y.inner);
    int result = other.values ? run_engine(w, u->engine, x, y, band) : -1;
    if (result == 0)
        result = run_engine(w, u->other, x, y, &other);
    if (result == 0)
        mix_in(w, x, y, &other, band);
    free(other.values);
    return result;
}

static int run_tile(const Work *w, TileSpan x, TileSpan y, Band *band)
{
    const Upscaler *u = w->upscaler;
    int least = 0, greatest = 0;
    if (u->other)
        find_shares(u, x, y, &least, &greatest);
    if (greatest == 0)
        return run_engine(w, u->engine, x, y, band);
    return least == 255 ? run_engine(w, u->other, x, y, band) : run_mixture(w, x, y, band);
}

/* ---- Bands ---------------------------------------------------------------------------------- */

/* `values` is NULL where there is no memory for them. */
static Band band_new(const Work *w, int lr_rows)
{
    int scale = upscaler_scale(w->upscaler);
    Band band = {
        .width = w->lr->width * scale, .rows = lr_rows * scale, .channels = w->lr->channels};
    size_t pixels = (size_t)band.width * (size_t)band.rows;
    band.values = memory_ask(pixels * (size_t)band.channels, sizeof *band.values);
    if (!band.values)
        return band;
    for (int c = 0; c < band.channels; c++)
        band.planes[c] = band.values + (size_t)c * pixels;
    if (pixels_have_alpha(w->lr) && !w->alpha)
        for (size_t i = 0; i < pixels; i++)
            band.planes[band.channels - 1][i] = w->alpha_value;
    return band;
}

static int run_band(const Work *w, int y, int tile, Band *band)
{
    const Upscaler *u = w->upscaler;
    int across = tile_extent(&u->across, tile);
    TileSpan rows = tile_span(&u->down, y, tile_extent(&u->down, tile), w->lr->height);
    int64_t height = rows.inner_end - rows.inner, before = (int64_t)y * w->lr->width;
    for (int x = 0; x < w->lr->width; x += across) {
        TileSpan columns = tile_span(&u->across, x, across, w->lr->width);
        if (run_tile(w, columns, rows, band) != 0)
            return -1;
        if (w->progress && w->progress(w->context, before + columns.inner_end * height,
                                       (int64_t)w->lr->width * w->lr->height) != 0)
            return -1;
    }
    return 0;
}

/* Halves the tile where its memory ran out and there is a smaller one. */
static bool retry_smaller(const Upscaler *u, int *tile)
{
    if (error_pending() != ERROR_MEMORY || u->across.fixed || u->down.fixed ||
        *tile <= SMALLEST_TILE)
        return false;
    error_clear();
    *tile /= 2;
    return true;
}

static int run_bands(const Work *w, RowSink *sink)
{
    const Upscaler *u = w->upscaler;
    int tile = tile_for(u, w->lr);
    for (int y = 0; y < w->lr->height;) {
        int rows = tile_extent(&u->down, tile);
        rows = w->lr->height - y < rows ? w->lr->height - y : rows;
        Band band = band_new(w, rows);
        int result = band.values ? run_band(w, y, tile, &band) : -1;
        if (result == 0)
            result = sink->take(sink, band.planes, band.rows);
        else if (retry_smaller(u, &tile))
            result = rows = 0;
        free(band.values);
        if (result != 0)
            return -1;
        y += rows;
    }
    return 0;
}

int upscaler_stream(Upscaler *u, const Pixels *lr, RowSink *sink, UpscaleProgress *progress,
                    void *context)
{
    int scale = upscaler_scale(u);
    if ((int64_t)lr->width * scale > INT32_MAX / 4 || (int64_t)lr->height * scale > INT32_MAX / 4)
        return error_set(ERROR_SHAPE, "%dx%d times %d is too large", lr->width, lr->height, scale);
    if (u->other && (lr->width != u->width || lr->height != u->height))
        return error_set(ERROR_SHAPE, "%dx%d pixels, but the map of what is mixed has %dx%d",
                         lr->width, lr->height, u->width, u->height);
    Work w = {.upscaler = u, .lr = lr, .progress = progress, .context = context};
    w.alpha = pixels_have_alpha(lr) && !pixels_are_constant(lr, lr->channels - 1, &w.alpha_value);
    bool limited = u->memory > 0 && u->engine->network;
    if (limited && tensor_limit_memory(u->memory) != 0)
        return -1;
    int result = run_bands(&w, sink);
    if (limited)
        tensor_limit_memory(0);
    return result;
}

/* ---- In memory ------------------------------------------------------------------------------ */

typedef struct ImageRows {
    Image *image;
    size_t bytes; /* so far */
} ImageRows;

static int keep_rows(void *context, const void *rows, int count)
{
    ImageRows *r = context;
    size_t bytes = (size_t)count * (size_t)r->image->width * RGB;
    memcpy(r->image->rgb + r->bytes, rows, bytes);
    r->bytes += bytes;
    return 0;
}

int upscaler_run(Upscaler *u, const Image *lr, Image *sr)
{
    int scale = upscaler_scale(u);
    Pixels pixels = pixels_of_image(lr);
    *sr = image_new(lr->width * scale, lr->height * scale);
    ImageRows rows = {.image = sr};
    RowSink *sink = rounding_new(sr->width, sr->height, RGB, 8, keep_rows, &rows);
    int result = upscaler_stream(u, &pixels, sink, NULL, NULL);
    rounding_free(sink);
    if (result != 0)
        image_free(sr);
    return result;
}
