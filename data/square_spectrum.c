#include "data/square_spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"

enum { LENGTH = SQUARE_LENGTH, AREA = LENGTH * LENGTH, MOST_PIECES = 8 };

static const double PI = 3.14159265358979323846;

typedef struct Square {
    float turns[2][LENGTH / 2]; /* exp(-2 pi i k / LENGTH) */
    float window[LENGTH];       /* of mean square 1 */
    int order[LENGTH];          /* bits reversed */
    float re[AREA], im[AREA], turned[2][AREA];
} Square;

static void prepare(Square *s)
{
    for (int k = 0; k < LENGTH / 2; k++) {
        s->turns[0][k] = (float)cos(-2 * PI * k / LENGTH);
        s->turns[1][k] = (float)sin(-2 * PI * k / LENGTH);
    }
    for (int i = 0; i < LENGTH; i++) {
        for (int bit = 1, back = LENGTH / 2; back > 0; bit *= 2, back /= 2)
            s->order[i] |= i & bit ? back : 0;
        s->window[i] = (float)((0.5 - 0.5 * cos(2 * PI * (i + 0.5) / LENGTH)) / sqrt(0.375));
    }
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
static void transform_columns(const Square *s, float *re, float *im)
{
    for (int half = 1; half < LENGTH; half *= 2)
        for (int start = 0; start < LENGTH; start += 2 * half)
            for (int k = 0; k < half; k++) {
                int a = (start + k) * LENGTH, b = a + half * LENGTH, turn = k * (LENGTH / 2 / half);
                fold_rows(re + a, im + a, re + b, im + b, s->turns[0][turn], s->turns[1][turn]);
            }
}

/* Columns become rows, in reversed order. */
static void turn_over(const Square *s, const float *from, float *to)
{
    for (int y = 0; y < LENGTH; y++)
        for (int x = 0; x < LENGTH; x++)
            to[s->order[x] * LENGTH + y] = from[y * LENGTH + x];
}

static void take_piece(const Square *s, const Plane *plane, int left, int top, float *values)
{
    size_t width = (size_t)plane->width;
    const float *from = plane->values + (size_t)top * width + (size_t)left;
    double sum = 0;
    for (size_t y = 0; y < LENGTH; y++)
        for (size_t x = 0; x < LENGTH; x++)
            sum += (double)from[y * width + x];
    float mean = (float)(sum / AREA);
    for (int y = 0; y < LENGTH; y++)
        for (int x = 0; x < LENGTH; x++)
            values[s->order[y] * LENGTH + x] =
                (from[(size_t)y * width + (size_t)x] - mean) * s->window[y] * s->window[x];
}

/* Adds |A + iB|^2 of two real pieces, [u * LENGTH + v]: made even, it is |A|^2 + |B|^2. */
FOR_EVERY_PROCESSOR
static void add_power(const float *re, const float *im, float *power)
{
    for (int i = 0; i < AREA; i++)
        power[i] += re[i] * re[i] + im[i] * im[i];
}

static void add_pieces(Square *s, float *power)
{
    transform_columns(s, s->re, s->im);
    turn_over(s, s->re, s->turned[0]);
    turn_over(s, s->im, s->turned[1]);
    transform_columns(s, s->turned[0], s->turned[1]);
    add_power(s->turned[0], s->turned[1], power);
}

/* How many pieces along an extent, and where one of them begins. */
static int piece_count(int extent)
{
    int count = 1 + (extent - LENGTH + LENGTH / 2 - 1) / (LENGTH / 2);
    return count < MOST_PIECES ? count : MOST_PIECES;
}

static int piece_start(int extent, int index)
{
    int count = piece_count(extent);
    return count > 1 ? (int)((int64_t)(extent - LENGTH) * index / (count - 1)) : 0;
}

void plane_square_spectrum(const Plane *plane, float *power)
{
    Square *s = memory_new(sizeof *s);
    float *sum = memory_array(AREA, sizeof *sum);
    int across = piece_count(plane->width), count = across * piece_count(plane->height);
    prepare(s);
    for (int i = 0; i < count; i += 2) {
        int other = i + 1 < count ? i + 1 : i;
        take_piece(s, plane, piece_start(plane->width, i % across),
                   piece_start(plane->height, i / across), s->re);
        take_piece(s, plane, piece_start(plane->width, other % across),
                   piece_start(plane->height, other / across), s->im);
        add_pieces(s, sum);
    }
    float share = 1.0f / (float)(2 * AREA * ((count + 1) / 2 * 2));
    for (int v = 0; v < LENGTH; v++)
        for (int u = 0; u < LENGTH; u++)
            power[v * LENGTH + u] =
                share *
                (sum[u * LENGTH + v] + sum[(LENGTH - u) % LENGTH * LENGTH + (LENGTH - v) % LENGTH]);
    free(sum);
    free(s);
}
