#include "tensor/kernels/conv.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "tensor/kernels/conv_gemm.h"
#include "tensor/kernels/onednn.h"
#include "tensor/kernels/processor.h"
#include "tensor/kernels/winograd.h"

typedef enum Pass { FORWARD, DATA, WEIGHTS, PASSES } Pass;

struct Conv {
    ConvShape shape;
    TensorType type;
    ConvMethod methods[PASSES];
    Onednn *onednn; /* where a pass is CONV_ONEDNN */
    char name[32];
};

static const char *const NAMES[] = {"auto", "winograd", "onednn", "gemm"};

/* ---- The choice, by GFLOP/s of one core with AVX-512, in fp32 (Zen 4) and bf16 (Zen 5, with twice
 * the peak: 256 and 512 GFLOP/s) ------------------------------------------------------------------
 *                         winograd       onednn       gemm
 *   3x3  64 -> 64         312 1135      114  529     99  229    forward
 *                         312 1148      114  545     99  230    data (weights: 1159)
 *   3x3   3 -> 64          63  150       92  304     40   72    forward; data of 64 -> 3 alike
 *   3x3  64 -> 3           37  119       19   90     37   59    and its weights
 *   3x3  64 -> 1           12   40        6   29     21   31    forward
 *   4x4 s2 64 -> 128      224  961      111  526    105  245    forward
 *                             1009           489         221    data
 *                         175  882       62  350    102  227    weights
 *   4x4 s2 256 -> 512     141  679      115  571    107  260    forward (16 x 16 results)
 *   3x3 s2 64 -> 64                      74  163     86   93    weights (both Zen 4)
 *   5x5   1 -> 64                         7   13     15   16    data (both Zen 4)
 *   1x1  64 -> 64                        92  203     56   69    forward (both Zen 4) */
enum { FEW = 4, WIDE = 16 };

static ConvMethod choose(const ConvShape *s, TensorType type, Pass pass)
{
    bool wide = s->inputs >= WIDE && s->outputs >= WIDE, bf16 = type == TENSOR_BF16;
    int sources = pass == DATA ? s->outputs : s->inputs;
    int results = pass == DATA ? s->inputs : s->outputs;
    if (winograd_fits(s) && s->stride > 1) {
        bool fast =
            processor_kind() >= (pass == WEIGHTS ? PROCESSOR_AVX512BF16 : PROCESSOR_AVX512VNNI);
        return bf16 && (!fast || onednn_multiplies_tiles()) ? CONV_ONEDNN : CONV_WINOGRAD;
    }
    if (winograd_fits(s)) {
        if (wide)
            return bf16 && onednn_multiplies_tiles() ? CONV_ONEDNN : CONV_WINOGRAD;
        if (pass != WEIGHTS && results == 1)
            return CONV_GEMM;
        return pass != WEIGHTS && sources <= FEW ? CONV_ONEDNN : CONV_WINOGRAD;
    }
    if (pass == DATA && s->inputs <= FEW)
        return CONV_GEMM;
    return pass == WEIGHTS && s->stride == 2 && !bf16 ? CONV_GEMM : CONV_ONEDNN;
}

/* What is taken instead of oneDNN where that computes no such convolutions. */
static ConvMethod otherwise(const ConvShape *s)
{
    return winograd_fits(s) ? CONV_WINOGRAD : CONV_GEMM;
}

static void choose_all(Conv *conv)
{
    bool onednn = false;
    for (int pass = FORWARD; pass < PASSES; pass++) {
        conv->methods[pass] = choose(&conv->shape, conv->type, (Pass)pass);
        onednn = onednn || conv->methods[pass] == CONV_ONEDNN;
    }
    conv->onednn = onednn ? onednn_new(&conv->shape, conv->type) : NULL;
    for (int pass = FORWARD; pass < PASSES && !conv->onednn; pass++)
        if (conv->methods[pass] == CONV_ONEDNN)
            conv->methods[pass] = otherwise(&conv->shape);
}

static int take(Conv *conv, ConvMethod method)
{
    for (int pass = FORWARD; pass < PASSES; pass++)
        conv->methods[pass] = method;
    if (method == CONV_ONEDNN)
        conv->onednn = onednn_new(&conv->shape, conv->type);
    bool there = method == CONV_ONEDNN     ? conv->onednn != NULL
                 : method == CONV_WINOGRAD ? winograd_fits(&conv->shape)
                                           : true;
    if (there)
        return 0;
    const ConvShape *s = &conv->shape;
    return error_set(ERROR_TENSOR, "%s computes no convolutions of %d x %d with stride %d here",
                     NAMES[method], s->kernel, s->kernel, s->stride);
}

Conv *conv_new(const ConvShape *shape, TensorType type, ConvMethod method)
{
    Conv *conv = memory_new(sizeof *conv);
    conv->shape = *shape;
    conv->type = type;
    if (method == CONV_AUTO)
        choose_all(conv);
    else if (take(conv, method) != 0) {
        free(conv);
        return NULL;
    }
    const ConvMethod *m = conv->methods;
    if (m[FORWARD] == m[DATA] && m[DATA] == m[WEIGHTS])
        snprintf(conv->name, sizeof conv->name, "%s", NAMES[m[FORWARD]]);
    else
        snprintf(conv->name, sizeof conv->name, "%s, %s, %s", NAMES[m[FORWARD]], NAMES[m[DATA]],
                 NAMES[m[WEIGHTS]]);
    return conv;
}

void conv_free(Conv *conv)
{
    if (conv)
        onednn_free(conv->onednn);
    free(conv);
}

const char *conv_method_name(const Conv *conv)
{
    return conv->name;
}

const ConvShape *conv_shape(const Conv *conv)
{
    return &conv->shape;
}

size_t conv_packed_bytes(const Conv *conv, ConvDirection direction)
{
    switch (conv->methods[direction == CONV_FORWARD ? FORWARD : DATA]) {
    case CONV_WINOGRAD:
        return winograd_packed_bytes(&conv->shape, conv->type, direction);
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
    switch (conv->methods[direction == CONV_FORWARD ? FORWARD : DATA]) {
    case CONV_WINOGRAD:
        return winograd_pack(&conv->shape, conv->type, direction, weight, factor, packed);
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
    switch (conv->methods[FORWARD]) {
    case CONV_WINOGRAD:
        return winograd_forward(&conv->shape, conv->type, packed, x, end, y);
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
    switch (conv->methods[DATA]) {
    case CONV_WINOGRAD:
        return winograd_data(&conv->shape, conv->type, packed, dy, end, dx);
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
    switch (conv->methods[WEIGHTS]) {
    case CONV_WINOGRAD:
        return winograd_weights(&conv->shape, conv->type, x, dy, dweight, dbias);
    case CONV_ONEDNN:
        return onednn_weights(conv->onednn, x, dy, dweight, dbias);
    case CONV_AUTO:
    case CONV_GEMM:
        break;
    }
    return conv_gemm_weights(&conv->shape, x, dy, dweight, dbias);
}
