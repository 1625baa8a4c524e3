/* F(4x4, 3x3)'s transforms in one dimension, by interpolation in 0, +-2/3, +-3/2 and infinity: the
 * points 0, +-1 and +-2 that are common have twice the rounding error. With a = 2/3, b = 3/2:
 *     B' = | 1   0     -a^2-b^2  0         1  0 |   A' = | 1  1    1    1    1   0 |
 *          | 0  -ab^2  -b^2      a         1  0 |        | 0  a   -a    b   -b   0 |
 *          | 0   ab^2  -b^2     -a         1  0 |        | 0  a^2  a^2  b^2  b^2 0 |
 *          | 0  -ba^2  -a^2      b         1  0 |        | 0  a^3 -a^3  b^3 -b^3 1 |
 *          | 0   ba^2  -a^2     -b         1  0 |
 *          | 0   1      0       -a^2-b^2   0  1 |
 *     G  = (1, 0, 0), (1, +-a, a^2) / (2 a^2 (a^2 - b^2)), (1, +-b, b^2) / (2 b^2 (b^2 - a^2)),
 *          (0, 0, 1)
 * F(5x5, 2x2) has the same B', a row of fourth powers more in A', whose last column belongs to
 * that, and G without its second powers. */
#ifndef TENSOR_KERNELS_WINOGRAD_TRANSFORMS_H
#define TENSOR_KERNELS_WINOGRAD_TRANSFORMS_H

#include "tensor/kernels/winograd_vector.h"

#define POINT_A  (2.0f / 3)
#define POINT_B  1.5f
#define A_SQUARE (4.0f / 9)
#define B_SQUARE 2.25f
#define A_CUBE   (8.0f / 27)
#define B_CUBE   3.375f
#define SQUARES  (4.0f / 9 + 2.25f)
#define SCALE_A  (-729.0f / 1170) /* 1 / (2 a^2 (a^2 - b^2)) */
#define SCALE_B  (144.0f / 1170)  /* 1 / (2 b^2 (b^2 - a^2)) */

/* B' d: six values to six, which lie `apart` from each other. */
INLINE void transform_input(const Vector *d, Vector *to, const int apart)
{
    Vector even_a = d[4] - B_SQUARE * d[2], odd_a = d[3] - B_SQUARE * d[1];
    Vector even_b = d[4] - A_SQUARE * d[2], odd_b = d[3] - A_SQUARE * d[1];
    to[0] = (d[0] + d[4]) - SQUARES * d[2];
    to[apart] = even_a + POINT_A * odd_a;
    to[2 * apart] = even_a - POINT_A * odd_a;
    to[3 * apart] = even_b + POINT_B * odd_b;
    to[4 * apart] = even_b - POINT_B * odd_b;
    to[5 * apart] = (d[1] + d[5]) - SQUARES * d[3];
}

#if KERNEL == 3

/* A' m: six values to four. */
INLINE void transform_output(const Vector *m, Vector *to, const int apart)
{
    Vector even_a = m[1] + m[2], odd_a = m[1] - m[2];
    Vector even_b = m[3] + m[4], odd_b = m[3] - m[4];
    to[0] = m[0] + even_a + even_b;
    to[apart] = POINT_A * odd_a + POINT_B * odd_b;
    to[2 * apart] = A_SQUARE * even_a + B_SQUARE * even_b;
    to[3 * apart] = m[5] + A_CUBE * odd_a + B_CUBE * odd_b;
}

/* A y: four values to six. */
INLINE void transform_gradient(const Vector *y, Vector *to, const int apart)
{
    Vector even_a = y[0] + A_SQUARE * y[2], odd_a = y[1] + A_SQUARE * y[3];
    Vector even_b = y[0] + B_SQUARE * y[2], odd_b = y[1] + B_SQUARE * y[3];
    to[0] = y[0];
    to[apart] = even_a + POINT_A * odd_a;
    to[2 * apart] = even_a - POINT_A * odd_a;
    to[3 * apart] = even_b + POINT_B * odd_b;
    to[4 * apart] = even_b - POINT_B * odd_b;
    to[5 * apart] = y[3];
}

/* G g: three weights to six. */
INLINE void transform_weights(const Vector *g, const int apart, Vector *to, const int to_apart)
{
    Vector g0 = g[0], g1 = g[apart], g2 = g[2 * apart];
    Vector even_a = SCALE_A * (g0 + A_SQUARE * g2), odd_a = SCALE_A * POINT_A * g1;
    Vector even_b = SCALE_B * (g0 + B_SQUARE * g2), odd_b = SCALE_B * POINT_B * g1;
    to[0] = g0;
    to[to_apart] = even_a + odd_a;
    to[2 * to_apart] = even_a - odd_a;
    to[3 * to_apart] = even_b + odd_b;
    to[4 * to_apart] = even_b - odd_b;
    to[5 * to_apart] = g2;
}

/* G' u: six values to three. */
INLINE void transform_weights_back(const Vector *u, const int apart, Vector *to, const int to_apart)
{
    Vector even_a = SCALE_A * (u[apart] + u[2 * apart]);
    Vector odd_a = SCALE_A * POINT_A * (u[apart] - u[2 * apart]);
    Vector even_b = SCALE_B * (u[3 * apart] + u[4 * apart]);
    Vector odd_b = SCALE_B * POINT_B * (u[3 * apart] - u[4 * apart]);
    Vector last = u[5 * apart] + A_SQUARE * even_a + B_SQUARE * even_b;
    to[0] = u[0] + even_a + even_b;
    to[to_apart] = odd_a + odd_b;
    to[2 * to_apart] = last;
}

#else

/* A' m: six values to five. */
INLINE void transform_output(const Vector *m, Vector *to, const int apart)
{
    Vector even_a = m[1] + m[2], odd_a = m[1] - m[2];
    Vector even_b = m[3] + m[4], odd_b = m[3] - m[4];
    to[0] = m[0] + even_a + even_b;
    to[apart] = POINT_A * odd_a + POINT_B * odd_b;
    to[2 * apart] = A_SQUARE * even_a + B_SQUARE * even_b;
    to[3 * apart] = A_CUBE * odd_a + B_CUBE * odd_b;
    to[4 * apart] = m[5] + A_SQUARE * A_SQUARE * even_a + B_SQUARE * B_SQUARE * even_b;
}

/* A y: five values to six. */
INLINE void transform_gradient(const Vector *y, Vector *to, const int apart)
{
    Vector even_a = y[0] + A_SQUARE * (y[2] + A_SQUARE * y[4]), odd_a = y[1] + A_SQUARE * y[3];
    Vector even_b = y[0] + B_SQUARE * (y[2] + B_SQUARE * y[4]), odd_b = y[1] + B_SQUARE * y[3];
    to[0] = y[0];
    to[apart] = even_a + POINT_A * odd_a;
    to[2 * apart] = even_a - POINT_A * odd_a;
    to[3 * apart] = even_b + POINT_B * odd_b;
    to[4 * apart] = even_b - POINT_B * odd_b;
    to[5 * apart] = y[4];
}

/* G g: two weights to six. */
INLINE void transform_weights(const Vector *g, const int apart, Vector *to, const int to_apart)
{
    Vector even_a = SCALE_A * g[0], odd_a = SCALE_A * POINT_A * g[apart];
    Vector even_b = SCALE_B * g[0], odd_b = SCALE_B * POINT_B * g[apart];
    Vector first = g[0], last = g[apart];
    to[0] = first;
    to[to_apart] = even_a + odd_a;
    to[2 * to_apart] = even_a - odd_a;
    to[3 * to_apart] = even_b + odd_b;
    to[4 * to_apart] = even_b - odd_b;
    to[5 * to_apart] = last;
}

/* G' u: six values to two. */
INLINE void transform_weights_back(const Vector *u, const int apart, Vector *to, const int to_apart)
{
    Vector even = SCALE_A * (u[apart] + u[2 * apart]) + SCALE_B * (u[3 * apart] + u[4 * apart]);
    Vector odd_a = SCALE_A * POINT_A * (u[apart] - u[2 * apart]);
    Vector odd_b = SCALE_B * POINT_B * (u[3 * apart] - u[4 * apart]);
    to[0] = u[0] + even;
    to[to_apart] = odd_a + odd_b + u[5 * apart];
}

#endif

#endif
