/* Sequences of BATCH columns are transformed together, so that every loop inside runs over lanes of
 * constant factors. Stockham's order: each stage takes elements from far apart and puts its results
 * side by side, back and forth between two buffers. */
#include "data/fourier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"

enum { BATCH = 16, MOST_STAGES = 32, MOST_RADIX = 7 };

typedef struct Complex {
    float *re, *im; /* of one block of memory, which begins at re */
} Complex;

typedef struct Fourier {
    int length, stages, radices[MOST_STAGES];
    Complex turns;          /* exp(-2 pi i k / length) */
    struct Fourier *padded; /* of a chirp's convolution, where a factor is large; else NULL */
    Complex chirp;          /* exp(pi i k^2 / length) */
    Complex response;       /* transform of the chirp, / padded->length */
} Fourier;

/* Where element k of a batch begins: powers of two apart would fall into the same few lines of the
 * nearest cache, so a line is left out now and then. */
static inline size_t place(int k)
{
    return (size_t)(k + k / 32) * BATCH;
}

static Complex complex_new(size_t count)
{
    Complex c = {.re = memory_array(2 * count, sizeof(float))};
    c.im = c.re + count;
    return c;
}

static void fill_turns(Complex turns, int count, double angle)
{
    for (int k = 0; k < count; k++) {
        turns.re[k] = (float)cos(angle * k);
        turns.im[k] = (float)sin(angle * k);
    }
}

/* Whether all factors are small; if so, lists them. */
static bool factorise(Fourier *f)
{
    static const int RADICES[] = {4, 2, 3, 5, 7};
    int rest = f->length;
    for (int i = 0; i < 5; i++)
        while (rest % RADICES[i] == 0) {
            f->radices[f->stages++] = RADICES[i];
            rest /= RADICES[i];
        }
    return rest == 1;
}

/* Where a group of elements comes from and goes to. */
typedef struct Group {
    const float *in_re, *in_im;
    float *out_re, *out_im;
    size_t in[MOST_RADIX], out[MOST_RADIX];
} Group;

/* Written for one radix at a time, so that its loops unroll. */
static inline __attribute__((always_inline)) void butterflies(int radix, const float *turn_re,
                                                              const float *turn_im, const Group *g)
{
    const float *in_re[MOST_RADIX], *in_im[MOST_RADIX];
#pragma GCC unroll 8
    for (int t = 0; t < radix; t++) {
        in_re[t] = g->in_re + g->in[t];
        in_im[t] = g->in_im + g->in[t];
    }
    for (int u = 0; u < radix; u++) {
        float *out_re = g->out_re + g->out[u], *out_im = g->out_im + g->out[u];
        float re[BATCH] = {0}, im[BATCH] = {0};
#pragma GCC unroll 8
        for (int t = 0; t < radix; t++) {
            float c = turn_re[u * radix + t], d = turn_im[u * radix + t];
            const float *a = in_re[t], *b = in_im[t];
            for (int lane = 0; lane < BATCH; lane++) {
                re[lane] += a[lane] * c - b[lane] * d;
                im[lane] += a[lane] * d + b[lane] * c;
            }
        }
        memcpy(out_re, re, sizeof re);
        memcpy(out_im, im, sizeof im);
    }
}

/* turn_re and turn_im hold the factors of the results 1, 2 and 3. */
static inline __attribute__((always_inline)) void
butterflies_of_four(const float *turn_re, const float *turn_im, const Group *g)
{
    const float *re0 = g->in_re + g->in[0], *im0 = g->in_im + g->in[0];
    const float *re1 = g->in_re + g->in[1], *im1 = g->in_im + g->in[1];
    const float *re2 = g->in_re + g->in[2], *im2 = g->in_im + g->in[2];
    const float *re3 = g->in_re + g->in[3], *im3 = g->in_im + g->in[3];
    float *to_re0 = g->out_re + g->out[0], *to_im0 = g->out_im + g->out[0];
    float *to_re1 = g->out_re + g->out[1], *to_im1 = g->out_im + g->out[1];
    float *to_re2 = g->out_re + g->out[2], *to_im2 = g->out_im + g->out[2];
    float *to_re3 = g->out_re + g->out[3], *to_im3 = g->out_im + g->out[3];
    float c1 = turn_re[0], d1 = turn_im[0], c2 = turn_re[1], d2 = turn_im[1];
    float c3 = turn_re[2], d3 = turn_im[2];
#pragma GCC ivdep
    for (size_t i = 0; i < BATCH; i++) {
        float even_re = re0[i] + re2[i], even_im = im0[i] + im2[i];
        float less_re = re0[i] - re2[i], less_im = im0[i] - im2[i];
        float odd_re = re1[i] + re3[i], odd_im = im1[i] + im3[i];
        float rest_re = re1[i] - re3[i], rest_im = im1[i] - im3[i];
        float p_re = less_re + rest_im, p_im = less_im - rest_re;
        float q_re = even_re - odd_re, q_im = even_im - odd_im;
        float r_re = less_re - rest_im, r_im = less_im + rest_re;
        to_re0[i] = even_re + odd_re;
        to_im0[i] = even_im + odd_im;
        to_re1[i] = p_re * c1 - p_im * d1;
        to_im1[i] = p_re * d1 + p_im * c1;
        to_re2[i] = q_re * c2 - q_im * d2;
        to_im2[i] = q_re * d2 + q_im * c2;
        to_re3[i] = r_re * c3 - r_im * d3;
        to_im3[i] = r_re * d3 + r_im * c3;
    }
}

/* The factors of one group: exp(-2 pi i (t u / radix + p u / count)), or of radix 4 the second
 * terms alone. */
static void find_turns(const Fourier *f, int radix, int count, int p, float *re, float *im)
{
    int first = radix == 4 ? 1 : 0, terms = radix == 4 ? 1 : radix, i = 0;
    for (int u = first; u < radix; u++)
        for (int t = 0; t < terms; t++, i++) {
            int k = p * u * (f->length / count) + t * u % radix * (f->length / radix);
            k = k < f->length ? k : k - f->length;
            re[i] = f->turns.re[k];
            im[i] = f->turns.im[k];
        }
}

/* One stage over sequences of `count` elements, `stride` of them interleaved. */
FOR_EVERY_PROCESSOR
static void run_stage(const Fourier *f, int radix, int count, int stride, Complex from, Complex to)
{
    float re[MOST_RADIX * MOST_RADIX], im[MOST_RADIX * MOST_RADIX];
    int part = count / radix;
    Group g = {.in_re = from.re, .in_im = from.im, .out_re = to.re, .out_im = to.im};
    for (int p = 0; p < part; p++) {
        find_turns(f, radix, count, p, re, im);
        for (int q = 0; q < stride; q++) {
            for (int t = 0; t < radix; t++) {
                g.in[t] = place(q + stride * (p + part * t));
                g.out[t] = place(q + stride * (radix * p + t));
            }
            switch (radix) {
            case 2:
                butterflies(2, re, im, &g);
                break;
            case 3:
                butterflies(3, re, im, &g);
                break;
            case 4:
                butterflies_of_four(re, im, &g);
                break;
            case 5:
                butterflies(5, re, im, &g);
                break;
            default:
                butterflies(7, re, im, &g);
            }
        }
    }
}

/* Transforms a batch; the result is in *values, which may change places with *other. */
static void run_stages(const Fourier *f, Complex *values, Complex *other)
{
    int count = f->length, stride = 1;
    for (int i = 0; i < f->stages; i++) {
        run_stage(f, f->radices[i], count, stride, *values, *other);
        Complex swapped = *values;
        *values = *other;
        *other = swapped;
        count /= f->radices[i];
        stride *= f->radices[i];
    }
}

static void fourier_free(Fourier *f)
{
    if (!f)
        return;
    free(f->turns.re);
    free(f->chirp.re);
    free(f->response.re);
    fourier_free(f->padded);
    free(f);
}

static Fourier *fourier_new(int length);

/* k^2 stays exact modulo the period of the chirp. */
static void prepare_chirp(Fourier *f)
{
    int padded = 1, n = f->length;
    while (padded < 2 * n - 1)
        padded *= 2;
    f->padded = fourier_new(padded);
    f->chirp = complex_new((size_t)n);
    f->response = complex_new((size_t)padded);
    Complex all = complex_new(place(padded)), other = complex_new(place(padded));
    for (int k = 0; k < n; k++) {
        double angle = acos(-1) * (double)((int64_t)k * k % (2 * n)) / n;
        size_t here = place(k), mirrored = place(k ? padded - k : 0);
        f->chirp.re[k] = all.re[here] = all.re[mirrored] = (float)cos(angle);
        f->chirp.im[k] = all.im[here] = all.im[mirrored] = (float)sin(angle);
    }
    run_stages(f->padded, &all, &other);
    for (int k = 0; k < padded; k++) {
        f->response.re[k] = all.re[place(k)] / (float)padded;
        f->response.im[k] = all.im[place(k)] / (float)padded;
    }
    free(all.re);
    free(other.re);
}

static Fourier *fourier_new(int length)
{
    Fourier *f = memory_new(sizeof *f);
    f->length = length;
    if (!factorise(f)) {
        prepare_chirp(f);
        return f;
    }
    f->turns = complex_new((size_t)length);
    fill_turns(f->turns, length, -2 * acos(-1) / length);
    return f;
}

/* Multiplies element k of every lane by factor k, or by its conjugate. */
FOR_EVERY_PROCESSOR
static void multiply(Complex values, Complex factors, int count, bool conjugate)
{
    for (int k = 0; k < count; k++) {
        float c = factors.re[k], d = conjugate ? -factors.im[k] : factors.im[k];
        float *restrict re = values.re + place(k), *restrict im = values.im + place(k);
        for (int lane = 0; lane < BATCH; lane++) {
            float a = re[lane], b = im[lane];
            re[lane] = a * c - b * d;
            im[lane] = a * d + b * c;
        }
    }
}

static void conjugate(Complex values, int count)
{
    for (size_t i = 0; i < place(count); i++)
        values.im[i] = -values.im[i];
}

static void transform(const Fourier *f, Complex *values, Complex *other)
{
    if (!f->padded) {
        run_stages(f, values, other);
        return;
    }
    size_t used = place(f->length), rest = place(f->padded->length) - used;
    memset(values->re + used, 0, rest * sizeof(float));
    memset(values->im + used, 0, rest * sizeof(float));
    multiply(*values, f->chirp, f->length, true);
    run_stages(f->padded, values, other);
    multiply(*values, f->response, f->padded->length, false);
    conjugate(*values, f->padded->length); /* the way back is the conjugate's way forth */
    run_stages(f->padded, values, other);
    conjugate(*values, f->length);
    multiply(*values, f->chirp, f->length, true);
}

static void take_columns(const Plane *p, int x, int count, float *batch)
{
    for (int y = 0; y < p->height; y++) {
        const float *row = p->values + (size_t)y * (size_t)p->width + (size_t)x;
        for (int lane = 0; lane < BATCH; lane++)
            batch[place(y) + (size_t)lane] = lane < count ? row[lane] : 0;
    }
}

static void put_rows(const float *batch, int y, int count, Plane *p)
{
    for (int lane = 0; lane < count; lane++)
        for (int x = 0; x < p->width; x++)
            p->values[(size_t)(y + lane) * (size_t)p->width + (size_t)x] =
                batch[place(x) + (size_t)lane];
}

/* Transforms the columns, which become rows. */
static void transform_columns(Plane *re, Plane *im)
{
    Fourier *f = fourier_new(re->height);
    size_t room = place(f->padded ? f->padded->length : f->length);
    Complex values = complex_new(room), other = complex_new(room);
    Plane turned_re = plane_new(re->height, re->width),
          turned_im = plane_new(re->height, re->width);
    for (int x = 0; x < re->width; x += BATCH) {
        int count = re->width - x < BATCH ? re->width - x : BATCH;
        take_columns(re, x, count, values.re);
        take_columns(im, x, count, values.im);
        transform(f, &values, &other);
        put_rows(values.re, x, count, &turned_re);
        put_rows(values.im, x, count, &turned_im);
    }
    free(values.re);
    free(other.re);
    fourier_free(f);
    plane_free(re);
    plane_free(im);
    *re = turned_re;
    *im = turned_im;
}

void fourier_plane(Plane *re, Plane *im)
{
    transform_columns(re, im);
    transform_columns(re, im);
}
