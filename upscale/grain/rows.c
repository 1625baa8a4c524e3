/* Grain that repeats, made once by Fourier transform: two tiles of extents that have no factor in
 * common are added, so that what is seen does not repeat. Channels take them from different
 * places. */
#include "upscale/grain/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/random_fill.h"
#include "core/vector.h"
#include "data/fourier.h"

enum { TILES = 2, SHARED = 3 };
static const int EXTENTS[TILES] = {640, 567}; /* 2^7 5, 3^4 7 */
/* Where the tiles of red, green, blue and of what they share begin, in parts of an extent. */
static const double PLACES[SHARED + 1] = {0.11, 0.42, 0.77, 0};

typedef struct GrainRows {
    RowSink sink, *next;
    float evenness;
    Plane shared[TILES], own[TILES]; /* in 0..1 */
    float *field;                    /* a row of both */
    int y;
} GrainRows;

/* ---- Tiles ---------------------------------------------------------------------------------- */

static double power_at(const double *bands, double cycles)
{
    double at = cycles * GRAIN_BANDS_PER_CYCLE;
    int k = (int)at;
    return k >= GRAIN_BANDS - 1 ? 0 : bands[k] + (at - k) * (bands[k + 1] - bands[k]);
}

static double cycles_of(int i, int extent)
{
    return (double)(i <= extent / 2 ? i : i - extent) / extent;
}

/* Noise of that spectrum; forth and back again needs a division by the number of pixels, and two
 * tiles of half the power each are added. */
static Plane tile_new(const double *bands, double across, double down, int extent, uint64_t seed,
                      uint64_t plane)
{
    Plane re = plane_new(extent, extent), im = plane_new(extent, extent);
    size_t pixels = (size_t)extent * (size_t)extent;
    random_fill_normal(seed, plane, re.values, pixels);
    fourier_plane(&re, &im);
    for (int v = 0; v < extent; v++)
        for (int u = 0; u < extent; u++) {
            size_t i = (size_t)v * (size_t)extent + (size_t)u;
            double cycles = hypot(cycles_of(u, extent) * across, cycles_of(v, extent) * down);
            double deviation = sqrt(power_at(bands, cycles) * across * down / TILES);
            float by = (float)(deviation / 255 / (double)pixels);
            re.values[i] *= by;
            im.values[i] *= -by;
        }
    fourier_plane(&re, &im);
    plane_free(&im);
    return re;
}

/* ---- Rows ----------------------------------------------------------------------------------- */

FOR_EVERY_PROCESSOR
static void add_part(const float *from, int count, float *to)
{
    for (int i = 0; i < count; i++)
        to[i] += from[i];
}

/* Adds row y of a tile, laid side by side. */
static void add_tile(const Plane *tile, double place, int y, int width, float *field)
{
    int extent = tile->width, offset = (int)(place * extent);
    const float *row = tile->values + (size_t)((y + offset) % extent) * (size_t)extent;
    for (int x = 0; x < width;) {
        int from = (x + offset) % extent;
        int count = extent - from < width - x ? extent - from : width - x;
        add_part(row + from, count, field + x);
        x += count;
    }
}

FOR_EVERY_PROCESSOR
static void add_field(const float *field, float evenness, int count, float *values)
{
    for (int i = 0; i < count; i++) {
        float v = values[i] > 0 ? values[i] : 0;
        v = v < 1 ? v : 1;
        values[i] += ((1 - evenness) * 4 * v * (1 - v) + evenness) * field[i];
    }
}

static void grain_row(GrainRows *g, int channel, float *row)
{
    int width = g->sink.width;
    memset(g->field, 0, (size_t)width * sizeof *g->field);
    for (int i = 0; i < TILES; i++) {
        add_tile(&g->shared[i], PLACES[SHARED], g->y, width, g->field);
        add_tile(&g->own[i], PLACES[channel], g->y, width, g->field);
    }
    add_field(g->field, g->evenness, width, row);
}

static int grain_rows(RowSink *sink, float *const *planes, int count)
{
    GrainRows *g = (GrainRows *)sink;
    int colours = sink->channels < 3 ? 1 : 3;
    for (int i = 0; i < count; i++, g->y++)
        for (int c = 0; c < colours; c++)
            grain_row(g, c, planes[c] + (size_t)i * (size_t)sink->width);
    return g->next->take(g->next, planes, count);
}

RowSink *grain_rows_new(const Grain *grain, const GrainSpectrum *spectrum, double across,
                        double down, uint64_t seed, RowSink *next)
{
    GrainRows *g = memory_new(sizeof *g);
    *g = (GrainRows){.sink = {next->width, next->height, next->channels, grain_rows},
                     .next = next,
                     .evenness = (float)grain->evenness};
    for (int i = 0; i < TILES; i++) {
        uint64_t plane = 2 * (uint64_t)i;
        g->shared[i] = tile_new(spectrum->shared, across, down, EXTENTS[i], seed, plane);
        g->own[i] = tile_new(spectrum->own, across, down, EXTENTS[i], seed, plane + 1);
    }
    g->field = memory_array((size_t)next->width, sizeof *g->field);
    return &g->sink;
}

void grain_rows_free(RowSink *sink)
{
    GrainRows *g = (GrainRows *)sink;
    if (!g)
        return;
    for (int i = 0; i < TILES; i++) {
        plane_free(&g->shared[i]);
        plane_free(&g->own[i]);
    }
    free(g->field);
    free(g);
}
