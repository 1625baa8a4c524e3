#include "tensor/kernels/conv.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "tensor/kernels/conv_gemm.h"

struct Conv {
    ConvShape shape;
    TensorType type;
    ConvMethod method;
};

static ConvMethod choose(const ConvShape *shape, TensorType type)
{
    (void)shape;
    (void)type;
    return CONV_GEMM;
}

Conv *conv_new(const ConvShape *shape, TensorType type, ConvMethod method)
{
    if (method == CONV_AUTO)
        method = choose(shape, type);
    if (method != CONV_GEMM) {
        error_set(ERROR_TENSOR, "convolutions of this kind are not computed on this machine");
        return NULL;
    }
    Conv *conv = memory_new(sizeof *conv);
    *conv = (Conv){*shape, type, method};
    return conv;
}

void conv_free(Conv *conv)
{
    free(conv);
}

const char *conv_method_name(const Conv *conv)
{
    static const char *const names[] = {"auto", "winograd", "onednn", "gemm"};
    return names[conv->method];
}

const ConvShape *conv_shape(const Conv *conv)
{
    return &conv->shape;
}

size_t conv_packed_bytes(const Conv *conv, ConvDirection direction)
{
    return conv_gemm_packed_bytes(&conv->shape, direction);
}

int conv_pack(const Conv *conv, ConvDirection direction, const float *weight, float factor,
              void *packed)
{
    return conv_gemm_pack(&conv->shape, direction, weight, factor, packed);
}

int conv_forward(const Conv *conv, const void *packed, const Map *x, const ConvEnd *end,
                 const Map *y)
{
    return conv_gemm_forward(&conv->shape, packed, x, end, y);
}

int conv_data(const Conv *conv, const void *packed, const Map *dy, const ConvGradientEnd *end,
              const Map *dx)
{
    return conv_gemm_data(&conv->shape, packed, dy, end, dx);
}

int conv_weights(const Conv *conv, const Map *x, const Map *dy, float *dweight, float *dbias)
{
    return conv_gemm_weights(&conv->shape, x, dy, dweight, dbias);
}
