/* Small products of matrices in fp32, by one thread, for blocks that lie in its cache. */
#ifndef TENSOR_KERNELS_GEMM_H
#define TENSOR_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Product {
    const float *a; /* (row, d) at row a_row + d a_step */
    int64_t a_row, a_step;
    const float *b;
    int64_t b_row;
    float *c; /* (row, column) at row c_row + column */
    int64_t c_row;
    int rows, columns, depth;
    bool add; /* to what c holds */
} Product;

/* What columns of gemm_multiply and the depth of gemm_dots are multiples of, and how many columns
 * are worked on together. */
enum { GEMM_COLUMNS = 16, GEMM_PANEL = 64 };

/* c = a b: b's value (d, column) at d b_row + column. */
void gemm_multiply(const Product *p);
/* c = a b^T for few columns: b's value (column, d) at column b_row + d. a_step is 1. */
void gemm_dots(const Product *p);

/* For one processor each. */
void gemm_multiply_portable(const Product *p);
void gemm_dots_portable(const Product *p);
#ifdef KERNELS_FOR_X86
void gemm_multiply_avx2(const Product *p);
void gemm_dots_avx2(const Product *p);
void gemm_multiply_avx512(const Product *p);
void gemm_dots_avx512(const Product *p);
#endif

#endif
