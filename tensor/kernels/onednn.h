/* Convolutions by oneDNN's primitives: for conv.c, whose contracts these functions keep. Primitives
 * are made for a size of pictures when it is first seen, and those of the last sizes are kept;
 * several threads may use one Onednn. With bf16 maps weights are multiplied as bf16. What oneDNN
 * does not fuse is a pass over its result, and maps that are not dense or of another type are
 * copied. */
#ifndef TENSOR_KERNELS_ONEDNN_H
#define TENSOR_KERNELS_ONEDNN_H

#include "tensor/kernels/conv.h"

/* The processor multiplies tiles of bf16 (AMX), and the system lets this process do so. */
bool onednn_multiplies_tiles(void);

typedef struct Onednn Onednn;

/* NULL without an error where oneDNN has only its reference for this, or was not found when this
 * was built. */
Onednn *onednn_new(const ConvShape *shape, TensorType type);
void onednn_free(Onednn *o);

size_t onednn_packed_bytes(const Onednn *o, ConvDirection direction);
int onednn_pack(Onednn *o, ConvDirection direction, const float *weight, float factor,
                void *packed);

int onednn_forward(Onednn *o, const void *packed, const Map *x, const ConvEnd *end, const Map *y);
int onednn_data(Onednn *o, const void *packed, const Map *dy, const ConvGradientEnd *end,
                const Map *dx);
int onednn_weights(Onednn *o, const Map *x, const Map *dy, float *dweight, float *dbias);

#endif
