#include "eval/phase_correlation.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/fourier.h"
#include "eval/rows.h"

/* Steps of a pixel, how far around a whole pixel they are tried, every which of them first, and how
 * many then; TRIED is the most at a time. The peak is about fifty steps wide. */
enum { STEPS = 50, REACH = 37, COARSE = 6, FINE = 2 * COARSE - 1, TRIED = 2 * REACH / COARSE + 1 };

static Plane copy(const Plane *p)
{
    Plane made = plane_new(p->width, p->height);
    memcpy(made.values, p->values, (size_t)p->width * (size_t)p->height * sizeof *p->values);
    return made;
}

/* Of F = A + iB, both real pictures' transforms: A = (F(f) + F*(-f)) / 2, B = (F(f) - F*(-f)) / 2i.
 * Leaves A B* / |A B*| in the planes. */
static void correlate(Plane *re, Plane *im)
{
    const float least = 100 * FLT_EPSILON;
    Plane found_re = plane_new(re->width, re->height), found_im = plane_new(re->width, re->height);
    size_t width = (size_t)re->width, height = (size_t)re->height;
    for (size_t v = 0; v < height; v++)
        for (size_t u = 0; u < width; u++) {
            size_t i = v * width + u;
            size_t j = (v ? height - v : 0) * width + (u ? width - u : 0);
            float a = re->values[i] + re->values[j], b = im->values[i] - im->values[j];
            float c = im->values[i] + im->values[j], d = re->values[j] - re->values[i];
            float x = (a * c + b * d) / 4, y = (b * c - a * d) / 4;
            float size = sqrtf(x * x + y * y);
            found_re.values[i] = x / (size > least ? size : least);
            found_im.values[i] = y / (size > least ? size : least);
        }
    plane_free(re);
    plane_free(im);
    *re = found_re;
    *im = found_im;
}

/* The whole pixels at which the correlation is greatest. */
static void find_pixel(const Plane *re, const Plane *im, int *x, int *y)
{
    /* The way back is the conjugate's way forth; only its size matters. */
    Plane a = copy(re), b = copy(im);
    size_t count = (size_t)b.width * (size_t)b.height, best = 0;
    for (size_t i = 0; i < count; i++)
        b.values[i] = -b.values[i];
    fourier_plane(&a, &b);
    float most = -1;
    for (size_t i = 0; i < count; i++) {
        float power = a.values[i] * a.values[i] + b.values[i] * b.values[i];
        if (power > most) {
            most = power;
            best = i;
        }
    }
    int column = (int)(best % (size_t)a.width), row = (int)(best / (size_t)a.width);
    *x = column > a.width / 2 ? column - a.width : column;
    *y = row > a.height / 2 ? row - a.height : row;
    plane_free(&a);
    plane_free(&b);
}

/* Frequency k of n, cycles per pixel, the highest of an even n negative. */
static double frequency(int k, int n)
{
    return (double)(k <= (n - 1) / 2 ? k : k - n) / n;
}

/* The sums over the rows of exp(2 pi i v shift) times the values, for one shift down. */
FOR_EVERY_PROCESSOR
static void sum_rows(const Plane *re, const Plane *im, double shift, float *restrict sum_re,
                     float *restrict sum_im)
{
    for (int x = 0; x < re->width; x++)
        sum_re[x] = sum_im[x] = 0;
    for (int v = 0; v < re->height; v++) {
        double angle = 2 * acos(-1) * frequency(v, re->height) * shift;
        float c = (float)cos(angle), d = (float)sin(angle);
        const float *a = re->values + (size_t)v * (size_t)re->width;
        const float *b = im->values + (size_t)v * (size_t)re->width;
        for (int x = 0; x < re->width; x++) {
            sum_re[x] += a[x] * c - b[x] * d;
            sum_im[x] += a[x] * d + b[x] * c;
        }
    }
}

/* exp(2 pi i u shift) for every frequency u of a row. */
typedef struct Turns {
    float *re, *im;
} Turns;

static void fill_turns(Turns turns, int width, double shift)
{
    for (int u = 0; u < width; u++) {
        double angle = 2 * acos(-1) * frequency(u, width) * shift;
        turns.re[u] = (float)cos(angle);
        turns.im[u] = (float)sin(angle);
    }
}

FOR_EVERY_PROCESSOR
static double power_of(Turns row, Turns turns, float *restrict re, float *restrict im, int width)
{
    for (int u = 0; u < width; u++) {
        re[u] = row.re[u] * turns.re[u] - row.im[u] * turns.im[u];
        im[u] = row.re[u] * turns.im[u] + row.im[u] * turns.re[u];
    }
    double sum_re = row_sum(re, width), sum_im = row_sum(im, width);
    return sum_re * sum_re + sum_im * sum_im;
}

typedef struct Search {
    const Plane *re, *im;
    int x, y;       /* the best steps so far */
    float *numbers; /* rows: two of sums, two of products, two for each shift tried */
} Search;

/* A whole row of numbers. */
static float *row_of(const Search *s, int index)
{
    return s->numbers + (size_t)index * (size_t)s->re->width;
}

/* Moves the search to the greatest correlation of the places first .. first + (tried - 1) apart. */
static void refine(Search *s, int first_x, int first_y, int apart, int tried)
{
    int width = s->re->width;
    Turns row = {row_of(s, 0), row_of(s, 1)};
    for (int i = 0; i < tried; i++)
        fill_turns((Turns){row_of(s, 4 + 2 * i), row_of(s, 5 + 2 * i)}, width,
                   (double)(first_x + i * apart) / STEPS);
    double most = -1;
    for (int j = 0; j < tried; j++) {
        int y = first_y + j * apart;
        sum_rows(s->re, s->im, (double)y / STEPS, row.re, row.im);
        for (int i = 0; i < tried; i++) {
            Turns turns = {row_of(s, 4 + 2 * i), row_of(s, 5 + 2 * i)};
            double power = power_of(row, turns, row_of(s, 2), row_of(s, 3), width);
            if (power > most) {
                most = power;
                s->x = first_x + i * apart;
                s->y = y;
            }
        }
    }
}

static int clamp(int v, int least, int most)
{
    return v < least ? least : v < most ? v : most;
}

void phase_correlation_find(const Plane *reference, const Plane *moving, double *x, double *y)
{
    Plane re = copy(reference), im = copy(moving);
    fourier_plane(&re, &im);
    correlate(&re, &im);
    int whole_x, whole_y;
    find_pixel(&re, &im, &whole_x, &whole_y);
    Search s = {.re = &re, .im = &im};
    s.numbers = memory_array((size_t)re.width * (4 + 2 * TRIED), sizeof *s.numbers);
    int left = whole_x * STEPS - REACH, top = whole_y * STEPS - REACH, end = 2 * REACH;
    refine(&s, left + REACH % COARSE, top + REACH % COARSE, COARSE, end / COARSE + 1);
    refine(&s, clamp(s.x - COARSE + 1, left, left + end - FINE + 1),
           clamp(s.y - COARSE + 1, top, top + end - FINE + 1), 1, FINE);
    *x = (double)s.x / STEPS;
    *y = (double)s.y / STEPS;
    free(s.numbers);
    plane_free(&re);
    plane_free(&im);
}
