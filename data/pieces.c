#include "data/pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"

enum { LENGTH = PIECE_LENGTH, HALF = LENGTH / 2 };

static const double PI = 3.14159265358979323846;

struct Pieces {
    float turns[2][HALF];                     /* exp(-2 pi i k / LENGTH) */
    float window[LENGTH];                     /* of mean square 1 */
    int order[LENGTH];                        /* bits reversed */
    float re[PIECE_PIXELS], im[PIECE_PIXELS]; /* rows in reversed order */
    float turned[2][PIECE_PIXELS];
};

int pieces_along(int extent, int most)
{
    int count = extent < LENGTH ? 0 : 1 + (extent - LENGTH + HALF - 1) / HALF;
    return count < most ? count : most;
}

int piece_start(int extent, int count, int index)
{
    return count > 1 ? (int)((int64_t)(extent - LENGTH) * index / (count - 1)) : 0;
}

Pieces *pieces_new(void)
{
    Pieces *p = memory_new(sizeof *p);
    for (int k = 0; k < HALF; k++) {
        p->turns[0][k] = (float)cos(-2 * PI * k / LENGTH);
        p->turns[1][k] = (float)sin(-2 * PI * k / LENGTH);
    }
    for (int i = 0; i < LENGTH; i++) {
        for (int bit = 1, back = HALF; back > 0; bit *= 2, back /= 2)
            p->order[i] |= i & bit ? back : 0;
        p->window[i] = (float)((0.5 - 0.5 * cos(2 * PI * (i + 0.5) / LENGTH)) / sqrt(0.375));
    }
    return p;
}

void pieces_free(Pieces *pieces)
{
    free(pieces);
}

void pieces_take(Pieces *p, const Plane *plane, int left, int top, bool imaginary)
{
    size_t width = (size_t)plane->width;
    const float *from = plane->values + (size_t)top * width + (size_t)left;
    float *values = imaginary ? p->im : p->re;
    double sum = 0;
    for (size_t y = 0; y < LENGTH; y++)
        for (size_t x = 0; x < LENGTH; x++)
            sum += (double)from[y * width + x];
    float mean = (float)(sum / PIECE_PIXELS);
    for (int y = 0; y < LENGTH; y++)
        for (int x = 0; x < LENGTH; x++)
            values[p->order[y] * LENGTH + x] =
                (from[(size_t)y * width + (size_t)x] - mean) * p->window[y] * p->window[x];
}

void pieces_clear_imaginary(Pieces *p)
{
    memset(p->im, 0, sizeof p->im);
}

/* One butterfly of Cooley and Tukey's on two whole rows. */
static inline void fold_rows(float *restrict a_re, float *restrict a_im, float *restrict b_re,
                             float *restrict b_im, float turn_re, float turn_im)
{
    for (int x = 0; x < LENGTH; x++) {
        float re = b_re[x] * turn_re - b_im[x] * turn_im;
        float im = b_re[x] * turn_im + b_im[x] * turn_re;
        b_re[x] = a_re[x] - re;
        b_im[x] = a_im[x] - im;
        a_re[x] += re;
        a_im[x] += im;
    }
}

/* Down the columns, all of them at once; rows come in reversed order. */
FOR_EVERY_PROCESSOR
static void transform_columns(const Pieces *p, float *re, float *im)
{
    for (int half = 1; half < LENGTH; half *= 2)
        for (int start = 0; start < LENGTH; start += 2 * half)
            for (int k = 0; k < half; k++) {
                int a = (start + k) * LENGTH, b = a + half * LENGTH, turn = k * (HALF / half);
                fold_rows(re + a, im + a, re + b, im + b, p->turns[0][turn], p->turns[1][turn]);
            }
}

/* Columns become rows, in reversed order. */
static void turn_over(const Pieces *p, const float *from, float *to)
{
    for (int y = 0; y < LENGTH; y++)
        for (int x = 0; x < LENGTH; x++)
            to[p->order[x] * LENGTH + y] = from[y * LENGTH + x];
}

void pieces_transform(Pieces *p, const float **re, const float **im)
{
    transform_columns(p, p->re, p->im);
    turn_over(p, p->re, p->turned[0]);
    turn_over(p, p->im, p->turned[1]);
    transform_columns(p, p->turned[0], p->turned[1]);
    *re = p->turned[0];
    *im = p->turned[1];
}
