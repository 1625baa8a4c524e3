/* Convolutions and their gradients with what is fused to them.
 *
 * Which code computes one is chosen when it is made, for each pass (forward, gradient of the data
 * and of the weights), by its shape, the type of its maps and the processor (conv_method_name
 * tells, of all three where they differ):
 *     winograd  3 x 3, stride 1: F(4x4, 3x3) in fp32, a quarter of the multiplications, and 4 x 4,
 *               stride 2. Lavin & Gray 2016, arXiv:1509.09308. The gradients of bf16 by products
 *               of bf16 on processors that have them (winograd.h tells how exact they are)
 *     onednn    oneDNN's primitives, where it was found when this was built: bf16 on processors
 *               with AMX, and what is not 3 x 3
 *     gemm      the rest: patches times weights in fp32
 * Sums are accumulated in fp32 in all of them. Weights are fp32 (O,I,k,k) and are packed into the
 * form that a method reads before they are used: the caller decides where that lies and for how
 * long. */
#ifndef TENSOR_KERNELS_CONV_H
#define TENSOR_KERNELS_CONV_H

#include "tensor/kernels/map.h"

typedef enum Activation {
    ACTIVATION_NONE,
    ACTIVATION_RELU,
    ACTIVATION_LEAKY_RELU, /* slope */
    ACTIVATION_PRELU,      /* slopes, one per channel, of any sign */
    ACTIVATION_SILU,
    ACTIVATION_SIGMOID,
    ACTIVATION_MISH,
    ACTIVATION_GELU
} Activation;

typedef struct ActivationSetting {
    Activation kind;
    float slope;
    const float *slopes;
} ActivationSetting;

/* The first four: what convolutions can be fused with. */
static inline bool activation_fuses(Activation kind)
{
    return kind <= ACTIVATION_PRELU;
}

typedef struct ConvShape {
    int inputs, outputs, kernel, stride, padding;
} ConvShape;

typedef enum ConvMethod { CONV_AUTO, CONV_WINOGRAD, CONV_ONEDNN, CONV_GEMM } ConvMethod;

typedef struct Conv Conv;

/* One for all pictures of this shape. `type`: of the maps (an input map may be float all the
 * same). CONV_AUTO, or the method to be taken, for tests and comparisons: NULL with ERROR_TENSOR
 * where it cannot do this shape on this machine. */
Conv *conv_new(const ConvShape *shape, TensorType type, ConvMethod method);
void conv_free(Conv *conv);
const char *conv_method_name(const Conv *conv);
const ConvShape *conv_shape(const Conv *conv);

/* Weights as a method reads them: a buffer of conv_packed_bytes bytes, aligned to 64. Packed
 * weights do not depend on the picture. `factor` multiplies them (1 / sigma of a spectral norm).
 * 0 or -1. */
typedef enum ConvDirection { CONV_FORWARD, CONV_DATA } ConvDirection;
size_t conv_packed_bytes(const Conv *conv, ConvDirection direction);
int conv_pack(const Conv *conv, ConvDirection direction, const float *weight, float factor,
              void *packed);

/* y = base + scale * activation(conv(x) + bias) */
typedef struct ConvEnd {
    const float *bias; /* (O) or NULL */
    ActivationSetting activation;
    Map before; /* receives conv(x) + bias; data NULL: nowhere */
    Map base;   /* data NULL: none, and scale is 1; may be y itself */
    float scale;
} ConvEnd;

int conv_forward(const Conv *conv, const void *packed, const Map *x, const ConvEnd *end,
                 const Map *y);

/* dx = activation'(kept) * (conv's gradient from dy [+ dx]), for the activation of the layer that
 * made x, if that is told. */
typedef struct ConvGradientEnd {
    bool add; /* to what dx holds */
    ActivationSetting activation;
    Map kept; /* x itself for ReLU and leaky ReLU with a positive slope; for PReLU what came
               * before it */
    float *slope_sums; /* PReLU: (inputs), the slopes' gradients are added; else NULL */
} ConvGradientEnd;

int conv_data(const Conv *conv, const void *packed, const Map *dy, const ConvGradientEnd *end,
              const Map *dx);

/* dweight (O,I,k,k) and dbias (O, or NULL) are overwritten. */
int conv_weights(const Conv *conv, const Map *x, const Map *dy, float *dweight, float *dbias);

#endif
