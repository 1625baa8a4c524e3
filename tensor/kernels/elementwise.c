#include <string.h>

#include "tensor/kernels/blocks.h"
#include "tensor/kernels/pointwise.h"

DEFINE_BODY(copied, y = x)
DEFINE_BODY(scaled, y = scale * x)
DEFINE_BODY(added, y = x + scale * z)
DEFINE_BODY(multiplied, y = x * z)
DEFINE_BODY(with_factors, y = factors[i] * x)
DEFINE_BODY(with_offsets, y = factors[i] * x + offsets[i])

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
        map_pass(&(Pass){.in = {x}, .out = y, .body = &copied});
    else if (x->data != y->data)
        copy_bytes(x, y);
}

void map_scale(const Map *x, float scale, bool add, const Map *y)
{
    map_pass(&(Pass){.in = {x}, .out = y, .add = add, .body = &scaled, .scale = scale});
}

void map_add_scaled(const Map *a, const Map *b, float scale, const Map *y)
{
    map_pass(&(Pass){.in = {a, b}, .out = y, .body = &added, .scale = scale});
}

void map_multiply(const Map *a, const Map *b, bool add, const Map *y)
{
    map_pass(&(Pass){.in = {a, b}, .out = y, .add = add, .body = &multiplied});
}

void map_affine(const Map *x, const float *factor, const float *offset, bool add, const Map *y)
{
    map_pass(&(Pass){.in = {x},
                     .out = y,
                     .add = add,
                     .body = offset ? &with_offsets : &with_factors,
                     .factors = factor,
                     .offsets = offset});
}
