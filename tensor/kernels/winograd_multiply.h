/* Products of matrices: panels of at most PANEL vectors, MOST_ROWS(vectors) rows at a time in
 * registers. */
#ifndef TENSOR_KERNELS_WINOGRAD_MULTIPLY_H
#define TENSOR_KERNELS_WINOGRAD_MULTIPLY_H

#include "tensor/kernels/winograd_steps.h"
#include "tensor/kernels/winograd_vector.h"

typedef struct Factors {
    const float *a, *b;
    float *result;
    int64_t a_row, a_depth, b_depth, result_row, depth;
    bool add;
    const float *a_scales, *b_scales;
} Factors;

INLINE Vector first_sum(const Factors *f, int row, int vector)
{
#if FACTORS == INT16_PAIRS
    (void)f, (void)row, (void)vector;
    return (Vector){0};
#else
    return f->add ? load(f->result + row * f->result_row + vector * LANES) : (Vector){0};
#endif
}

INLINE Vector total(const Factors *f, int row, int vector, Vector sum)
{
#if FACTORS == INT16_PAIRS
    Vector scales = f->a_scales[row] * load(f->b_scales + vector * LANES);
    return scales * (Vector)_mm512_cvtepi32_ps((__m512i)sum);
#else
    (void)f, (void)row, (void)vector;
    return sum;
#endif
}

/* rows x vectors accumulators. One of a's strides is 1 and b's is known when this is compiled. */
INLINE void multiply_rows(const int rows, const int vectors, const bool packed, const Factors *f)
{
    Vector sums[12][PANEL];
    const float *a = f->a, *b = f->b;
    int64_t a_row = packed ? f->a_row : 1, a_depth = packed ? 1 : f->a_depth;
    int64_t b_depth = packed ? vectors * LANES : f->b_depth;
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            sums[r][v] = first_sum(f, r, v);
    for (int64_t k = f->depth; k > 0; k--) {
        Vector columns[PANEL];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            columns[v] = load(b + v * LANES);
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sums[r][v] = multiply_add(sums[r][v], a[r * a_row], columns[v]);
        a += a_depth;
        b += b_depth;
    }
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            store(f->result + r * f->result_row + v * LANES, total(f, r, v, sums[r][v]));
}

#define ROWS_CASE(n)                                                                               \
    case n:                                                                                        \
        if (n <= most)                                                                             \
            multiply_rows(n, vectors, packed, &f);                                                 \
        break;

/* All rows, in parts as even as they can be. */
INLINE void multiply_panel(const int most, const int vectors, const bool packed, Factors f,
                           int64_t rows)
{
    int64_t parts = (rows + most - 1) / most;
    for (int64_t p = 0; p < parts; p++) {
        int64_t count = rows * (p + 1) / parts - rows * p / parts;
        switch (count) {
            ROWS_CASE(1)
            ROWS_CASE(2)
            ROWS_CASE(3)
            ROWS_CASE(4)
            ROWS_CASE(5)
            ROWS_CASE(6)
            ROWS_CASE(7)
            ROWS_CASE(8)
            ROWS_CASE(9)
            ROWS_CASE(10)
            ROWS_CASE(11)
            ROWS_CASE(12)
        }
        f.a += count * f.a_row;
        f.result += count * f.result_row;
        if (FACTORS == INT16_PAIRS)
            f.a_scales += count;
    }
}

INLINE void multiply_task(const bool packed, const Factors *f, int vectors, int64_t rows)
{
    switch (vectors) {
#if PANEL >= 4
    case 4:
        multiply_panel(MOST_ROWS(4), 4, packed, *f, rows);
        break;
    case 3:
        multiply_panel(MOST_ROWS(3), 3, packed, *f, rows);
        break;
#endif
    case 2:
        multiply_panel(MOST_ROWS(2), 2, packed, *f, rows);
        break;
    case 1:
        multiply_panel(MOST_ROWS(1), 1, packed, *f, rows);
        break;
    }
}

static void multiply(const Product *p, Range tasks, Range rows)
{
    int panels = winograd_panels(p->vectors, PANEL);
    for (int64_t task = tasks.first; task < tasks.last; task++) {
        int64_t point = task / panels;
        int panel = (int)(task % panels);
        int from = winograd_panel_start(p->vectors, panels, panel);
        int vectors = winograd_panel_start(p->vectors, panels, panel + 1) - from;
        bool packed = p->b_depth == 0;
        Factors f = {p->a + point * p->a_plane + rows.first * p->a_row,
                     p->b + point * p->b_plane + (packed ? p->depth : 1) * from * LANES,
                     p->result + point * p->result_plane + rows.first * p->result_row +
                         from * LANES,
                     p->a_row,
                     p->a_depth,
                     p->b_depth,
                     p->result_row,
                     p->depth,
                     p->add,
                     NULL,
                     NULL};
        if (FACTORS == INT16_PAIRS) {
            f.a_scales = p->a_scales + point * p->a_scale_plane + rows.first;
            f.b_scales = p->b_scales + (point * p->vectors + from) * LANES;
        }
        if (packed)
            multiply_task(true, &f, vectors, rows.last - rows.first);
        else if (FACTORS != INT16_PAIRS)
            multiply_task(false, &f, vectors, rows.last - rows.first);
    }
}

#endif
