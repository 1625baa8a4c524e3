/* The steps of Winograd's convolutions, made once for each processor from winograd_body.h and the
 * headers that it includes, and put together by winograd.c. Tiles are counted row by row over all
 * pictures of a batch. */
#ifndef TENSOR_KERNELS_WINOGRAD_STEPS_H
#define TENSOR_KERNELS_WINOGRAD_STEPS_H

#include "tensor/kernels/conv.h"

enum { WINOGRAD_INPUT = 6, WINOGRAD_POINTS = 36 };

/* `rows` x `columns` tiles in each picture, of `size` x `size` results. The first tile's begin at
 * pixel (-offset, -offset) and read from (-padding, -padding) on. With stride 2 a pass works on
 * four phases: the forward one's and the weights' tiles have the channels of the pixels that are
 * `read` apart, one phase after the other, the data's give those of pixels that are `apart`. Both
 * 1: all pixels. */
typedef struct Tiles {
    int64_t rows, columns, padding, offset;
    int size, read, apart;
} Tiles;

/* Transformed tiles first .. first + count - 1: values[point * plane + (tile - first) * row +
 * channel]. In chunks: of channels in as many values as the widest panel has, `chunk` values apart;
 * 0: in one.
 * For products of bf16, with two tiles in a row, a value is a pair of them: the tiles' values of
 * one channel, those of the tile that an odd count lacks being 0. For products of integers a value
 * is a pair of int16, those of channels 2 i and 2 i + 1, at i, which count in scales[point *
 * scale_plane + tile - first]. */
typedef struct Transformed {
    float *values;
    int64_t first, count, row, plane, chunk;
    int row_tiles; /* 1 or 2 */
    float *scales;
    int64_t scale_plane;
    float *room; /* the calling thread's, for a tile that is not rounded yet */
} Transformed;

static inline int64_t transformed_rows(const Transformed *v)
{
    return (v->count + v->row_tiles - 1) / v->row_tiles;
}

/* Some of a block's rows of tiles: [first, last), counted from the block's first. */
typedef struct Range {
    int64_t first, last;
} Range;

/* Products of matrices, one for each point: result (rows x columns) [+=] a (rows x depth) b (depth
 * x columns). The result may lie where a is if its columns are one panel. Where a and b hold pairs,
 * depth counts pairs. Products of integers are multiplied by their row's scale, which is
 * a_scales[point * a_scale_plane + row], and their column's, b_scales[point * columns + column]. */
typedef struct Product {
    const float *a, *b;
    float *result;
    int64_t a_row, a_depth, a_plane; /* values from one to the next */
    int64_t b_plane, b_depth;        /* b_depth 0: packed in panels */
    int64_t result_row, result_plane;
    int64_t depth;
    int vectors; /* columns / lanes */
    bool add;
    const float *a_scales, *b_scales;
    int64_t a_scale_plane;
} Product;

/* Weights in the form that products read: packed[point][panel][depth][the panel's values], where
 * values may be pairs, one behind the other in depth; then those pairs' scales. */
typedef struct PackedWeights {
    const float *weight; /* (O,I,k,k) of the layer, k = kernel x stride */
    float factor;
    int inputs, outputs; /* of the layer */
    bool transposed;     /* for CONV_DATA */
    float *packed, *scales;
} PackedWeights;

/* The weights' gradient for inputs first .. first + channels - 1, in `parts` parts that are to be
 * added: values[part * apart + point * plane + (phase * channels + input - first) * row + output].
 */
typedef struct WeightGradient {
    const float *values;
    int parts;
    int64_t apart, plane, row;
    int first, channels, inputs, outputs;
    float *dweight; /* (O,I,k,k) */
} WeightGradient;

typedef struct WinogradSteps {
    int lanes, panel; /* values in a vector, vectors in the widest panel */
    int pairs;        /* values in a factor's: 2, or 1 where that is fp32 */
    bool scaled;      /* they are integers: only forward and data's steps are there; where they are
                       * bf16, only weights' */
    int kernel, stride; /* 3, 1: F(4x4, 3x3); 2, 2: F(5x5, 2x2) for each phase of 4 x 4, stride 2 */

    /* Before pack, where factors are scaled: the scales. Tasks: vectors of columns. */
    void (*measure)(const PackedWeights *weights, Range tasks);
    /* Tasks: panels x depth. */
    void (*pack)(const PackedWeights *weights, Range tasks);
    void (*input)(const Map *x, const Tiles *tiles, Range range, const Transformed *v);
    /* Tasks: points x panels. */
    void (*multiply)(const Product *product, Range tasks, Range rows);
    void (*forward)(const Transformed *m, const Tiles *tiles, Range range, const ConvEnd *end,
                    const Map *y);
    /* sums: of the slopes' gradients, added to. */
    void (*data)(const Transformed *m, const Tiles *tiles, Range range, const ConvGradientEnd *end,
                 const Map *dx, float *sums);
    /* dy's tiles as the weights' gradient needs them; dy is added to sums. */
    void (*gradient)(const Map *dy, const Tiles *tiles, Range range, const Transformed *d,
                     float *sums);
    /* Tasks: panels of outputs x phases x channels. */
    void (*weights)(const WeightGradient *gradient, Range tasks);
} WinogradSteps;

extern const WinogradSteps WINOGRAD_PORTABLE, WINOGRAD_AVX2, WINOGRAD_AVX512;
extern const WinogradSteps WINOGRAD_STRIDED_PORTABLE, WINOGRAD_STRIDED_AVX2,
    WINOGRAD_STRIDED_AVX512;
extern const WinogradSteps WINOGRAD_AVX512VNNI, WINOGRAD_STRIDED_AVX512VNNI;
extern const WinogradSteps WINOGRAD_AVX512BF16, WINOGRAD_STRIDED_AVX512BF16;

/* Values from a point's to the next one's, of at least so many: an odd number of cache lines. All
 * 36 are read or written at once, and must not lie in the same places of the caches. */
static inline int64_t winograd_plane(int64_t values)
{
    return (values + 15) / 16 * 16 | 16;
}

/* Vectors [first, last) of a panel: panels are as even as they can be. */
static inline int winograd_panels(int vectors, int widest)
{
    return (vectors + widest - 1) / widest;
}

static inline int winograd_panel_start(int vectors, int panels, int panel)
{
    return (int)((int64_t)vectors * panel / panels);
}

#endif
