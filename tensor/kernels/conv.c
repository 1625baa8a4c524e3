#include "tensor/kernels/conv.h"

#ifdef KERNELS_FOR_X86
#include <cpuid.h>
#endif
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "tensor/kernels/conv_gemm.h"
#include "tensor/kernels/onednn.h"
#include "tensor/kernels/processor.h"
#include "tensor/kernels/winograd.h"

struct Conv {
    ConvShape shape;
    TensorType type;
    ConvMethod method;
    Onednn *onednn; /* CONV_ONEDNN */
};

static const char *const NAMES[] = {"auto", "winograd", "onednn", "gemm"};

#ifdef KERNELS_FOR_X86
/* That Linux lets this process use AMX is asked for by oneDNN itself. */
static bool has_amx(void)
{
    unsigned a, b, c, d;
    return processor_kind() == PROCESSOR_AVX512 && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
           (d >> 22 & 1);
}
#else
static bool has_amx(void)
{
    return false;
}
#endif

static ConvMethod choose(const ConvShape *shape, TensorType type)
{
    bool wide = shape->inputs >= 16 && shape->outputs >= 16;
    if (winograd_fits(shape) && !(type == TENSOR_BF16 && wide && has_amx()))
        return CONV_WINOGRAD;
    return CONV_ONEDNN;
}

/* Whether this method computes these. */
static bool begin(Conv *conv, ConvMethod method)
{
    conv->method = method;
    switch (method) {
    case CONV_WINOGRAD:
        return winograd_fits(&conv->shape);
    case CONV_ONEDNN:
        conv->onednn = onednn_new(&conv->shape, conv->type);
        return conv->onednn;
    case CONV_AUTO:
    case CONV_GEMM:
        break;
    }
    return method == CONV_GEMM;
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
    switch (conv->method) {
    case CONV_WINOGRAD:
        return winograd_packed_bytes(&conv->shape, direction);
    case CONV_ONEDNN:
        return onednn_packed_bytes(conv->onednn, direction);
    case CONV_AUTO:
    case CONV_GEMM:
        break;
    }
    return conv_gemm_packed_bytes(&conv->shape, direction);
}

int conv_pack(const Conv *conv, ConvDirection direction, const float *weight, float factor,
              void *packed)
{
    switch (conv->method) {
    case CONV_WINOGRAD:
        return winograd_pack(&conv->shape, direction, weight, factor, packed);
    case CONV_ONEDNN:
        return onednn_pack(conv->onednn, direction, weight, factor, packed);
    case CONV_AUTO:
    case CONV_GEMM:
        break;
    }
    return conv_gemm_pack(&conv->shape, direction, weight, factor, packed);
}

int conv_forward(const Conv *conv, const void *packed, const Map *x, const ConvEnd *end,
                 const Map *y)
{
    switch (conv->method) {
    case CONV_WINOGRAD:
        return winograd_forward(&conv->shape, packed, x, end, y);
    case CONV_ONEDNN:
        return onednn_forward(conv->onednn, packed, x, end, y);
    case CONV_AUTO:
    case CONV_GEMM:
        break;
    }
    return conv_gemm_forward(&conv->shape, packed, x, end, y);
}

int conv_data(const Conv *conv, const void *packed, const Map *dy, const ConvGradientEnd *end,
              const Map *dx)
{
    switch (conv->method) {
    case CONV_WINOGRAD:
        return winograd_data(&conv->shape, packed, dy, end, dx);
    case CONV_ONEDNN:
        return onednn_data(conv->onednn, packed, dy, end, dx);
    case CONV_AUTO:
    case CONV_GEMM:
        break;
    }
    return conv_gemm_data(&conv->shape, packed, dy, end, dx);
}

int conv_weights(const Conv *conv, const Map *x, const Map *dy, float *dweight, float *dbias)
{
    switch (conv->method) {
    case CONV_WINOGRAD:
        return winograd_weights(&conv->shape, x, dy, dweight, dbias);
    case CONV_ONEDNN:
        return onednn_weights(conv->onednn, x, dy, dweight, dbias);
    case CONV_AUTO:
    case CONV_GEMM:
        break;
    }
    return conv_gemm_weights(&conv->shape, x, dy, dweight, dbias);
}
