#include <stdlib.h>

#include "core/memory.h"
#include "tensor/kernels/blocks.h"
#include "tensor/kernels/exponential.h"
#include "tensor/kernels/pointwise.h"

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

/* Of x. NaNs stay NaNs. */
DEFINE_BODY(none, y = x)
DEFINE_BODY(relu, y = x <= 0 ? 0 : x)
DEFINE_BODY(leaky_relu, y = x > 0 ? x : x * scale)
DEFINE_BODY(prelu, y = x > 0 ? x : x * factors[i])
DEFINE_BODY(silu, y = x * sigmoid(x))
DEFINE_BODY(sigmoid_of, y = sigmoid(x))
DEFINE_BODY(mish_of, y = mish(x))
DEFINE_BODY(gelu, y = x * normal_distribution(x).below)

/* x is what was kept, z the result's gradient. */
DEFINE_BODY(none_gradient, y = z)
DEFINE_BODY(relu_gradient, y = x <= 0 ? 0 : z)
DEFINE_BODY(leaky_relu_gradient, y = x > 0 ? z : z * scale)
DEFINE_BODY(prelu_gradient, y = x > 0 ? z : z * factors[i])
DEFINE_BODY(prelu_gradient_and_sums, y = x > 0 ? z : z * factors[i]; sums[i] += x > 0 ? 0 : z * x)
DEFINE_BODY(silu_gradient, y = z * silu_slope(x))
DEFINE_BODY(sigmoid_gradient, y = z * sigmoid_slope(x))
DEFINE_BODY(mish_gradient, y = z * mish_slope(x))
DEFINE_BODY(gelu_gradient, y = z * gelu_slope(x))

static const Body *body_of(Activation kind, bool gradient)
{
    switch (kind) {
    case ACTIVATION_NONE:
        return gradient ? &none_gradient : &none;
    case ACTIVATION_RELU:
        return gradient ? &relu_gradient : &relu;
    case ACTIVATION_LEAKY_RELU:
        return gradient ? &leaky_relu_gradient : &leaky_relu;
    case ACTIVATION_PRELU:
        return gradient ? &prelu_gradient : &prelu;
    case ACTIVATION_SILU:
        return gradient ? &silu_gradient : &silu;
    case ACTIVATION_SIGMOID:
        return gradient ? &sigmoid_gradient : &sigmoid_of;
    case ACTIVATION_MISH:
        return gradient ? &mish_gradient : &mish_of;
    case ACTIVATION_GELU:
        return gradient ? &gelu_gradient : &gelu;
    }
    return NULL;
}

void map_activate(const Map *x, const ActivationSetting *activation, const Map *y)
{
    bool prelu_kind = activation->kind == ACTIVATION_PRELU;
    map_pass(&(Pass){.in = {x},
                     .out = y,
                     .body = body_of(activation->kind, false),
                     .scale = activation->slope,
                     .factors = prelu_kind ? activation->slopes : NULL});
}

static void gradient_and_sums(const Map *kept, const Map *dy, const float *slopes,
                              float *slope_sums, bool add, const Map *dx)
{
    double *sums = memory_array((size_t)dx->channels, sizeof *sums);
    map_pass(&(Pass){.in = {kept, dy},
                     .out = dx,
                     .add = add,
                     .body = &prelu_gradient_and_sums,
                     .factors = slopes,
                     .sums = sums});
    for (int64_t c = 0; c < dx->channels; c++)
        slope_sums[c] += (float)sums[c];
    free(sums);
}

void map_activate_gradient(const Map *kept, const Map *dy, const ActivationSetting *activation,
                           float *slope_sums, bool add, const Map *dx)
{
    bool prelu_kind = activation->kind == ACTIVATION_PRELU;
    if (prelu_kind && slope_sums)
        gradient_and_sums(kept, dy, activation->slopes, slope_sums, add, dx);
    else
        map_pass(&(Pass){.in = {kept, dy},
                         .out = dx,
                         .add = add,
                         .body = body_of(activation->kind, true),
                         .scale = activation->slope,
                         .factors = prelu_kind ? activation->slopes : NULL});
}
