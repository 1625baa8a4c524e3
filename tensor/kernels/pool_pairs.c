#include "tensor/kernels/pool_pairs.h"

#include <string.h>

#include "tensor/kernels/blocks.h"

/* Rows of windows: values from one pixel to the next of x, y, dy and dx, and from one row of x and
 * of dx to the next. */
typedef struct Strides {
    int64_t x, y, dy, dx, x_row, dx_row;
} Strides;

/* NaNs win, as in PyTorch. */
static inline float larger(float largest, float x)
{
    return (x > largest) | (x != x) ? x : largest;
}

/* A row of y. */
#define DEFINE_FORWARD(name, Number, widen, narrow)                                                \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const Number *x, Number *restrict y, const Strides *s, int64_t pixels,        \
                     int64_t channels)                                                             \
    {                                                                                              \
        const int64_t stride = s->x, row = s->x_row;                                               \
        for (int64_t p = 0; p < pixels; p++, x += 2 * stride, y += s->y)                           \
            for (int64_t c = 0; c < channels; c++) {                                               \
                float top = larger(widen(x[c]), widen(x[stride + c]));                             \
                float largest = larger(top, widen(x[row + c]));                                    \
                y[c] = narrow(larger(largest, widen(x[row + stride + c])));                        \
            }                                                                                      \
    }
FOR_BOTH_TYPES(DEFINE_FORWARD, forward)

void pool_pairs(const Map *x, const Map *y)
{
    const Strides s = {.x = x->stride, .y = y->stride, .x_row = x->w * x->stride};
    const int64_t rows = y->n * y->h;
#pragma omp parallel for num_threads(kernel_threads_for(rows, 4 * y->w * y->channels))             \
    schedule(static)
    for (int64_t row = 0; row < rows; row++) {
        const void *from = map_pixel(x, (row / y->h * x->h + row % y->h * 2) * x->w);
        if (x->type == TENSOR_BF16)
            forward_of_bf16(from, map_pixel(y, row * y->w), &s, y->w, y->channels);
        else
            forward_of_floats(from, map_pixel(y, row * y->w), &s, y->w, y->channels);
    }
}

/* Of the four pixels in their order the first that is the largest takes the gradient. */
#define DEFINE_WINDOWS(Number, widen, narrow, before)                                              \
    for (int64_t p = 0; p < pixels; p++, x += 2 * stride, dx += 2 * to) {                          \
        ROUNDS_ARE_INDEPENDENT                                                                     \
        for (int64_t c = 0; c < channels; c++) {                                                   \
            const float largest = widen(y[p * s->y + c]), given = widen(dy[p * s->dy + c]);        \
            const bool a = widen(x[c]) == largest;                                                 \
            const bool b = !a & (widen(x[stride + c]) == largest);                                 \
            const bool d = !(a | b) & (widen(x[row + c]) == largest);                              \
            const bool e = !(a | b | d) & (widen(x[row + stride + c]) == largest);                 \
            dx[c] = narrow((a ? given : 0) + before(dx[c]));                                       \
            dx[to + c] = narrow((b ? given : 0) + before(dx[to + c]));                             \
            dx[down + c] = narrow((d ? given : 0) + before(dx[down + c]));                         \
            dx[down + to + c] = narrow((e ? given : 0) + before(dx[down + to + c]));               \
        }                                                                                          \
    }
#define NOTHING(value) 0

#define DEFINE_GRADIENT(name, Number, widen, narrow)                                               \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const Number *x, const Number *y, const Number *dy, Number *restrict dx,      \
                     const Strides *s, int64_t pixels, int64_t channels, bool add)                 \
    {                                                                                              \
        const int64_t stride = s->x, row = s->x_row, to = s->dx, down = s->dx_row;                 \
        if (add)                                                                                   \
            DEFINE_WINDOWS(Number, widen, narrow, widen)                                           \
        else                                                                                       \
            DEFINE_WINDOWS(Number, widen, narrow, NOTHING)                                         \
    }
FOR_BOTH_TYPES(DEFINE_GRADIENT, gradient)

/* Pixels that lie in no window. */
static void clear(const Map *dx, int64_t first, int64_t pixels)
{
    for (int64_t p = first; p < first + pixels; p++)
        memset(map_pixel(dx, p), 0, (size_t)dx->channels * map_value_bytes(dx));
}

/* Two rows of dx, or what lies below the last window. */
static void gradient_of_rows(const Map *x, const Map *y, const Map *dy, const Strides *s, bool add,
                             const Map *dx, int64_t picture, int64_t i)
{
    const int64_t first = (picture * dx->h + 2 * i) * dx->w, from = (picture * y->h + i) * y->w;
    if (i >= y->h) {
        if (!add)
            clear(dx, first, (dx->h - 2 * i) * dx->w);
        return;
    }
    if (x->type == TENSOR_BF16)
        gradient_of_bf16(map_pixel(x, first), map_pixel(y, from), map_pixel(dy, from),
                         map_pixel(dx, first), s, y->w, y->channels, add);
    else
        gradient_of_floats(map_pixel(x, first), map_pixel(y, from), map_pixel(dy, from),
                           map_pixel(dx, first), s, y->w, y->channels, add);
    for (int64_t row = 0; row < 2 && !add; row++)
        clear(dx, first + row * dx->w + 2 * y->w, dx->w - 2 * y->w);
}

void pool_pairs_gradient(const Map *x, const Map *y, const Map *dy, bool add, const Map *dx)
{
    const Strides s = {x->stride,  y->stride,        dy->stride,
                       dx->stride, x->w * x->stride, dx->w * dx->stride};
    const int64_t each = y->h + (dx->h > 2 * y->h ? 1 : 0), parts = dx->n * each;
#pragma omp parallel for num_threads(kernel_threads_for(parts, 4 * y->w * y->channels))            \
    schedule(static)
    for (int64_t part = 0; part < parts; part++)
        gradient_of_rows(x, y, dy, &s, add, dx, part / each, part % each);
}
