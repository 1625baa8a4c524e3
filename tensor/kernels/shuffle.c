/* Channels that become pixels and back, and channels in a row. */
#include "core/vector.h"
#include "tensor/kernels/bf16.h"
#include "tensor/kernels/blocks.h"
#include "tensor/kernels/pointwise.h"

static inline float value_at(const void *pixel, TensorType type, int64_t i)
{
    return type == TENSOR_BF16 ? bf16_widen(((const uint16_t *)pixel)[i])
                               : ((const float *)pixel)[i];
}

static inline void put_at(void *pixel, TensorType type, int64_t i, bool add, float value)
{
    if (add)
        value += value_at(pixel, type, i);
    if (type == TENSOR_BF16)
        ((uint16_t *)pixel)[i] = bf16_narrow(value);
    else
        ((float *)pixel)[i] = value;
}

/* ---- Between the pixels of a cell and its channels --------------------------------------------
 */

/* A cell: one pixel of the deep map, factor x factor of the wide one. */
typedef struct Cell {
    int64_t channels, factor;
    TensorType from, to;
    bool add;
} Cell;

static inline void spread(const Cell *c, const void *deep, char *wide, size_t right, size_t down)
{
    for (int64_t i = 0; i < c->factor; i++)
        for (int64_t j = 0; j < c->factor; j++) {
            void *pixel = wide + (size_t)i * down + (size_t)j * right;
            for (int64_t k = 0; k < c->channels; k++)
                put_at(pixel, c->to, k, c->add,
                       value_at(deep, c->from, (k * c->factor + i) * c->factor + j));
        }
}

static inline void gather(const Cell *c, void *deep, const char *wide, size_t right, size_t down)
{
    for (int64_t i = 0; i < c->factor; i++)
        for (int64_t j = 0; j < c->factor; j++) {
            const void *pixel = wide + (size_t)i * down + (size_t)j * right;
            for (int64_t k = 0; k < c->channels; k++)
                put_at(deep, c->to, (k * c->factor + i) * c->factor + j, c->add,
                       value_at(pixel, c->from, k));
        }
}

/* The same where values are only moved. With a factor of 2, which upscalers take most often,
 * channels become vectors. right, down: values from a pixel of the wide map to its neighbours. */
#define DEFINE_MOVES(Number, factor, each)                                                         \
    for (int64_t p = 0; p < pixels; p++, deep += stride, wide += factor * right)                   \
        for (int64_t k = 0; k < channels; k++)                                                     \
            for (int64_t i = 0; i < factor; i++)                                                   \
                for (int64_t j = 0; j < factor; j++)                                               \
                    each;
#define DEFINE_SPREAD_ROW(name, Number, widen, narrow)                                             \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const Number *restrict deep, Number *restrict wide, int64_t stride,           \
                     int64_t right, int64_t down, int64_t pixels, int64_t channels, int64_t f)     \
    {                                                                                              \
        if (f == 2)                                                                                \
            DEFINE_MOVES(Number, 2, wide[i * down + j * right + k] = deep[(k * 2 + i) * 2 + j])    \
        else                                                                                       \
            DEFINE_MOVES(Number, f, wide[i * down + j * right + k] = deep[(k * f + i) * f + j])    \
    }
FOR_BOTH_TYPES(DEFINE_SPREAD_ROW, spread_row)
#define DEFINE_GATHER_ROW(name, Number, widen, narrow)                                             \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(Number *restrict deep, const Number *restrict wide, int64_t stride,           \
                     int64_t right, int64_t down, int64_t pixels, int64_t channels, int64_t f)     \
    {                                                                                              \
        if (f == 2)                                                                                \
            DEFINE_MOVES(Number, 2, deep[(k * 2 + i) * 2 + j] = wide[i * down + j * right + k])    \
        else                                                                                       \
            DEFINE_MOVES(Number, f, deep[(k * f + i) * f + j] = wide[i * down + j * right + k])    \
    }
FOR_BOTH_TYPES(DEFINE_GATHER_ROW, gather_row)

static void move_row(const Map *deep, const Map *wide, int64_t row, int64_t factor, bool to_wide)
{
    void *d = map_pixel(deep, row * deep->w), *w = map_pixel(wide, row * factor * wide->w);
    const int64_t right = wide->stride, down = right * wide->w, stride = deep->stride;
    const int64_t pixels = deep->w, channels = wide->channels;
    if (to_wide && deep->type == TENSOR_BF16)
        spread_row_of_bf16(d, w, stride, right, down, pixels, channels, factor);
    else if (to_wide)
        spread_row_of_floats(d, w, stride, right, down, pixels, channels, factor);
    else if (deep->type == TENSOR_BF16)
        gather_row_of_bf16(d, w, stride, right, down, pixels, channels, factor);
    else
        gather_row_of_floats(d, w, stride, right, down, pixels, channels, factor);
}

/* Every cell of one row of the deep map. */
static void shuffle_row(const Cell *c, const Map *deep, const Map *wide, int64_t row, bool to_wide)
{
    const size_t right = (size_t)wide->stride * map_value_bytes(wide);
    const size_t down = right * (size_t)wide->w;
    char *pixels = map_pixel(wide, row * c->factor * wide->w);
    for (int64_t x = 0; x < deep->w; x++, pixels += right * (size_t)c->factor)
        if (to_wide)
            spread(c, map_pixel(deep, row * deep->w + x), pixels, right, down);
        else
            gather(c, map_pixel(deep, row * deep->w + x), pixels, right, down);
}

static void shuffle(const Map *deep, const Map *wide, int factor, bool add, bool to_wide)
{
    const Cell cell = {wide->channels, factor, to_wide ? deep->type : wide->type,
                       to_wide ? wide->type : deep->type, add};
    const int64_t rows = deep->n * deep->h;
#pragma omp parallel for num_threads(kernel_threads_for(rows, deep->w * deep->channels))           \
    schedule(static)
    for (int64_t row = 0; row < rows; row++)
        if (deep->type == wide->type && !add)
            move_row(deep, wide, row, factor, to_wide);
        else
            shuffle_row(&cell, deep, wide, row, to_wide);
}

void map_shuffle(const Map *x, int factor, bool add, const Map *y)
{
    shuffle(x, y, factor, add, true);
}

void map_unshuffle(const Map *x, int factor, bool add, const Map *y)
{
    shuffle(y, x, factor, add, false);
}

/* ---- Repeated channels ------------------------------------------------------------------------
 */

static void repeat_pixel(const Map *x, int times, const Map *y, int64_t p)
{
    const void *from = map_pixel(x, p);
    void *to = map_pixel(y, p);
    for (int64_t c = 0; c < x->channels; c++) {
        float value = value_at(from, x->type, c);
        for (int t = 0; t < times; t++)
            put_at(to, y->type, c * times + t, false, value);
    }
}

static void sum_pixel(const Map *dy, int times, bool add, const Map *dx, int64_t p)
{
    const void *from = map_pixel(dy, p);
    void *to = map_pixel(dx, p);
    for (int64_t c = 0; c < dx->channels; c++) {
        float sum = 0;
        for (int t = 0; t < times; t++)
            sum += value_at(from, dy->type, c * times + t);
        put_at(to, dx->type, c, add, sum);
    }
}

void map_repeat(const Map *x, int times, const Map *y)
{
    const int64_t pixels = map_pixels(x);
#pragma omp parallel for num_threads(kernel_threads_for(pixels, y->channels)) schedule(static)
    for (int64_t p = 0; p < pixels; p++)
        repeat_pixel(x, times, y, p);
}

void map_repeat_gradient(const Map *dy, int times, bool add, const Map *dx)
{
    const int64_t pixels = map_pixels(dx);
#pragma omp parallel for num_threads(kernel_threads_for(pixels, dy->channels)) schedule(static)
    for (int64_t p = 0; p < pixels; p++)
        sum_pixel(dy, times, add, dx, p);
}
