#include "tensor/kernels/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"
#include "tensor/kernels/bf16.h"

/* A part of a map that one thread does at once. Sums are in fp32 within one, and are added up in
 * double: the result does not depend on the number of threads. */
enum { CHUNK_VALUES = 65536 };

int kernel_threads_for(int64_t parts, int64_t values)
{
    int64_t worth = 1 + parts * values / CHUNK_VALUES;
    int64_t most = worth < parts ? worth : parts;
    int threads = kernel_threads();
    return most < threads ? (int)most : threads;
}

/* ---- Between maps and floats ------------------------------------------------------------------
 */

FOR_EVERY_PROCESSOR
static void widen_rows(const uint16_t *x, int64_t stride, int64_t rows, int64_t length,
                       float *restrict y)
{
    for (int64_t r = 0; r < rows; r++, x += stride, y += length)
        for (int64_t i = 0; i < length; i++)
            y[i] = bf16_widen(x[i]);
}

FOR_EVERY_PROCESSOR
static void narrow_rows(const float *x, int64_t rows, int64_t length, uint16_t *restrict y,
                        int64_t stride)
{
    for (int64_t r = 0; r < rows; r++, x += length, y += stride)
        for (int64_t i = 0; i < length; i++)
            y[i] = bf16_narrow(x[i]);
}

FOR_EVERY_PROCESSOR
static void narrow_rows_added(const float *x, int64_t rows, int64_t length, uint16_t *restrict y,
                              int64_t stride)
{
    for (int64_t r = 0; r < rows; r++, x += length, y += stride)
        for (int64_t i = 0; i < length; i++)
            y[i] = bf16_narrow(bf16_widen(y[i]) + x[i]);
}

FOR_EVERY_PROCESSOR
static void add_rows(const float *x, int64_t rows, int64_t length, float *restrict y,
                     int64_t stride)
{
    for (int64_t r = 0; r < rows; r++, x += length, y += stride)
        for (int64_t i = 0; i < length; i++)
            y[i] += x[i];
}

static void copy_rows(const float *x, int64_t x_stride, int64_t rows, int64_t length, float *y,
                      int64_t y_stride)
{
    for (int64_t r = 0; r < rows; r++)
        memcpy(y + r * y_stride, x + r * x_stride, (size_t)length * sizeof *y);
}

/* Pixels without gaps are one row. */
static void as_rows(const Map *m, int64_t pixels, int64_t *rows, int64_t *length)
{
    bool one = map_is_dense(m);
    *rows = one ? 1 : pixels;
    *length = one ? pixels * m->channels : m->channels;
}

const float *block_load(const Map *m, int64_t first, int64_t pixels, float *room)
{
    const void *from = map_pixel(m, first);
    int64_t rows, length;
    as_rows(m, pixels, &rows, &length);
    if (m->type == TENSOR_BF16)
        widen_rows(from, m->stride, rows, length, room);
    else if (rows == 1)
        return from;
    else
        copy_rows(from, m->stride, rows, length, room, length);
    return room;
}

void block_store(const float *values, int64_t pixels, bool add, const Map *m, int64_t first)
{
    void *to = map_pixel(m, first);
    int64_t rows, length;
    as_rows(m, pixels, &rows, &length);
    if (m->type == TENSOR_BF16 && add)
        narrow_rows_added(values, rows, length, to, m->stride);
    else if (m->type == TENSOR_BF16)
        narrow_rows(values, rows, length, to, m->stride);
    else if (add)
        add_rows(values, rows, length, to, m->stride);
    else if (values != to)
        copy_rows(values, length, rows, length, to, m->stride);
}

/* ---- The pass ---------------------------------------------------------------------------------
 */

static int64_t pixels_of(int64_t values, int64_t channels)
{
    return channels < values ? values / channels : 1;
}

static void do_block(const Pass *pass, int64_t first_channel, int64_t first, int64_t pixels,
                     float *sums)
{
    float rooms[3][BLOCK_VALUES];
    const Map *out = pass->out;
    bool in_place = out->type == TENSOR_FLOAT && !pass->add && (pixels == 1 || map_is_dense(out));
    Block block = {.out = in_place ? map_pixel(out, first) : rooms[2],
                   .count = pixels * out->channels,
                   .first_channel = first_channel,
                   .sums = sums};
    for (int i = 0; i < 2; i++)
        if (pass->in[i])
            block.in[i] = block_load(pass->in[i], first, pixels, rooms[i]);
    pass->body(pass->setting, &block);
    block_store(block.out, pixels, pass->add, out, first);
}

/* step: pixels of a block. */
static void do_chunk(const Pass *pass, int64_t first_channel, int64_t step, int64_t first,
                     int64_t pixels, float *sums)
{
    for (int64_t p = 0; p < pixels; p += step)
        do_block(pass, first_channel, first + p, pixels - p < step ? pixels - p : step, sums);
}

/* Of at most BLOCK_VALUES channels; blocks of up to `block` pixels. */
static void narrow_pass(const Pass *pass, int64_t first_channel, int64_t block)
{
    const int64_t channels = pass->out->channels, pixels = map_pixels(pass->out);
    const int64_t step = pixels_of(CHUNK_VALUES, channels), chunks = (pixels + step - 1) / step;
    const int64_t row = block * channels;
    float *sums = pass->sums ? memory_new((size_t)(chunks * row) * sizeof *sums) : NULL;
#pragma omp parallel for num_threads(kernel_threads_for(chunks, CHUNK_VALUES)) schedule(static)
    for (int64_t i = 0; i < chunks; i++) {
        int64_t first = i * step;
        do_chunk(pass, first_channel, block, first, pixels - first < step ? pixels - first : step,
                 sums ? sums + i * row : NULL);
    }
    for (int64_t i = 0; sums && i < chunks * row; i++)
        pass->sums[first_channel + i % row % channels] += (double)sums[i];
    free(sums);
}

void map_pass(const Pass *pass)
{
    const int64_t channels = pass->out->channels;
    for (int64_t first = 0; first < channels; first += BLOCK_VALUES) {
        int64_t count = channels - first < BLOCK_VALUES ? channels - first : BLOCK_VALUES;
        Map maps[3];
        Pass part = *pass;
        for (int i = 0; i < 2; i++)
            if (pass->in[i]) {
                maps[i] = map_slice(pass->in[i], first, count);
                part.in[i] = &maps[i];
            }
        maps[2] = map_slice(pass->out, first, count);
        part.out = &maps[2];
        narrow_pass(&part, first, pixels_of(BLOCK_VALUES, channels));
    }
}

float *block_table(const float *of_channels, int64_t channels)
{
    int64_t count = pixels_of(BLOCK_VALUES, channels) * channels;
    float *table = memory_new((size_t)count * sizeof *table);
    for (int64_t i = 0; i < count; i++)
        table[i] = of_channels[i % channels];
    return table;
}
