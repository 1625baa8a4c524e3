/* Maps: images in plain memory, channels fastest, as the kernels of the fused reader see them
 * (nets/fused). A kernel computes one operation of networks, or its gradient, on the processor:
 *     conv.h       convolutions with what is fused to them
 *     pointwise.h  everything between them
 * They trust their callers: extents fit, maps that are written overlap no others unless a function
 * says so, and lie in memory that is there. They use threads_count() threads, and for one number
 * of threads on one processor the same values give the same bits. */
#ifndef TENSOR_KERNELS_MAP_H
#define TENSOR_KERNELS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"

typedef struct Map {
    void *data;      /* float or bf16 (uint16_t); NULL: no map */
    TensorType type; /* TENSOR_FLOAT or TENSOR_BF16 */
    int64_t n, h, w, channels;
    int64_t stride; /* values from a pixel to the next, at least `channels`: more in a map that is
                     * some channels of a wider one */
} Map;

/* n h w, and the bytes of one value. */
static inline int64_t map_pixels(const Map *m)
{
    return m->n * m->h * m->w;
}

static inline size_t map_value_bytes(const Map *m)
{
    return m->type == TENSOR_BF16 ? 2 : 4;
}

/* Channels first .. first + channels - 1 of a map. */
Map map_slice(const Map *m, int64_t first, int64_t channels);

/* Memory of the calling thread for one kernel at a time, aligned to 64 bytes, kept until the thread
 * ends: what was there is lost. NULL with ERROR_MEMORY. */
void *kernel_scratch(size_t bytes);

#endif
