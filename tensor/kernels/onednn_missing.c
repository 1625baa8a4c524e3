/* What onednn.h says where oneDNN was not found when this was built. */
#ifndef KERNELS_WITH_ONEDNN
#include "tensor/kernels/onednn.h"

#include "core/error.h"

static int missing(void)
{
    return error_set(ERROR_TENSOR, "this program was built without oneDNN");
}

bool onednn_multiplies_tiles(void)
{
    return false;
}

Onednn *onednn_new(const ConvShape *shape, TensorType type)
{
    (void)shape;
    (void)type;
    return NULL;
}

void onednn_free(Onednn *o)
{
    (void)o;
}

size_t onednn_packed_bytes(const Onednn *o, ConvDirection direction)
{
    (void)o;
    (void)direction;
    return 0;
}

int onednn_pack(Onednn *o, ConvDirection direction, const float *weight, float factor, void *packed)
{
    (void)o;
    (void)direction;
    (void)weight;
    (void)factor;
    (void)packed;
    return missing();
}

int onednn_forward(Onednn *o, const void *packed, const Map *x, const ConvEnd *end, const Map *y)
{
    (void)o;
    (void)packed;
    (void)x;
    (void)end;
    (void)y;
    return missing();
}

int onednn_data(Onednn *o, const void *packed, const Map *dy, const ConvGradientEnd *end,
                const Map *dx)
{
    (void)o;
    (void)packed;
    (void)dy;
    (void)end;
    (void)dx;
    return missing();
}

int onednn_weights(Onednn *o, const Map *x, const Map *dy, float *dweight, float *dbias)
{
    (void)o;
    (void)x;
    (void)dy;
    (void)dweight;
    (void)dbias;
    return missing();
}
#endif
