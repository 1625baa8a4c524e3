#include "tensor/kernels/conv.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "tensor/kernels/conv_gemm.h"
#include "tensor/kernels/onednn.h"

struct Conv {
    ConvShape shape;
    TensorType type;
    ConvMethod method;
    Onednn *onednn; /* CONV_ONEDNN */
};

static const char *const NAMES[] = {"auto", "winograd", "onednn", "gemm"};

static ConvMethod choose(const ConvShape *shape, TensorType type)
{
    (void)shape;
    (void)type;
    return CONV_ONEDNN;
}

static bool begin(Conv *conv, ConvMethod method)
{
    conv->method = method;
    if (method == CONV_ONEDNN)
        conv->onednn = onednn_new(&conv->shape, conv->type);
    return method == CONV_GEMM || conv->onednn;
}

Conv *conv_new(const ConvShape *shape, TensorType type, ConvMethod method)
{
    Conv *conv = memory_new(sizeof *conv);
    conv->shape = *shape;
    conv->type = type;
    if (begin(conv, method == CONV_AUTO ? choose(shape, type) : method) ||
        (method == CONV_AUTO && begin(conv, CONV_GEMM)))
        return conv;
    free(conv);
    error_set(ERROR_TENSOR, "%s cannot compute convolutions of %d x %d with stride %d here",
              NAMES[method], shape->kernel, shape->kernel, shape->stride);
    return NULL;
}

void conv_free(Conv *conv)
{
    if (conv)
        onednn_free(conv->onednn);
    free(conv);
}

const char *conv_method_name(const Conv *conv)
{
    return NAMES[conv->method];
}

const ConvShape *conv_shape(const Conv *conv)
{
    return &conv->shape;
}

size_t conv_packed_bytes(const Conv *conv, ConvDirection direction)
{
    if (conv->method == CONV_ONEDNN)
        return onednn_packed_bytes(conv->onednn, direction);
    return conv_gemm_packed_bytes(&conv->shape, direction);
}

int conv_pack(const Conv *conv, ConvDirection direction, const float *weight, float factor,
              void *packed)
{
    if (conv->method == CONV_ONEDNN)
        return onednn_pack(conv->onednn, direction, weight, factor, packed);
    return conv_gemm_pack(&conv->shape, direction, weight, factor, packed);
}

int conv_forward(const Conv *conv, const void *packed, const Map *x, const ConvEnd *end,
                 const Map *y)
{
    if (conv->method == CONV_ONEDNN)
        return onednn_forward(conv->onednn, packed, x, end, y);
    return conv_gemm_forward(&conv->shape, packed, x, end, y);
}

int conv_data(const Conv *conv, const void *packed, const Map *dy, const ConvGradientEnd *end,
              const Map *dx)
{
    if (conv->method == CONV_ONEDNN)
        return onednn_data(conv->onednn, packed, dy, end, dx);
    return conv_gemm_data(&conv->shape, packed, dy, end, dx);
}

int conv_weights(const Conv *conv, const Map *x, const Map *dy, float *dweight, float *dbias)
{
    if (conv->method == CONV_ONEDNN)
        return onednn_weights(conv->onednn, x, dy, dweight, dbias);
    return conv_gemm_weights(&conv->shape, x, dy, dweight, dbias);
}
