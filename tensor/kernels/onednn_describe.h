/* Where the interfaces of oneDNN 2 and 3 differ: descriptions of convolutions and of plain memory.
 * Only where it was found when this was built. */
#ifndef TENSOR_KERNELS_ONEDNN_DESCRIBE_H
#define TENSOR_KERNELS_ONEDNN_DESCRIBE_H

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_version.h>

#include "tensor/kernels/conv.h"

#if DNNL_VERSION_MAJOR < 3
typedef const dnnl_memory_desc_t *Layout;
#else
typedef const_dnnl_memory_desc_t Layout;
#endif

typedef enum Pass { PASS_FORWARD, PASS_DATA, PASS_WEIGHTS } Pass;

/* A pass over pictures (n, inputs, h, w), maps dense and of one type. */
typedef struct Description {
    ConvShape shape;
    TensorType type;
    Pass pass;
    int64_t n, h, w;
    int threads;           /* that are set while it is described, made and computed */
    bool bias;             /* forward; the weights' pass always has one */
    Activation activation; /* forward: none, ReLU or leaky ReLU */
    float slope;
} Description;

/* In the weights' format that suits it best, with the caller's scratch memory; gradients of weights
 * are float. NULL where oneDNN has none. */
dnnl_primitive_desc_t onednn_describe(dnnl_engine_t engine, const Description *d);

/* It is the code without any care for speed. */
bool onednn_is_reference(const_dnnl_primitive_desc_t pd);

/* (outputs, inputs, kernel, kernel) floats in that order at `data`, and (count). NULL: no memory.
 */
dnnl_memory_t onednn_weights_memory(dnnl_engine_t engine, const ConvShape *shape, void *data);
dnnl_memory_t onednn_vector_memory(dnnl_engine_t engine, int64_t count, void *data);

#endif
