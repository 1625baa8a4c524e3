#include "tensor/kernels/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"

/* A part of a map that one thread does at once. Sums are in fp32 within one, and are added up in
 * double: the result does not depend on the number of threads. */
enum { CHUNK_VALUES = 65536 };

int kernel_threads_for(int64_t parts, int64_t values)
{
    int64_t worth = 1 + parts * values / CHUNK_VALUES;
    int64_t most = worth < parts ? worth : parts;
    int threads = threads_count();
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

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The pass for at most BLOCK_VALUES channels, its maps being slices. */
typedef struct Part {
    const Pass *pass;
    Map in[2], out;
    int64_t block;            /* pixels for which factors, offsets and sums have a row */
    float *factors, *offsets; /* rows, or NULL */
    bool one_type, dense;
} Part;

static Block block_of(const Part *part, float *sums)
{
    return (Block){.add = part->pass->add,
                   .scale = part->pass->scale,
                   .factors = part->factors,
                   .offsets = part->offsets,
                   .sums = sums};
}

/* Where they lie. Several pixels without gaps are one row, so that few channels fill vectors, too.
 */
static void do_in_place(const Part *part, int64_t first, int64_t pixels, int64_t in_row,
                        float *sums)
{
    const bool half = part->out.type == TENSOR_BF16;
    const bool two = part->pass->in[1] != NULL;
    Block b = block_of(part, sums);
    b.in[0] = map_pixel(&part->in[0], first);
    b.in[1] = two ? map_pixel(&part->in[1], first) : b.in[0];
    b.out = map_pixel(&part->out, first);
    b.strides[0] = in_row * part->in[0].stride;
    b.strides[1] = two ? in_row * part->in[1].stride : b.strides[0];
    b.strides[2] = in_row * part->out.stride;
    b.rows = pixels / in_row;
    b.length = in_row * part->out.channels;
    (half ? part->pass->body->of_bf16 : part->pass->body->of_floats)(&b);
}

/* As floats that are copies. */
static void do_converted(const Part *part, int64_t first, int64_t pixels, float *sums)
{
    float rooms[3][BLOCK_VALUES];
    Block b = block_of(part, sums);
    b.add = false;
    b.in[0] = block_load(&part->in[0], first, pixels, rooms[0]);
    b.in[1] = part->pass->in[1] ? block_load(&part->in[1], first, pixels, rooms[1]) : b.in[0];
    b.out = rooms[2];
    b.rows = 1;
    b.length = pixels * part->out.channels;
    part->pass->body->of_floats(&b);
    block_store(rooms[2], pixels, part->pass->add, &part->out, first);
}

static void do_chunk(const Part *part, int64_t first, int64_t pixels, float *sums)
{
    const int64_t whole = pixels / part->block * part->block;
    if (part->one_type && part->dense) {
        if (whole > 0)
            do_in_place(part, first, whole, part->block, sums);
        if (whole < pixels)
            do_in_place(part, first + whole, pixels - whole, pixels - whole, sums);
    } else if (part->one_type) {
        do_in_place(part, first, pixels, 1, sums);
    } else {
        for (int64_t p = 0; p < pixels; p += part->block)
            do_converted(part, first + p, least(part->block, pixels - p), sums);
    }
}

static void do_part(const Part *part, double *channel_sums)
{
    const int64_t channels = part->out.channels, pixels = map_pixels(&part->out);
    const int64_t step = pixels_of(CHUNK_VALUES, channels), chunks = (pixels + step - 1) / step;
    const int64_t row = part->block * channels;
    float *sums = channel_sums ? memory_array((size_t)(chunks * row), sizeof *sums) : NULL;
#pragma omp parallel for num_threads(kernel_threads_for(chunks, CHUNK_VALUES)) schedule(static)
    for (int64_t i = 0; i < chunks; i++)
        do_chunk(part, i * step, least(step, pixels - i * step), sums ? sums + i * row : NULL);
    for (int64_t i = 0; sums && i < chunks * row; i++)
        channel_sums[i % row % channels] += (double)sums[i];
    free(sums);
}

/* `block` times the same channels in a row; NULL stays NULL. */
static float *row_of(const float *of_channels, int64_t channels, int64_t block)
{
    if (!of_channels)
        return NULL;
    float *row = memory_array((size_t)(channels * block), sizeof *row);
    for (int64_t i = 0; i < channels * block; i++)
        row[i] = of_channels[i % channels];
    return row;
}

static Part part_of(const Pass *pass, int64_t first, int64_t channels)
{
    Part part = {.pass = pass,
                 .in[0] = map_slice(pass->in[0], first, channels),
                 .out = map_slice(pass->out, first, channels),
                 .block = pixels_of(BLOCK_VALUES, channels)};
    part.in[1] = pass->in[1] ? map_slice(pass->in[1], first, channels) : part.in[0];
    part.one_type = part.in[0].type == part.out.type && part.in[1].type == part.out.type;
    part.dense = map_is_dense(&part.in[0]) && map_is_dense(&part.in[1]) && map_is_dense(&part.out);
    part.factors = row_of(pass->factors ? pass->factors + first : NULL, channels, part.block);
    part.offsets = row_of(pass->offsets ? pass->offsets + first : NULL, channels, part.block);
    return part;
}

void map_pass(const Pass *pass)
{
    const int64_t channels = pass->out->channels;
    for (int64_t first = 0; first < channels; first += BLOCK_VALUES) {
        Part part = part_of(pass, first, least(BLOCK_VALUES, channels - first));
        do_part(&part, pass->sums ? pass->sums + first : NULL);
        free(part.factors);
        free(part.offsets);
    }
}
