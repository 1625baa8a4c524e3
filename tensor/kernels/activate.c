#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"
#include "tensor/kernels/blocks.h"
#include "tensor/kernels/exponential.h"
#include "tensor/kernels/pointwise.h"

/* An activation of blocks: `f` of the value x. */
#define ACTIVATION_OF_BLOCK(name, f)                                                               \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const void *setting, const Block *b)                                          \
    {                                                                                              \
        (void)setting;                                                                             \
        const float *values = b->in[0];                                                            \
        float *out = b->out;                                                                       \
        ROUNDS_ARE_INDEPENDENT                                                                     \
        for (int64_t i = 0; i < b->count; i++) {                                                   \
            const float x = values[i];                                                             \
            out[i] = (f);                                                                          \
        }                                                                                          \
    }
/* The same of its gradient: `f` of the value x and the result's gradient dy. */
#define GRADIENT_OF_BLOCK(name, f)                                                                 \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name(const void *setting, const Block *b)                                          \
    {                                                                                              \
        (void)setting;                                                                             \
        const float *values = b->in[0], *gradients = b->in[1];                                     \
        float *out = b->out;                                                                       \
        ROUNDS_ARE_INDEPENDENT                                                                     \
        for (int64_t i = 0; i < b->count; i++) {                                                   \
            const float x = values[i], dy = gradients[i];                                          \
            out[i] = (f);                                                                          \
        }                                                                                          \
    }

static inline float silu_slope(float x)
{
    float s = sigmoid(x);
    return s * (1 + x * (1 - s));
}

static inline float sigmoid_slope(float x)
{
    float s = sigmoid(x);
    return s * (1 - s);
}

/* tanh(softplus(x)) = n / (n + 2) with n = e (e + 2), e = exp(x): 1 in fp32 from x = 20 on. */
static inline float mish(float x)
{
    float e = exponential(x > 20 ? 20 : x), n = e * (e + 2);
    return x * (n / (n + 2));
}

static inline float mish_slope(float x)
{
    float e = exponential(x > 20 ? 20 : x), n = e * (e + 2), below = 1 / (n + 2);
    return n * below + x * (4 * e * (1 + e) * below * below);
}

static inline float gelu_slope(float x)
{
    Normal normal = normal_distribution(x);
    return normal.below + x * normal.density;
}

#define NEGATIVE (((const ActivationSetting *)setting)->slope)

ACTIVATION_OF_BLOCK(none_block, x)
ACTIVATION_OF_BLOCK(relu_block, x <= 0 ? 0 : x)
ACTIVATION_OF_BLOCK(leaky_relu_block, x > 0 ? x : x * NEGATIVE)
ACTIVATION_OF_BLOCK(silu_block, x *sigmoid(x))
ACTIVATION_OF_BLOCK(sigmoid_block, sigmoid(x))
ACTIVATION_OF_BLOCK(mish_block, mish(x))
ACTIVATION_OF_BLOCK(gelu_block, x *normal_distribution(x).below)

GRADIENT_OF_BLOCK(none_slope_block, ((void)x, dy))
GRADIENT_OF_BLOCK(relu_slope_block, x <= 0 ? 0 : dy)
GRADIENT_OF_BLOCK(leaky_relu_slope_block, x > 0 ? dy : dy * NEGATIVE)
GRADIENT_OF_BLOCK(silu_slope_block, dy *silu_slope(x))
GRADIENT_OF_BLOCK(sigmoid_slope_block, dy *sigmoid_slope(x))
GRADIENT_OF_BLOCK(mish_slope_block, dy *mish_slope(x))
GRADIENT_OF_BLOCK(gelu_slope_block, dy *gelu_slope(x))

FOR_EVERY_PROCESSOR
static void prelu_block(const void *table, const Block *b)
{
    const float *slopes = (const float *)table + b->first_channel, *x = b->in[0];
    float *out = b->out;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = 0; i < b->count; i++)
        out[i] = x[i] > 0 ? x[i] : x[i] * slopes[i];
}

FOR_EVERY_PROCESSOR
static void prelu_slope_block(const void *table, const Block *b)
{
    const float *slopes = (const float *)table + b->first_channel, *x = b->in[0], *dy = b->in[1];
    float *out = b->out;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = 0; i < b->count; i++)
        out[i] = x[i] > 0 ? dy[i] : dy[i] * slopes[i];
}

FOR_EVERY_PROCESSOR
static void prelu_slope_block_with_sums(const void *table, const Block *b)
{
    const float *slopes = (const float *)table + b->first_channel, *x = b->in[0], *dy = b->in[1];
    float *out = b->out, *restrict sums = b->sums;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = 0; i < b->count; i++) {
        float value = x[i], gradient = dy[i];
        out[i] = value > 0 ? gradient : gradient * slopes[i];
        sums[i] += value > 0 ? 0 : gradient * value;
    }
}

typedef void (*Body)(const void *setting, const Block *block);

static Body body_of(Activation kind, bool gradient)
{
    switch (kind) {
    case ACTIVATION_NONE:
        return gradient ? none_slope_block : none_block;
    case ACTIVATION_RELU:
        return gradient ? relu_slope_block : relu_block;
    case ACTIVATION_LEAKY_RELU:
        return gradient ? leaky_relu_slope_block : leaky_relu_block;
    case ACTIVATION_PRELU:
        return gradient ? prelu_slope_block : prelu_block;
    case ACTIVATION_SILU:
        return gradient ? silu_slope_block : silu_block;
    case ACTIVATION_SIGMOID:
        return gradient ? sigmoid_slope_block : sigmoid_block;
    case ACTIVATION_MISH:
        return gradient ? mish_slope_block : mish_block;
    case ACTIVATION_GELU:
        return gradient ? gelu_slope_block : gelu_block;
    }
    return NULL;
}

void map_activate(const Map *x, const ActivationSetting *activation, const Map *y)
{
    float *table =
        activation->kind == ACTIVATION_PRELU ? block_table(activation->slopes, x->channels) : NULL;
    map_pass(&(Pass){.in = {x},
                     .out = y,
                     .body = body_of(activation->kind, false),
                     .setting = table ? (const void *)table : activation});
    free(table);
}

static void prelu_gradient(const Map *kept, const Map *dy, const float *slopes, float *slope_sums,
                           bool add, const Map *dx)
{
    float *table = block_table(slopes, dx->channels);
    double *sums = slope_sums ? memory_array((size_t)dx->channels, sizeof *sums) : NULL;
    map_pass(&(Pass){.in = {kept, dy},
                     .out = dx,
                     .add = add,
                     .body = sums ? prelu_slope_block_with_sums : prelu_slope_block,
                     .setting = table,
                     .sums = sums});
    for (int64_t c = 0; sums && c < dx->channels; c++)
        slope_sums[c] += (float)sums[c];
    free(sums);
    free(table);
}

void map_activate_gradient(const Map *kept, const Map *dy, const ActivationSetting *activation,
                           float *slope_sums, bool add, const Map *dx)
{
    if (activation->kind == ACTIVATION_PRELU)
        prelu_gradient(kept, dy, activation->slopes, slope_sums, add, dx);
    else
        map_pass(&(Pass){.in = {kept, dy},
                         .out = dx,
                         .add = add,
                         .body = body_of(activation->kind, true),
                         .setting = activation});
}
