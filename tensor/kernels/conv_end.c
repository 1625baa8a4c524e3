#include "tensor/kernels/conv_end.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector.h"
#include "tensor/kernels/bf16.h"

#define INLINE static inline __attribute__((always_inline))

enum { CHUNK = 64 }; /* channels of a pixel that are worked on together */

INLINE void load(const Map *m, int64_t pixel, int64_t channel, int count, float *values)
{
    int64_t at = pixel * m->stride + channel;
    if (m->type == TENSOR_BF16) {
        const uint16_t *p = (const uint16_t *)m->data + at;
        for (int i = 0; i < count; i++)
            values[i] = bf16_widen(p[i]);
    } else {
        const float *p = (const float *)m->data + at;
        for (int i = 0; i < count; i++)
            values[i] = p[i];
    }
}

INLINE void store(const Map *m, int64_t pixel, int64_t channel, int count, const float *values)
{
    int64_t at = pixel * m->stride + channel;
    if (m->type == TENSOR_BF16) {
        uint16_t *p = (uint16_t *)m->data + at;
        for (int i = 0; i < count; i++)
            p[i] = bf16_narrow(values[i]);
    } else {
        float *p = (float *)m->data + at;
        for (int i = 0; i < count; i++)
            p[i] = values[i];
    }
}

/* What values that are not positive are multiplied by. */
INLINE void slopes(const ActivationSetting *activation, int64_t channel, int count, float *values)
{
    const float *prelu = activation->kind == ACTIVATION_PRELU ? activation->slopes + channel : NULL;
    float slope = activation->kind == ACTIVATION_NONE         ? 1
                  : activation->kind == ACTIVATION_LEAKY_RELU ? activation->slope
                                                              : 0;
    for (int i = 0; i < count; i++)
        values[i] = prelu ? prelu[i] : slope;
}

typedef struct Chunk {
    int64_t channel;
    int count;
    float slopes[CHUNK], bias[CHUNK];
} Chunk;

INLINE void chunk_begin(Chunk *c, const ActivationSetting *activation, int64_t channel,
                        int64_t channels)
{
    c->channel = channel;
    c->count = channels - channel < CHUNK ? (int)(channels - channel) : CHUNK;
    slopes(activation, channel, c->count, c->slopes);
}

/* A ReLU makes 0 of infinity, too. */
INLINE float times(float slope, float value)
{
    return slope == 0 ? 0 : slope * value;
}

INLINE void end_pixel(const ConvEnd *end, const Chunk *c, const Map *sums, int64_t from,
                      const Map *y, int64_t to)
{
    float v[CHUNK], base[CHUNK];
    load(sums, from, c->channel, c->count, v);
    for (int i = 0; i < c->count; i++)
        v[i] += c->bias[i];
    if (end->before.data)
        store(&end->before, to, c->channel, c->count, v);
    for (int i = 0; i < c->count; i++)
        v[i] = v[i] <= 0 ? times(c->slopes[i], v[i]) : v[i];
    if (end->base.data) {
        load(&end->base, to, c->channel, c->count, base);
        for (int i = 0; i < c->count; i++)
            v[i] = base[i] + end->scale * v[i];
    }
    store(y, to, c->channel, c->count, v);
}

FOR_EVERY_PROCESSOR void conv_end(const ConvEnd *end, const Map *sums, const EndPixels *pixels,
                                  const Map *y)
{
    for (int64_t channel = 0; channel < y->channels; channel += CHUNK) {
        Chunk c;
        chunk_begin(&c, &end->activation, channel, y->channels);
        for (int i = 0; i < c.count; i++)
            c.bias[i] = end->bias ? end->bias[channel + i] : 0;
        for (int64_t p = 0; p < pixels->count; p++)
            end_pixel(end, &c, sums, pixels->first + p, y, pixels->at + p * pixels->step);
    }
}

INLINE void gradient_pixel(const ConvGradientEnd *end, const Chunk *c, const Map *sums,
                           int64_t from, const Map *dx, int64_t to, float *slope_sums)
{
    float v[CHUNK], other[CHUNK];
    load(sums, from, c->channel, c->count, v);
    if (end->add) {
        load(dx, to, c->channel, c->count, other);
        for (int i = 0; i < c->count; i++)
            v[i] += other[i];
    }
    if (end->activation.kind != ACTIVATION_NONE) {
        load(&end->kept, to, c->channel, c->count, other);
        for (int i = 0; i < c->count; i++)
            slope_sums[i] += other[i] <= 0 ? other[i] * v[i] : 0;
        for (int i = 0; i < c->count; i++)
            v[i] = other[i] <= 0 ? times(c->slopes[i], v[i]) : v[i];
    }
    store(dx, to, c->channel, c->count, v);
}

FOR_EVERY_PROCESSOR void conv_gradient_end(const ConvGradientEnd *end, const Map *sums,
                                           const EndPixels *pixels, const Map *dx,
                                           double *slope_sums)
{
    for (int64_t channel = 0; channel < dx->channels; channel += CHUNK) {
        Chunk c;
        float some[CHUNK] = {0};
        chunk_begin(&c, &end->activation, channel, dx->channels);
        for (int64_t p = 0; p < pixels->count; p++)
            gradient_pixel(end, &c, sums, pixels->first + p, dx, pixels->at + p * pixels->step,
                           some);
        for (int i = 0; slope_sums && i < c.count; i++)
            slope_sums[channel + i] += (double)some[i];
    }
}

/* ---- Whole maps ------------------------------------------------------------------------------ */

enum { BAND = 128 }; /* pixels */

static EndPixels band_pixels(int64_t band, int64_t pixels)
{
    int64_t first = band * BAND, count = pixels - first < BAND ? pixels - first : BAND;
    return (EndPixels){first, first, 1, count};
}

void conv_end_map(const ConvEnd *end, const Map *sums, const Map *y)
{
    int64_t pixels = map_pixels(y), bands = (pixels + BAND - 1) / BAND;
#pragma omp parallel for num_threads(threads_count()) schedule(static)
    for (int64_t band = 0; band < bands; band++) {
        EndPixels some = band_pixels(band, pixels);
        conv_end(end, sums, &some, y);
    }
}

void conv_gradient_end_map(const ConvGradientEnd *end, const Map *sums, const Map *dx)
{
    int64_t pixels = map_pixels(dx), bands = (pixels + BAND - 1) / BAND;
    int threads = threads_count();
    double *slope_sums = memory_array((size_t)(threads * dx->channels), sizeof *slope_sums);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++)
        for (int64_t band = bands * t / threads; band < bands * (t + 1) / threads; band++) {
            EndPixels some = band_pixels(band, pixels);
            conv_gradient_end(end, sums, &some, dx, slope_sums + t * dx->channels);
        }
    conv_gradient_end_sums(end, slope_sums, threads, dx->channels);
    free(slope_sums);
}

void conv_gradient_end_sums(const ConvGradientEnd *end, const double *slope_sums, int threads,
                            int64_t inputs)
{
    for (int64_t i = 0; end->slope_sums && i < inputs; i++) {
        double sum = 0;
        for (int t = 0; t < threads; t++)
            sum += slope_sums[t * inputs + i];
        end->slope_sums[i] += (float)sum;
    }
}
