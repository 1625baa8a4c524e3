/* Operations that compute a value of the result from those at the same place of one or two maps,
 * whatever the maps' types and strides; and maps as floats in pieces that stay in the first cache,
 * for the others. */
#ifndef TENSOR_KERNELS_BLOCKS_H
#define TENSOR_KERNELS_BLOCKS_H

#include "core/vector.h"
#include "tensor/kernels/bf16.h"
#include "tensor/kernels/map.h"

/* What a body computes at once: rows of `length` values, `strides` values from one to the next.
 * They are of one type; `out` may be one of in; in[1] is in[0] where there is no second operand.
 * `factors` and `offsets` hold a value for each of a row's; so do the sums, to which is added. */
typedef struct Block {
    const void *in[2];
    void *out;
    int64_t strides[3], rows, length;
    bool add;
    float scale;
    const float *factors, *offsets;
    float *sums;
} Block;

/* The same operation on floats and on bf16. */
typedef struct Body {
    void (*of_floats)(const Block *block);
    void (*of_bf16)(const Block *block);
} Body;

/* Defines the Body `name`. The rest are statements that set y from x, z (values of in[0] and in[1])
 * and scale, factors[i] and offsets[i]; they may add to sums[i]. */
#define DEFINE_BODY(name, ...)                                                                     \
    FOR_EVERY_PROCESSOR                                                                            \
    static void name##_of_floats(const Block *b){                                                  \
        DEFINE_LOOPS(float, (float), (float),                                                      \
                     __VA_ARGS__)} FOR_EVERY_PROCESSOR static void name##_of_bf16(const Block *b)  \
    {                                                                                              \
        DEFINE_LOOPS(uint16_t, bf16_widen, bf16_narrow, __VA_ARGS__)                               \
    }                                                                                              \
    static const Body name = {name##_of_floats, name##_of_bf16};

#define DEFINE_LOOPS(Number, widen, narrow, ...)                                                   \
    const float scale = b->scale, *const factors = b->factors, *const offsets = b->offsets;        \
    float *const sums = b->sums;                                                                   \
    (void)scale, (void)factors, (void)offsets, (void)sums;                                         \
    if (b->add)                                                                                    \
        DEFINE_LOOP(Number, widen, narrow(y + widen(out[i])), __VA_ARGS__)                         \
    else                                                                                           \
        DEFINE_LOOP(Number, widen, narrow(y), __VA_ARGS__)

#define DEFINE_LOOP(Number, widen, result, ...)                                                    \
    for (int64_t row = 0; row < b->rows; row++) {                                                  \
        const Number *const xs = (const Number *)b->in[0] + row * b->strides[0];                   \
        const Number *const zs = (const Number *)b->in[1] + row * b->strides[1];                   \
        Number *const out = (Number *)b->out + row * b->strides[2];                                \
        ROUNDS_ARE_INDEPENDENT                                                                     \
        for (int64_t i = 0; i < b->length; i++) {                                                  \
            const float x = widen(xs[i]), z = widen(zs[i]);                                        \
            float y;                                                                               \
            (void)x, (void)z;                                                                      \
            __VA_ARGS__;                                                                           \
            out[i] = result;                                                                       \
        }                                                                                          \
    }

/* Calls `body` for all of out's pixels, from several threads.
 *   in    the second may be NULL; extents as out's
 *   out   receives the results, or adds them; may be one of in
 *   factors, offsets  one for each channel, or NULL
 *   sums  receives, if not NULL, for each channel what bodies added to the block's. The order of
 *         the additions depends on the maps' extents and strides alone, and they are few in fp32:
 *         the rest is done in double. */
typedef struct Pass {
    const Map *in[2], *out;
    bool add;
    const Body *body;
    float scale;
    const float *factors, *offsets;
    double *sums;
} Pass;
void map_pass(const Pass *pass);

/* define(NAME, Number, widen, narrow) for both types of maps; NAME is name_of_floats and
 * name_of_bf16. */
#define FOR_BOTH_TYPES(define, name)                                                               \
    define(name##_of_floats, float, (float), (float))                                              \
        define(name##_of_bf16, uint16_t, bf16_widen, bf16_narrow)

/* ---- Maps as floats ---------------------------------------------------------------------------
 */

enum { BLOCK_VALUES = 1024 };

/* Pixels of m from pixel `first` on as floats, in `room` or where they lie. */
const float *block_load(const Map *m, int64_t first, int64_t pixels, float *room);
/* The way back: over what lies there, or added to it. */
void block_store(const float *values, int64_t pixels, bool add, const Map *m, int64_t first);

/* Address of a pixel's first value. */
static inline void *map_pixel(const Map *m, int64_t pixel)
{
    return (char *)m->data + (size_t)(pixel * m->stride) * map_value_bytes(m);
}

/* Its pixels follow each other without gaps. */
static inline bool map_is_dense(const Map *m)
{
    return m->stride == m->channels;
}

/* Threads for a loop over `parts` parts of `values` values each: as many as are worth it. */
int kernel_threads_for(int64_t parts, int64_t values);

#endif
