/* All steps for one processor, whose file sets up
 *     LANES         values in a vector
 *     PANEL         vectors in the widest panel of a product
 *     MOST_ROWS(n)  rows of a product with n vectors that fit into registers
 *     KERNEL        3, or 2 with
 *     STRIDE        1, or 2
 *     FACTORS       FLOATS, BF16_PAIRS or INT16_PAIRS: what products are made of
 *     STEPS         the table's name */
enum { WINOGRAD_TILE = 7 - KERNEL }; /* results */

#include "tensor/kernels/winograd_vector.h"

#if FACTORS != BF16_PAIRS
#include "tensor/kernels/winograd_ends.h"
#endif
#include "tensor/kernels/winograd_filters.h"
#include "tensor/kernels/winograd_multiply.h"
#include "tensor/kernels/winograd_tiles.h"

const WinogradSteps STEPS = {.lanes = LANES,
                             .panel = PANEL,
                             .pairs = PAIRS,
                             .scaled = FACTORS == INT16_PAIRS,
                             .kernel = KERNEL,
                             .stride = STRIDE,
#if FACTORS != BF16_PAIRS
                             .pack = pack,
                             .forward = forward,
                             .data = data,
#endif
#if FACTORS != INT16_PAIRS
                             .gradient = gradient,
                             .weights = weights,
#else
                             .measure = measure,
#endif
                             .input = input,
                             .multiply = multiply};
