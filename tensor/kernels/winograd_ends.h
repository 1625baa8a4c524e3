/* Products back to pixels, with what is fused to that. */
#ifndef TENSOR_KERNELS_WINOGRAD_ENDS_H
#define TENSOR_KERNELS_WINOGRAD_ENDS_H

#include "tensor/kernels/winograd_tiles.h"

/* A tile's extent inside a map, and a vector of its channels: results top .. rows - 1 and
 * left .. columns - 1, the one of (0, 0) at this place (perhaps outside) and `apart` pixels from
 * one to the next. */
typedef struct Part {
    Place at;
    int top, left, rows, columns, apart, channel;
} Part;

/* From a pixel to the next one in a row. */
typedef struct Cursor {
    char *p;
    int64_t step;
    bool bf16;
} Cursor;

INLINE Cursor cursor_at(const Map *m, const Part *part, int row)
{
    int64_t bytes = m->type == TENSOR_BF16 ? 2 : 4;
    int64_t pixel = (part->at.n * m->h + part->at.y + row * part->apart) * m->w + part->at.x;
    return (Cursor){(char *)m->data + (pixel * m->stride + part->channel) * bytes,
                    m->stride * part->apart * bytes, m->type == TENSOR_BF16};
}

/* The activation's factor for what is not positive. */
INLINE Vector negative_slopes(const ActivationSetting *a, int channel, int count)
{
    switch (a->kind) {
    case ACTIVATION_RELU:
        return (Vector){0};
    case ACTIVATION_LEAKY_RELU:
        return vector_of(a->slope);
    case ACTIVATION_PRELU:
        return load_values(a->slopes + channel, false, count);
    case ACTIVATION_NONE:
    case ACTIVATION_SILU:
    case ACTIVATION_SIGMOID:
    case ACTIVATION_MISH:
    case ACTIVATION_GELU:
        break;
    }
    return vector_of(1);
}

/* A' m, a tile of 4 (or 5) x 6 vectors. */
INLINE void output_columns(const float *m, int64_t plane, Vector *to)
{
#pragma GCC unroll 1
    for (int j = 0; j < WINOGRAD_INPUT; j++) {
        Vector column[WINOGRAD_INPUT];
#pragma GCC unroll 6
        for (int i = 0; i < WINOGRAD_INPUT; i++)
            column[i] = load(m + (i * WINOGRAD_INPUT + j) * plane);
        transform_output(column, to + j, WINOGRAD_INPUT);
    }
}

INLINE void forward_vector(const float *m, int64_t plane, const Part *part, const int count,
                           const bool before, const bool base, const ConvEnd *end, const Map *y)
{
    Vector s[WINOGRAD_TILE * WINOGRAD_INPUT];
    output_columns(m, plane, s);
    Vector bias = end->bias ? load_values(end->bias + part->channel, false, count) : (Vector){0};
    Vector slopes = negative_slopes(&end->activation, part->channel, count);
    for (int i = part->top; i < part->rows; i++) {
        Vector row[WINOGRAD_TILE];
        transform_output(s + i * WINOGRAD_INPUT, row, 1);
        Cursor to = cursor_at(y, part, i), kept = {0}, from = {0};
        if (before)
            kept = cursor_at(&end->before, part, i);
        if (base)
            from = cursor_at(&end->base, part, i);
#pragma GCC unroll 5
        for (int j = 0; j < WINOGRAD_TILE; j++) {
            if (j >= part->columns)
                break;
            if (STRIDE > 1 && j < part->left)
                continue;
            Vector value = row[j] + bias;
            if (before)
                store_values(kept.p + j * kept.step, kept.bf16, count, value);
            value = where_positive(value, value, slopes * value);
            if (base)
                value = load_values(from.p + j * from.step, from.bf16, count) + end->scale * value;
            store_values(to.p + j * to.step, to.bf16, count, value);
        }
    }
}

INLINE void data_vector(const float *m, int64_t plane, const Part *part, const int count,
                        const bool add, const bool activation, const ConvGradientEnd *end,
                        const Map *dx, float *sums)
{
    Vector s[WINOGRAD_TILE * WINOGRAD_INPUT], slope_sums = {0}, slopes = {0};
    output_columns(m, plane, s);
    if (activation)
        slopes = negative_slopes(&end->activation, part->channel, count);
    for (int i = part->top; i < part->rows; i++) {
        Vector row[WINOGRAD_TILE];
        transform_output(s + i * WINOGRAD_INPUT, row, 1);
        Cursor to = cursor_at(dx, part, i), from = {0};
        if (activation)
            from = cursor_at(&end->kept, part, i);
#pragma GCC unroll 5
        for (int j = 0; j < WINOGRAD_TILE; j++) {
            if (j >= part->columns)
                break;
            if (STRIDE > 1 && j < part->left)
                continue;
            Vector value = row[j];
            if (add)
                value += load_values(to.p + j * to.step, to.bf16, count);
            if (activation) {
                Vector kept = load_values(from.p + j * from.step, from.bf16, count);
                slope_sums += where_positive(kept, (Vector){0}, kept * value);
                value = where_positive(kept, value, slopes * value);
            }
            store_values(to.p + j * to.step, to.bf16, count, value);
        }
    }
    if (activation && sums)
        store(sums + part->channel, load(sums + part->channel) + slope_sums);
}

/* Results of a tile from `first` on, `apart` from each other, that are before `end`. */
INLINE int results_before(int64_t first, int apart, int64_t end)
{
    int64_t count = first < end ? (end - first - 1) / apart + 1 : 0;
    return (int)(count < WINOGRAD_TILE ? count : WINOGRAD_TILE);
}

INLINE Part tile_part(const Tiles *tiles, int64_t tile, int phase, const Map *to)
{
    int apart = STRIDE == 1 ? 1 : tiles->apart;
    Place at = tile_place(tiles, tile);
    at.y = at.y * apart + phase / apart - tiles->offset;
    at.x = at.x * apart + phase % apart - tiles->offset;
    return (Part){.at = at,
                  .top = STRIDE == 1 ? 0 : results_before(at.y, apart, 0),
                  .left = STRIDE == 1 ? 0 : results_before(at.x, apart, 0),
                  .rows = results_before(at.y, apart, to->h),
                  .columns = results_before(at.x, apart, to->w),
                  .apart = apart};
}

INLINE void forward_tiles(const Transformed *m, const Tiles *tiles, Range range, const bool before,
                          const bool base, const ConvEnd *end, const Map *y)
{
    int channels = (int)y->channels;
    for (int64_t t = range.first; t < range.last; t++) {
        Part part = tile_part(tiles, m->first + t, 0, y);
        const float *from = m->values + t * m->row;
        for (; part.channel + LANES <= channels; part.channel += LANES)
            forward_vector(from + part.channel, m->plane, &part, LANES, before, base, end, y);
        if (part.channel < channels)
            forward_vector(from + part.channel, m->plane, &part, channels - part.channel, before,
                           base, end, y);
    }
}

static void forward(const Transformed *m, const Tiles *tiles, Range range, const ConvEnd *end,
                    const Map *y)
{
    if (end->before.data && end->base.data)
        forward_tiles(m, tiles, range, true, true, end, y);
    else if (end->before.data)
        forward_tiles(m, tiles, range, true, false, end, y);
    else if (end->base.data)
        forward_tiles(m, tiles, range, false, true, end, y);
    else
        forward_tiles(m, tiles, range, false, false, end, y);
}

INLINE void data_tiles(const Transformed *m, const Tiles *tiles, Range range, const bool add,
                       const bool activation, const ConvGradientEnd *end, const Map *dx,
                       float *sums)
{
    int channels = (int)dx->channels, phases = STRIDE == 1 ? 1 : tiles->apart * tiles->apart;
    for (int64_t i = range.first * phases; i < range.last * phases; i++) {
        int64_t t = i / phases, phase = i % phases;
        Part part = tile_part(tiles, m->first + t, (int)phase, dx);
        const float *from = m->values + t * m->row + phase * channels;
        for (; part.channel + LANES <= channels; part.channel += LANES)
            data_vector(from + part.channel, m->plane, &part, LANES, add, activation, end, dx,
                        sums);
        if (part.channel < channels)
            data_vector(from + part.channel, m->plane, &part, channels - part.channel, add,
                        activation, end, dx, sums);
    }
}

static void data(const Transformed *m, const Tiles *tiles, Range range, const ConvGradientEnd *end,
                 const Map *dx, float *sums)
{
    bool activation = end->activation.kind != ACTIVATION_NONE;
    if (end->add && activation)
        data_tiles(m, tiles, range, true, true, end, dx, sums);
    else if (end->add)
        data_tiles(m, tiles, range, true, false, end, dx, sums);
    else if (activation)
        data_tiles(m, tiles, range, false, true, end, dx, sums);
    else
        data_tiles(m, tiles, range, false, false, end, dx, sums);
}

#endif
