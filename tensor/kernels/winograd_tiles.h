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

/* size x size pixels of a map, `apart` from each other, some of which may lie outside of it. */
typedef struct Pixels {
    const Map *map;
    Place first; /* may be negative */
    int apart;
    bool inside; /* all of them */
} Pixels;

INLINE Pixels pixels_of(const Map *m, Place first, const int size, int apart)
{
    int64_t last = (int64_t)(size - 1) * apart;
    bool inside = first.y >= 0 && first.x >= 0 && first.y + last < m->h && first.x + last < m->w;
    return (Pixels){m, first, apart, inside};
}

INLINE const char *pixel_at(const Map *m, int64_t n, int64_t y, int64_t x, int64_t channel)
{
    return (const char *)m->data +
           (((n * m->h + y) * m->w + x) * m->stride + channel) * (m->type == TENSOR_BF16 ? 2 : 4);
}

/* `count` channels of the pixels, as floats with zeros around. */
INLINE void copy_pixels(const Pixels *p, int64_t channel, int count, const int size, float *to)
{
    const Map *m = p->map;
    for (int i = 0; i < size; i++)
        for (int j = 0; j < size; j++, to += LANES) {
            int64_t y = p->first.y + i * p->apart, x = p->first.x + j * p->apart;
            bool inside = y >= 0 && y < m->h && x >= 0 && x < m->w;
            store(to, inside ? load_values(pixel_at(m, p->first.n, y, x, channel),
                                           m->type == TENSOR_BF16, count)
                             : (Vector){0});
        }
}

/* V = B' d B for one vector of channels; d's rows and columns lie so many bytes apart. Functions of
 * their own: as parts of a loop they would run out of registers for addresses. */
INLINE void input_vector(const char *d, int64_t row, int64_t column, const bool bf16, float *to,
                         int64_t plane)
{
    Vector half[WINOGRAD_POINTS];
#pragma GCC unroll 6
    for (int j = 0; j < WINOGRAD_INPUT; j++) {
        Vector values[WINOGRAD_INPUT];
#pragma GCC unroll 6
        for (int i = 0; i < WINOGRAD_INPUT; i++)
            values[i] = load_values(d + i * row + j * column, bf16, LANES);
#pragma GCC unroll 6
        for (int i = 0; i < WINOGRAD_INPUT && j < WINOGRAD_TILE; i++) /* the next tile's */
            __builtin_prefetch(d + i * row + (j + WINOGRAD_INPUT) * column);
        transform_input(values, half + j, WINOGRAD_INPUT);
    }
#pragma GCC unroll 6
    for (int i = 0; i < WINOGRAD_INPUT; i++) {
        Vector values[WINOGRAD_INPUT];
        transform_input(half + i * WINOGRAD_INPUT, values, 1);
#pragma GCC unroll 6
        for (int j = 0; j < WINOGRAD_INPUT; j++)
            store(to + (i * WINOGRAD_INPUT + j) * plane, values[j]);
    }
}

static __attribute__((noinline)) void input_float(const char *d, int64_t row, int64_t column,
                                                  float *to, int64_t plane)
{
    input_vector(d, row, column, false, to, plane);
}

static __attribute__((noinline)) void input_bf16(const char *d, int64_t row, int64_t column,
                                                 float *to, int64_t plane)
{
    input_vector(d, row, column, true, to, plane);
}

/* D = A dy A' for one vector of channels, and the sum of dy. */
INLINE Vector gradient_vector(const char *dy, int64_t row, int64_t column, const bool bf16,
                              float *to, int64_t plane)
{
    Vector half[WINOGRAD_TILE * WINOGRAD_INPUT], sum = {0};
#pragma GCC unroll 5
    for (int j = 0; j < WINOGRAD_TILE; j++) {
        Vector y[WINOGRAD_TILE];
#pragma GCC unroll 5
        for (int i = 0; i < WINOGRAD_TILE; i++)
            y[i] = load_values(dy + i * row + j * column, bf16, LANES);
        sum += (y[0] + y[1]) + (y[2] + y[3]);
        if (WINOGRAD_TILE > 4)
            sum += y[WINOGRAD_TILE - 1];
        transform_gradient(y, half + j, WINOGRAD_TILE);
    }
#pragma GCC unroll 6
    for (int i = 0; i < WINOGRAD_INPUT; i++) {
        Vector values[WINOGRAD_INPUT];
        transform_gradient(half + i * WINOGRAD_TILE, values, 1);
#pragma GCC unroll 6
        for (int j = 0; j < WINOGRAD_INPUT; j++)
            store(to + (i * WINOGRAD_INPUT + j) * plane, values[j]);
    }
    return sum;
}

static __attribute__((noinline)) void gradient_float(const char *dy, int64_t row, int64_t column,
                                                     float *to, int64_t plane, float *sums)
{
    store(sums, load(sums) + gradient_vector(dy, row, column, false, to, plane));
}

static __attribute__((noinline)) void gradient_bf16(const char *dy, int64_t row, int64_t column,
                                                    float *to, int64_t plane, float *sums)
{
    store(sums, load(sums) + gradient_vector(dy, row, column, true, to, plane));
}

INLINE float *transformed_at(const Transformed *v, int64_t tile, int64_t channel)
{
    int64_t chunk = v->chunk > 0 ? channel / (PANEL * LANES) : 0;
    return v->values + tile * v->row + chunk * (v->chunk - PANEL * LANES) + channel;
}

/* Every channel of a tile, to the channels from `first` on. sums: dy's tile as the weights'
 * gradient needs it, else an input's. */
INLINE void transform_tile(const Pixels *p, const int size, const Transformed *v, int64_t tile,
                           int64_t first, float *sums)
{
    const Map *m = p->map;
    bool bf16 = m->type == TENSOR_BF16;
    for (int64_t c = 0; c < m->channels; c += LANES) {
        float copied[WINOGRAD_POINTS * LANES], *to = transformed_at(v, tile, first + c);
        bool direct = p->inside && c + LANES <= m->channels;
        int64_t pixel = m->stride * p->apart * (bf16 ? 2 : 4);
        int64_t column = direct ? pixel : (int64_t)sizeof(Vector);
        int64_t row = direct ? m->w * pixel : size * column;
        const char *from =
            direct ? pixel_at(m, p->first.n, p->first.y, p->first.x, c) : (const char *)copied;
        if (!direct)
            copy_pixels(p, c, (int)(m->channels - c), size, copied);
        if (bf16 && direct && sums)
            gradient_bf16(from, row, column, to, v->plane, sums + c);
        else if (bf16 && direct)
            input_bf16(from, row, column, to, v->plane);
        else if (sums)
            gradient_float(from, row, column, to, v->plane, sums + c);
        else
            input_float(from, row, column, to, v->plane);
    }
}

static void input(const Map *x, const Tiles *tiles, Range range, const Transformed *v)
{
    int read = STRIDE == 1 ? 1 : tiles->read, phases = read * read;
    for (int64_t i = range.first * phases; i < range.last * phases; i++) {
        int64_t t = i / phases, phase = i % phases;
        Place at = tile_place(tiles, v->first + t);
        at.y = at.y * read + phase / read - tiles->padding;
        at.x = at.x * read + phase % read - tiles->padding;
        Pixels pixels = pixels_of(x, at, WINOGRAD_INPUT, read);
        transform_tile(&pixels, WINOGRAD_INPUT, v, t, phase * x->channels, NULL);
    }
}

static void gradient(const Map *dy, const Tiles *tiles, Range range, const Transformed *d,
                     float *sums)
{
    for (int64_t t = range.first; t < range.last; t++) {
        Pixels pixels = pixels_of(dy, tile_place(tiles, d->first + t), WINOGRAD_TILE, 1);
        transform_tile(&pixels, WINOGRAD_TILE, d, t, 0, sums);
    }
}

#endif
