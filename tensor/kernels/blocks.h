/* Maps as blocks of floats that stay in the first cache, whatever the maps' types and strides: so
 * that an operation is one loop over floats. */
#ifndef TENSOR_KERNELS_BLOCKS_H
#define TENSOR_KERNELS_BLOCKS_H

#include "tensor/kernels/map.h"

enum { BLOCK_VALUES = 1024 };

/* Whole pixels, or a part of one with more than BLOCK_VALUES channels. Values follow each other
 * without gaps; `out` may be in[0] or in[1]. */
typedef struct Block {
    const float *in[2];
    float *out;
    int64_t count, first_channel;
    float *sums; /* as the pass asks for them, else NULL */
} Block;

/* Calls body(setting, block) for all blocks, from several threads.
 *   in    the second may be NULL, and then the block's is; extents as out's
 *   out   receives the blocks' results, or adds them; may be one of in
 *   sums  receives, if not NULL, for each channel what bodies added to block.sums: a row of zeros
 *         at first, a value for each of the block's. The order of the additions depends on the
 *         maps' extents alone, and they are few in fp32: the rest is done in double. */
typedef struct Pass {
    const Map *in[2], *out;
    bool add;
    void (*body)(const void *setting, const Block *block);
    const void *setting;
    double *sums;
} Pass;
void map_pass(const Pass *pass);

/* One value for each of a block's, from one per channel: table + block.first_channel. The caller
 * frees it. */
float *block_table(const float *of_channels, int64_t channels);

/* Pixels of m from pixel `first` on as floats, in `room` or where they lie. */
const float *block_load(const Map *m, int64_t first, int64_t pixels, float *room);
/* The way back: over what lies there, or added to it. */
void block_store(const float *values, int64_t pixels, bool add, const Map *m, int64_t first);

/* Address of a pixel's first value. */
static inline void *map_pixel(const Map *m, int64_t pixel)
{
    return (char *)m->data + (size_t)(pixel * m->stride) * map_value_bytes(m);
}

/* Values before the first pixel's: of maps without gaps. */
static inline bool map_is_dense(const Map *m)
{
    return m->stride == m->channels;
}

/* Threads for a loop over `parts` parts of `values` values each: as many as are worth it. */
int kernel_threads_for(int64_t parts, int64_t values);

#endif
