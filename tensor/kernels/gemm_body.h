/* gemm.h for one processor. Included with LANES (floats of a vector), GEMM_MULTIPLY and GEMM_DOTS
 * (the functions' names) and FOR_EACH_STRIP(strip): strip(vectors, rows) for every width in vectors
 * that columns are taken in, widest first, with the rows that are kept in registers with it. */
#include "tensor/kernels/gemm.h"

#define INLINE static inline __attribute__((always_inline))

enum { MOST_ROWS = 16, MOST_VECTORS = 4 };

typedef float Vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE Vector at(const float *p)
{
    return *(const Vector *)p;
}

INLINE void tile(const Product *p, int row, int column, const int vectors, const int rows)
{
    const float *a = p->a + row * p->a_row, *b = p->b + column;
    const int64_t a_row = p->a_row, a_step = p->a_step, b_row = p->b_row;
    Vector sums[MOST_ROWS][MOST_VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++)
            sums[r][v] = (Vector){0};
    for (int d = p->depth; d > 0; d--, a += a_step, b += b_row)
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
            for (int v = 0; v < vectors; v++)
                sums[r][v] += a[r * a_row] * at(b + v * LANES);
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++) {
            Vector *c = (Vector *)(p->c + (row + r) * p->c_row + column + v * LANES);
            if (p->add)
                sums[r][v] += *c;
            *c = sums[r][v];
        }
}

INLINE void strip(const Product *p, int column, const int vectors, const int rows)
{
    int r = 0;
    for (; r + rows <= p->rows; r += rows)
        tile(p, r, column, vectors, rows);
    for (; r + 3 <= p->rows; r += 3)
        tile(p, r, column, vectors, 3);
    for (; r < p->rows; r++)
        tile(p, r, column, vectors, 1);
}

void GEMM_MULTIPLY(const Product *p)
{
    int column = 0;
#define STRIP(vectors, rows)                                                                       \
    for (; column + vectors * LANES <= p->columns; column += vectors * LANES)                      \
        strip(p, column, vectors, rows);
    FOR_EACH_STRIP(STRIP)
#undef STRIP
}

INLINE float total(Vector v)
{
    float sum = 0;
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        sum += v[i];
    return sum;
}

INLINE void dots(const Product *p, int row, int column, const int rows, const int columns)
{
    const float *a = p->a + row * p->a_row, *b = p->b + column * p->b_row;
    const int64_t a_row = p->a_row, b_row = p->b_row;
    Vector sums[MOST_ROWS][MOST_VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int j = 0; j < columns; j++)
            sums[r][j] = (Vector){0};
    for (int d = 0; d < p->depth; d += LANES, a += LANES, b += LANES)
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
            for (int j = 0; j < columns; j++)
                sums[r][j] += at(a + r * a_row) * at(b + j * b_row);
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int j = 0; j < columns; j++) {
            float *c = p->c + (row + r) * p->c_row + column + j;
            *c = total(sums[r][j]) + (p->add ? *c : 0);
        }
}

INLINE void column_dots(const Product *p, int column, const int columns)
{
    int r = 0;
    for (; r + 4 <= p->rows; r += 4)
        dots(p, r, column, 4, columns);
    for (; r < p->rows; r++)
        dots(p, r, column, 1, columns);
}

void GEMM_DOTS(const Product *p)
{
    int column = 0;
    for (; column + 3 <= p->columns; column += 3)
        column_dots(p, column, 3);
    for (; column < p->columns; column++)
        column_dots(p, column, 1);
}
