/* Tiles of maps, transformed, and back with what is fused to that. */
#ifndef TENSOR_KERNELS_WINOGRAD_TILES_H
#define TENSOR_KERNELS_WINOGRAD_TILES_H

#include "tensor/kernels/winograd_steps.h"
#include "tensor/kernels/winograd_transforms.h"
#if FACTORS == INT16_PAIRS
#include "tensor/kernels/winograd_integers.h"
#endif

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

/* How a vector of channels is written: as floats, or rounded to bf16 in pairs with another vector,
 * which was written as floats before. */
typedef enum Form { FORM_FLOAT, FORM_PAIRS } Form;

INLINE void write_vector(float *to, Vector v, const Form form, const float *other)
{
    if (FACTORS != BF16_PAIRS || form == FORM_FLOAT)
        store(to, v);
    else
        store(to, pairs_of(load(other), v));
}

/* V = B' d B for one vector of channels; d's rows and columns lie so many bytes apart. Functions of
 * their own: as parts of a loop they would run out of registers for addresses. */
INLINE void input_vector(const char *d, int64_t row, int64_t column, const bool bf16,
                         const Form form, float *to, int64_t plane, const float *other)
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
            write_vector(to + (i * WINOGRAD_INPUT + j) * plane, values[j], form,
                         other + (i * WINOGRAD_INPUT + j) * LANES);
    }
}

/* D = A dy A' for one vector of channels, and the sum of dy. */
INLINE void gradient_vector(const char *dy, int64_t row, int64_t column, const bool bf16,
                            const Form form, float *to, int64_t plane, const float *other,
                            float *sums)
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
            write_vector(to + (i * WINOGRAD_INPUT + j) * plane, values[j], form,
                         other + (i * WINOGRAD_INPUT + j) * LANES);
    }
    store(sums, load(sums) + sum);
}

/* One vector of channels of a tile's pixels, where they lie and where they go to. */
typedef struct Source {
    const char *from;
    int64_t row, column; /* bytes */
    float *to;
    int64_t plane;
    const float *other;
    float *sums; /* gradients' */
} Source;

#define TRANSFORMS(name, bf16, form)                                                               \
    static __attribute__((noinline)) void input_##name(const Source *s)                            \
    {                                                                                              \
        input_vector(s->from, s->row, s->column, bf16, form, s->to, s->plane, s->other);           \
    }                                                                                              \
    static __attribute__((noinline)) void gradient_##name(const Source *s)                         \
    {                                                                                              \
        gradient_vector(s->from, s->row, s->column, bf16, form, s->to, s->plane, s->other,         \
                        s->sums);                                                                  \
    }

TRANSFORMS(float, false, FORM_FLOAT)
TRANSFORMS(bf16, true, FORM_FLOAT)
#if FACTORS == BF16_PAIRS
TRANSFORMS(float_pairs, false, FORM_PAIRS)
TRANSFORMS(bf16_pairs, true, FORM_PAIRS)
#endif

/* Channels from `channel` on of a tile; sums: dy's tile as the weights' gradient needs it, else an
 * input's. */
INLINE void transform_vector(const Pixels *p, const int size, int64_t channel, const Form form,
                             Source s)
{
    const Map *m = p->map;
    bool bf16 = m->type == TENSOR_BF16, direct = p->inside && channel + LANES <= m->channels;
    float copied[WINOGRAD_POINTS * LANES];
    int64_t pixel = m->stride * p->apart * (bf16 ? 2 : 4);
    s.column = direct ? pixel : (int64_t)sizeof(Vector);
    s.row = direct ? m->w * pixel : size * s.column;
    s.from =
        direct ? pixel_at(m, p->first.n, p->first.y, p->first.x, channel) : (const char *)copied;
    if (!direct)
        copy_pixels(p, channel, (int)(m->channels - channel), size, copied);
    static void (*const transforms[][2][2])(const Source *s) = {
        [FORM_FLOAT] = {{input_float, gradient_float}, {input_bf16, gradient_bf16}},
#if FACTORS == BF16_PAIRS
        [FORM_PAIRS] = {{input_float_pairs, gradient_float_pairs},
                        {input_bf16_pairs, gradient_bf16_pairs}},
#endif
    };
    transforms[form][bf16 && direct][s.sums != NULL](&s);
}

INLINE float *transformed_at(const Transformed *v, int64_t row, int64_t channel)
{
    int64_t chunk = v->chunk > 0 ? channel / (PANEL * LANES) : 0;
    return v->values + row * v->row + chunk * (v->chunk - PANEL * LANES) + channel;
}

/* Every channel of a row of tiles, to the channels from `first` on. */
INLINE void transform_row(const Pixels *p, const int size, const Transformed *v, int64_t row,
                          int64_t first, float *sums)
{
    float other[WINOGRAD_POINTS * LANES];
    for (int64_t c = 0; c < p->map->channels; c += LANES) {
        Source s = {.to = transformed_at(v, row, first + c),
                    .plane = v->plane,
                    .other = other,
                    .sums = sums ? sums + c : NULL};
        if (FACTORS == INT16_PAIRS) {
            s.to = v->room + (first + c) * WINOGRAD_POINTS, s.plane = LANES;
            transform_vector(p, size, c, FORM_FLOAT, s);
        } else if (FACTORS == FLOATS) {
            transform_vector(p, size, c, FORM_FLOAT, s);
        } else {
            Source one = s;
            one.to = other, one.plane = LANES;
            transform_vector(p, size, c, FORM_FLOAT, one);
            transform_vector(p + 1, size, c, FORM_PAIRS, s);
        }
    }
}

/* Where a tile that a row lacks is: below the map. */
INLINE Place tile_or_none(const Transformed *v, const Tiles *tiles, int64_t tile, const Map *m)
{
    if (FACTORS == BF16_PAIRS && tile >= v->count)
        return (Place){0, m->h + WINOGRAD_POINTS, 0};
    return tile_place(tiles, v->first + tile);
}

static void input(const Map *x, const Tiles *tiles, Range range, const Transformed *v)
{
    int read = STRIDE == 1 ? 1 : tiles->read, phases = read * read;
    for (int64_t i = range.first * phases; i < range.last * phases; i++) {
        int64_t row = i / phases, phase = i % phases;
        Pixels pixels[2];
        for (int k = 0; k < (FACTORS == BF16_PAIRS ? 2 : 1); k++) {
            Place at = tile_or_none(v, tiles, row * v->row_tiles + k, x);
            at.y = at.y * read + phase / read - tiles->padding;
            at.x = at.x * read + phase % read - tiles->padding;
            pixels[k] = pixels_of(x, at, WINOGRAD_INPUT, read);
        }
        transform_row(pixels, WINOGRAD_INPUT, v, row, phase * x->channels, NULL);
#if FACTORS == INT16_PAIRS
        if (phase == phases - 1)
            round_tile(v->room, (x->channels * phases + LANES - 1) / LANES, v, row);
#endif
    }
}

#if FACTORS != INT16_PAIRS
static void gradient(const Map *dy, const Tiles *tiles, Range range, const Transformed *d,
                     float *sums)
{
    for (int64_t row = range.first; row < range.last; row++) {
        Pixels pixels[2];
        for (int k = 0; k < PAIRS; k++)
            pixels[k] =
                pixels_of(dy, tile_or_none(d, tiles, row * d->row_tiles + k, dy), WINOGRAD_TILE, 1);
        transform_row(pixels, WINOGRAD_TILE, d, row, 0, sums);
    }
}
#endif

#endif
