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

/* Where the size x size pixels from (y, x) on lie; outside the map: at `zeros`. */
INLINE void find_pixels(const Map *m, int64_t n, int64_t y, int64_t x, const int size,
                        const void *zeros, const char **pixels)
{
    int64_t step = m->stride * (m->type == TENSOR_BF16 ? 2 : 4);
    for (int i = 0; i < size; i++) {
        bool row = y + i >= 0 && y + i < m->h;
        const char *p = row ? map_at(m, n, y + i, 0) : zeros;
        for (int j = 0; j < size; j++)
            pixels[i * size + j] =
                row && x + j >= 0 && x + j < m->w ? p + (x + j) * step : (const char *)zeros;
    }
}

/* One vector of channels of a tile: V = B' d B. */
INLINE void input_vector(const char *const *pixels, const bool bf16, int64_t channel,
                         const int count, float *to, int64_t plane)
{
    Vector d[WINOGRAD_POINTS];
    int64_t offset = channel * (bf16 ? 2 : 4);
#pragma GCC unroll 6
    for (int j = 0; j < WINOGRAD_INPUT; j++) {
        Vector column[WINOGRAD_INPUT];
#pragma GCC unroll 6
        for (int i = 0; i < WINOGRAD_INPUT; i++)
            column[i] = load_values(pixels[i * WINOGRAD_INPUT + j] + offset, bf16, count);
        transform_input(column, 1, d + j, WINOGRAD_INPUT);
    }
#pragma GCC unroll 6
    for (int i = 0; i < WINOGRAD_INPUT; i++) {
        Vector row[WINOGRAD_INPUT];
        transform_input(d + i * WINOGRAD_INPUT, 1, row, 1);
#pragma GCC unroll 6
        for (int j = 0; j < WINOGRAD_INPUT; j++)
            store(to + (i * WINOGRAD_INPUT + j) * plane, row[j]);
    }
}

INLINE void input_tile(const char *const *pixels, const bool bf16, int64_t channels, float *to,
                       int64_t plane)
{
    int64_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        input_vector(pixels, bf16, c, LANES, to + c, plane);
    if (c < channels)
        input_vector(pixels, bf16, c, (int)(channels - c), to + c, plane);
}

static void input(const Map *x, const Tiles *tiles, Range range, const float *zeros,
                  const Transformed *v)
{
    for (int64_t t = range.first; t < range.last; t++) {
        const char *pixels[WINOGRAD_POINTS];
        Place at = tile_place(tiles, v->first + t);
        find_pixels(x, at.n, at.y - tiles->padding, at.x - tiles->padding, WINOGRAD_INPUT, zeros,
                    pixels);
        if (x->type == TENSOR_BF16)
            input_tile(pixels, true, x->channels, v->values + t * v->row, v->plane);
        else
            input_tile(pixels, false, x->channels, v->values + t * v->row, v->plane);
    }
}

/* One vector of channels of a gradient's tile: D = A dy A', and the sum of dy. */
INLINE Vector gradient_vector(const char *const *pixels, const bool bf16, int64_t channel,
                              const int count, float *to, int64_t plane)
{
    Vector d[WINOGRAD_TILE * WINOGRAD_INPUT], sum = {0};
    int64_t offset = channel * (bf16 ? 2 : 4);
#pragma GCC unroll 4
    for (int j = 0; j < WINOGRAD_TILE; j++) {
        Vector y[WINOGRAD_TILE];
#pragma GCC unroll 4
        for (int i = 0; i < WINOGRAD_TILE; i++)
            y[i] = load_values(pixels[i * WINOGRAD_TILE + j] + offset, bf16, count);
        sum += (y[0] + y[1]) + (y[2] + y[3]);
        transform_gradient(y, 1, d + j, WINOGRAD_TILE);
    }
#pragma GCC unroll 6
    for (int i = 0; i < WINOGRAD_INPUT; i++) {
        Vector row[WINOGRAD_INPUT];
        transform_gradient(d + i * WINOGRAD_TILE, 1, row, 1);
#pragma GCC unroll 6
        for (int j = 0; j < WINOGRAD_INPUT; j++)
            store(to + (i * WINOGRAD_INPUT + j) * plane, row[j]);
    }
    return sum;
}

INLINE void gradient_tile(const char *const *pixels, const bool bf16, int64_t channels, float *to,
                          int64_t plane, float *sums)
{
    int64_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        store(sums + c, load(sums + c) + gradient_vector(pixels, bf16, c, LANES, to + c, plane));
    if (c < channels)
        store(sums + c, load(sums + c) +
                            gradient_vector(pixels, bf16, c, (int)(channels - c), to + c, plane));
}

static void gradient(const Map *dy, const Tiles *tiles, Range range, const float *zeros,
                     const Transformed *d, float *sums)
{
    for (int64_t t = range.first; t < range.last; t++) {
        const char *pixels[WINOGRAD_TILE * WINOGRAD_TILE];
        Place at = tile_place(tiles, d->first + t);
        find_pixels(dy, at.n, at.y, at.x, WINOGRAD_TILE, zeros, pixels);
        float *to = d->values + t * d->row;
        if (dy->type == TENSOR_BF16)
            gradient_tile(pixels, true, dy->channels, to, d->plane, sums);
        else
            gradient_tile(pixels, false, dy->channels, to, d->plane, sums);
    }
}

#endif
