#include <stdlib.h>
#include <string.h>

#include "core/vector.h"
#include "tensor/kernels/blocks.h"
#include "tensor/kernels/pointwise.h"

static void copy_block(const void *setting, const Block *b)
{
    (void)setting;
    if (b->out != b->in[0])
        memcpy(b->out, b->in[0], (size_t)b->count * sizeof *b->out);
}

/* Of one type: bytes. */
static void copy_bytes(const Map *x, const Map *y)
{
    const bool one = map_is_dense(x) && map_is_dense(y);
    const int64_t pixels = map_pixels(x), step = one ? 4096 : 1024;
    const size_t pixel = (size_t)x->channels * map_value_bytes(x);
    const int64_t parts = (pixels + step - 1) / step;
#pragma omp parallel for num_threads(kernel_threads_for(parts, step * x->channels)) schedule(static)
    for (int64_t i = 0; i < parts; i++) {
        int64_t first = i * step, end = first + step < pixels ? first + step : pixels;
        if (one)
            memcpy(map_pixel(y, first), map_pixel(x, first), (size_t)(end - first) * pixel);
        else
            for (int64_t p = first; p < end; p++)
                memcpy(map_pixel(y, p), map_pixel(x, p), pixel);
    }
}

void map_copy(const Map *x, const Map *y)
{
    if (x->type != y->type)
        map_pass(&(Pass){.in = {x}, .out = y, .body = copy_block});
    else if (x->data != y->data)
        copy_bytes(x, y);
}

FOR_EVERY_PROCESSOR
static void scale_block(const void *setting, const Block *b)
{
    const float scale = *(const float *)setting;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = 0; i < b->count; i++)
        b->out[i] = scale * b->in[0][i];
}

void map_scale(const Map *x, float scale, bool add, const Map *y)
{
    map_pass(&(Pass){.in = {x},
                     .out = y,
                     .add = add,
                     .body = scale == 1 ? copy_block : scale_block,
                     .setting = &scale});
}

FOR_EVERY_PROCESSOR
static void add_scaled_block(const void *setting, const Block *block)
{
    const float scale = *(const float *)setting, *a = block->in[0], *b = block->in[1];
    float *out = block->out;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = 0; i < block->count; i++)
        out[i] = a[i] + scale * b[i];
}

void map_add_scaled(const Map *a, const Map *b, float scale, const Map *y)
{
    map_pass(&(Pass){.in = {a, b}, .out = y, .body = add_scaled_block, .setting = &scale});
}

FOR_EVERY_PROCESSOR
static void multiply_block(const void *setting, const Block *block)
{
    (void)setting;
    const float *a = block->in[0], *b = block->in[1];
    float *out = block->out;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = 0; i < block->count; i++)
        out[i] = a[i] * b[i];
}

void map_multiply(const Map *a, const Map *b, bool add, const Map *y)
{
    map_pass(&(Pass){.in = {a, b}, .out = y, .add = add, .body = multiply_block});
}

typedef struct Affine {
    float *factors, *offsets;
} Affine;

FOR_EVERY_PROCESSOR
static void affine_block(const void *setting, const Block *b)
{
    const Affine *s = setting;
    const float *factors = s->factors + b->first_channel, *offsets = s->offsets + b->first_channel;
    const float *x = b->in[0];
    float *out = b->out;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = 0; i < b->count; i++)
        out[i] = factors[i] * x[i] + offsets[i];
}

FOR_EVERY_PROCESSOR
static void factors_block(const void *setting, const Block *b)
{
    const float *factors = ((const Affine *)setting)->factors + b->first_channel, *x = b->in[0];
    float *out = b->out;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = 0; i < b->count; i++)
        out[i] = factors[i] * x[i];
}

void map_affine(const Map *x, const float *factor, const float *offset, bool add, const Map *y)
{
    Affine s = {block_table(factor, x->channels), offset ? block_table(offset, x->channels) : NULL};
    map_pass(&(Pass){.in = {x},
                     .out = y,
                     .add = add,
                     .body = offset ? affine_block : factors_block,
                     .setting = &s});
    free(s.factors);
    free(s.offsets);
}
