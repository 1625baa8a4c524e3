#include "tensor/kernels/conv_patches.h"

#include "core/vector.h"
#include "tensor/kernels/bf16.h"

#define INLINE static inline __attribute__((always_inline))

int conv_phases(const ConvShape *shape, ConvDirection direction)
{
    return direction == CONV_FORWARD ? 1 : shape->stride * shape->stride;
}

/* Along one axis: result pixel a + s j takes the taps k = first, first + s, ... of dy's pixel
 * j + (a + padding - k) / s, in the order of dy's pixels. */
static void phase_axis(const ConvShape *shape, int a, int *taps, int *start, int *kernel)
{
    int s = shape->stride, first = (a + shape->padding) % s;
    *taps = first < shape->kernel ? (shape->kernel - 1 - first) / s + 1 : 0;
    *start = (a + shape->padding - first) / s - (*taps - 1);
    *kernel = first + s * (*taps - 1);
}

Phase conv_phase(const ConvShape *shape, ConvDirection direction, int index)
{
    if (direction == CONV_FORWARD)
        return (Phase){.rows = shape->kernel,
                       .columns = shape->kernel,
                       .top = -shape->padding,
                       .left = -shape->padding,
                       .step = shape->stride,
                       .every = 1,
                       .kernel_step = 1};
    Phase p = {.y = index / shape->stride,
               .x = index % shape->stride,
               .step = 1,
               .every = shape->stride,
               .kernel_step = -shape->stride};
    phase_axis(shape, p.y, &p.rows, &p.top, &p.kernel_y);
    phase_axis(shape, p.x, &p.columns, &p.left, &p.kernel_x);
    return p;
}

int64_t phase_height(const Phase *phase, const Map *result)
{
    return result->h > phase->y ? (result->h - phase->y - 1) / phase->every + 1 : 0;
}

int64_t phase_width(const Phase *phase, const Map *result)
{
    return result->w > phase->x ? (result->w - phase->x - 1) / phase->every + 1 : 0;
}

INLINE void zero(float *to, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = 0;
}

INLINE void copy(const Map *m, int64_t at, int64_t count, float *to)
{
    if (m->type == TENSOR_BF16)
        for (int64_t i = 0; i < count; i++)
            to[i] = bf16_widen(((const uint16_t *)m->data)[at + i]);
    else
        for (int64_t i = 0; i < count; i++)
            to[i] = ((const float *)m->data)[at + i];
}

/* Pixels x .. x + count - 1 of a row, which all are inside. */
INLINE void copy_inside(const Map *m, int64_t pixel, int64_t count, float *to)
{
    if (m->stride == m->channels)
        copy(m, pixel * m->stride, count * m->channels, to);
    else
        for (int64_t i = 0; i < count; i++)
            copy(m, (pixel + i) * m->stride, m->channels, to + i * m->channels);
}

INLINE void copy_run(const Map *m, int64_t n, int64_t y, int64_t x, int64_t count, float *to)
{
    int64_t left = x < 0 ? -x : 0, end = x + count > m->w ? m->w - x : count;
    if (y < 0 || y >= m->h || end <= left) {
        zero(to, count * m->channels);
        return;
    }
    zero(to, left * m->channels);
    copy_inside(m, (n * m->h + y) * m->w + x + left, end - left, to + left * m->channels);
    zero(to + end * m->channels, (count - end) * m->channels);
}

/* One window, whose first tap of all is the source's pixel (y, x) of picture n. */
INLINE void gather(const Phase *phase, const Patches *p, int row, int column, int64_t n, int64_t y,
                   int64_t x, float *to)
{
    int64_t count = 0, channels = p->source->channels;
    for (int taps = p->to - p->from; taps > 0; row++, column = 0) {
        int run = phase->columns - column < taps ? phase->columns - column : taps;
        copy_run(p->source, n, y + row, x + column, run, to + count);
        count += run * channels;
        taps -= run;
    }
    zero(to + count, -count & 15);
}

/* Divisions once for all pixels: they take longer than small windows. */
FOR_EVERY_PROCESSOR void conv_patches(const Phase *phase, const Patches *p)
{
    int64_t h = phase_height(phase, p->result), w = phase_width(phase, p->result);
    int64_t n = p->first / (h * w), y = p->first / w % h, x = p->first % w;
    int row = p->from / phase->columns, column = p->from % phase->columns;
    for (int64_t i = 0; i < p->count; i++) {
        gather(phase, p, row, column, n, y * phase->step + phase->top,
               x * phase->step + phase->left, p->values + i * p->row);
        if (++x == w) {
            x = 0;
            n += ++y == h;
            y = y == h ? 0 : y;
        }
    }
}
