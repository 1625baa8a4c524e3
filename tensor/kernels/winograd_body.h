/* All steps for one processor, whose file sets up
 *     LANES         values in a vector
 *     PANEL         vectors in the widest panel of a product
 *     MOST_ROWS(n)  rows of a product with n vectors that fit into registers
 *     KERNEL        3, or 2 with
 *     STRIDE        1, or 2
 *     PAIRS         1, or 2: products are of pairs of bf16 values
 *     STEPS         the table's name */
enum { WINOGRAD_TILE = 7 - KERNEL }; /* results */

#include "tensor/kernels/winograd_ends.h"
#include "tensor/kernels/winograd_filters.h"
#include "tensor/kernels/winograd_multiply.h"
#include "tensor/kernels/winograd_tiles.h"

const WinogradSteps STEPS = {.lanes = LANES,
                             .panel = PANEL,
                             .pairs = PAIRS,
                             .kernel = KERNEL,
                             .stride = STRIDE,
                             .pack = pack,
                             .input = input,
                             .multiply = multiply,
                             .forward = forward,
                             .data = data,
                             .gradient = gradient,
                             .weights = weights};
