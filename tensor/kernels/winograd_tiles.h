/* Tiles of maps, transformed, and back with what is fused to that. */
#ifndef TENSOR_KERNELS_WINOGRAD_TILES_H
#define TENSOR_KERNELS_WINOGRAD_TILES_H

#include "tensor/kernels/winograd_steps.h"
#include "tensor/kernels/winograd_transforms.h"

typedef struct Place {
    int64_t n, y, x; /* the picture, the tile's first result */
} Place;

INLINE Place tile_place(const Tiles *tiles, int64_t tile)
{
    int64_t row = tile / tiles->columns;
    return (Place){row / tiles->rows, row % tiles->rows * WINOGRAD_TILE,
                   tile % tiles->columns * WINOGRAD_TILE};
}

INLINE const char *map_at(const Map *m, int64_t n, int64_t y, int64_t x)
{
    return (const char *)m->data +
           ((n * m->h + y) * m->w + x) * m->stride * (m->type == TENSOR_BF16 ? 2 : 4);
}

/* Where the size x size pixels of a tile lie. Outside of the map they are zeros. */
typedef struct Pixels {
    bool inside; /* all of them: the first, and bytes from a row to the next and from a column */
    const char *first;
    int64_t row, column;
    const char *pixels[WINOGRAD_POINTS]; /* otherwise, each */
} Pixels;

INLINE void find_pixels(Pixels *p, const Map *m, int64_t n, int64_t y, int64_t x, const int size,
                        const int apart, const void *zeros)
{
    int64_t step = m->stride * (m->type == TENSOR_BF16 ? 2 : 4);
    int64_t last = (int64_t)(size - 1) * apart;
    p->column = step * apart;
    p->row = m->w * p->column;
    p->inside = y >= 0 && x >= 0 && y + last < m->h && x + last < m->w;
    if (p->inside) {
        p->first = map_at(m, n, y, x);
        return;
    }
    for (int i = 0; i < size; i++) {
        int64_t down = y + i * apart;
        bool row = down >= 0 && down < m->h;
        const char *first = row ? map_at(m, n, down, 0) : zeros;
        for (int j = 0; j < size; j++) {
            int64_t across = x + j * apart;
            p->pixels[i * size + j] =
                row && across >= 0 && across < m->w ? first + across * step : (const char *)zeros;
        }
    }
}

/* A vector of channels, `offset` bytes behind a pixel's first. */
INLINE Vector load_pixel(const Pixels *p, const bool inside, const int size, int i, int j,
                         int64_t offset, const bool bf16, const int count)
{
    const char *pixel = inside ? p->first + i * p->row + j * p->column : p->pixels[i * size + j];
    return load_values(pixel + offset, bf16, count);
}

/* One vector of channels of a tile: V = B' d B. Loops that stay loops: all at once there are too
 * many values for registers. */
INLINE void input_vector(const Pixels *pixels, const bool inside, const bool bf16, int64_t channel,
                         const int count, float *to, int64_t plane)
{
    Vector d[WINOGRAD_POINTS];
    int64_t offset = channel * (bf16 ? 2 : 4);
#pragma GCC unroll 1
    for (int j = 0; j < WINOGRAD_INPUT; j++) {
        Vector column[WINOGRAD_INPUT];
#pragma GCC unroll 6
        for (int i = 0; i < WINOGRAD_INPUT; i++)
            column[i] = load_pixel(pixels, inside, WINOGRAD_INPUT, i, j, offset, bf16, count);
        transform_input(column, d + j, WINOGRAD_INPUT);
    }
#pragma GCC unroll 1
    for (int i = 0; i < WINOGRAD_INPUT; i++) {
        Vector row[WINOGRAD_INPUT];
        transform_input(d + i * WINOGRAD_INPUT, row, 1);
#pragma GCC unroll 6
        for (int j = 0; j < WINOGRAD_INPUT; j++)
            store(to + (i * WINOGRAD_INPUT + j) * plane, row[j]);
    }
}

INLINE float *transformed_at(const Transformed *v, int64_t tile, int64_t channel)
{
    int64_t chunk = v->chunk > 0 ? channel / (PANEL * LANES) : 0;
    return v->values + tile * v->row + chunk * (v->chunk - PANEL * LANES) + channel;
}

/* To the channels from `first` on. */
INLINE void input_tile(const Pixels *pixels, const bool inside, const bool bf16, int64_t channels,
                       const Transformed *v, int64_t tile, int64_t first)
{
    int64_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        input_vector(pixels, inside, bf16, c, LANES, transformed_at(v, tile, first + c), v->plane);
    if (c < channels)
        input_vector(pixels, inside, bf16, c, (int)(channels - c),
                     transformed_at(v, tile, first + c), v->plane);
}

static void input(const Map *x, const Tiles *tiles, Range range, const float *zeros,
                  const Transformed *v)
{
    bool bf16 = x->type == TENSOR_BF16;
    int read = STRIDE == 1 ? 1 : tiles->read, phases = read * read;
    for (int64_t i = range.first * phases; i < range.last * phases; i++) {
        int64_t t = i / phases, phase = i % phases, first = phase * x->channels;
        Pixels pixels;
        Place at = tile_place(tiles, v->first + t);
        find_pixels(&pixels, x, at.n, at.y * read + phase / read - tiles->padding,
                    at.x * read + phase % read - tiles->padding, WINOGRAD_INPUT, read, zeros);
        if (pixels.inside && bf16)
            input_tile(&pixels, true, true, x->channels, v, t, first);
        else if (pixels.inside)
            input_tile(&pixels, true, false, x->channels, v, t, first);
        else if (bf16)
            input_tile(&pixels, false, true, x->channels, v, t, first);
        else
            input_tile(&pixels, false, false, x->channels, v, t, first);
    }
}

/* One vector of channels of a gradient's tile: D = A dy A', and the sum of dy. */
INLINE Vector gradient_vector(const Pixels *pixels, const bool inside, const bool bf16,
                              int64_t channel, const int count, float *to, int64_t plane)
{
    Vector d[WINOGRAD_TILE * WINOGRAD_INPUT], sum = {0};
    int64_t offset = channel * (bf16 ? 2 : 4);
#pragma GCC unroll 1
    for (int j = 0; j < WINOGRAD_TILE; j++) {
        Vector y[WINOGRAD_TILE];
#pragma GCC unroll 5
        for (int i = 0; i < WINOGRAD_TILE; i++)
            y[i] = load_pixel(pixels, inside, WINOGRAD_TILE, i, j, offset, bf16, count);
        sum += (y[0] + y[1]) + (y[2] + y[3]);
        if (WINOGRAD_TILE > 4)
            sum += y[WINOGRAD_TILE - 1];
        transform_gradient(y, d + j, WINOGRAD_TILE);
    }
#pragma GCC unroll 1
    for (int i = 0; i < WINOGRAD_INPUT; i++) {
        Vector row[WINOGRAD_INPUT];
        transform_gradient(d + i * WINOGRAD_TILE, row, 1);
#pragma GCC unroll 6
        for (int j = 0; j < WINOGRAD_INPUT; j++)
            store(to + (i * WINOGRAD_INPUT + j) * plane, row[j]);
    }
    return sum;
}

INLINE void gradient_tile(const Pixels *pixels, const bool inside, const bool bf16,
                          int64_t channels, const Transformed *d, int64_t tile, float *sums)
{
    int64_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        store(sums + c, load(sums + c) + gradient_vector(pixels, inside, bf16, c, LANES,
                                                         transformed_at(d, tile, c), d->plane));
    if (c < channels)
        store(sums + c,
              load(sums + c) + gradient_vector(pixels, inside, bf16, c, (int)(channels - c),
                                               transformed_at(d, tile, c), d->plane));
}

static void gradient(const Map *dy, const Tiles *tiles, Range range, const float *zeros,
                     const Transformed *d, float *sums)
{
    bool bf16 = dy->type == TENSOR_BF16;
    for (int64_t t = range.first; t < range.last; t++) {
        Pixels pixels;
        Place at = tile_place(tiles, d->first + t);
        find_pixels(&pixels, dy, at.n, at.y, at.x, WINOGRAD_TILE, 1, zeros);
        if (pixels.inside && bf16)
            gradient_tile(&pixels, true, true, dy->channels, d, t, sums);
        else if (pixels.inside)
            gradient_tile(&pixels, true, false, dy->channels, d, t, sums);
        else if (bf16)
            gradient_tile(&pixels, false, true, dy->channels, d, t, sums);
        else
            gradient_tile(&pixels, false, false, dy->channels, d, t, sums);
    }
}

#endif
