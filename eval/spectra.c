#include "eval/spectra.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"

enum { BLOCK = 64, HALF = BLOCK / 2, PIXELS = BLOCK * BLOCK, BINS = (HALF + 1) * BLOCK };
enum { MOST_ALONG = 32 }; /* blocks along an axis: those of large pictures lie farther apart */

static const double PI = 3.14159265358979323846;

/* Real and imaginary parts apart, so that loops over columns vectorise. */
typedef struct Field {
    float re[PIXELS], im[PIXELS];
} Field;

struct Spectrum {
    int width, height, crop, columns, rows; /* blocks */
    float *re, *im;                         /* [block][BINS]: rows 0 .. HALF of the transform */
    double *power;                          /* [BINS]: summed over the blocks */
};

typedef struct Turns {
    float re[HALF], im[HALF], window[BLOCK];
    int order[BLOCK]; /* bits reversed */
} Turns;

static Turns turns_make(void)
{
    Turns t;
    for (int k = 0; k < HALF; k++) {
        t.re[k] = (float)cos(-2 * PI * k / BLOCK);
        t.im[k] = (float)sin(-2 * PI * k / BLOCK);
    }
    for (int i = 0; i < BLOCK; i++) {
        t.order[i] = 0;
        for (int bit = 1, back = HALF; back > 0; bit *= 2, back /= 2)
            t.order[i] |= i & bit ? back : 0;
        t.window[i] = (float)(0.5 - 0.5 * cos(2 * PI * (i + 0.5) / BLOCK));
    }
    return t;
}

/* One butterfly of two rows of the field. */
FOR_EVERY_PROCESSOR
static void butterfly(Field *f, int upper, int lower, float re, float im)
{
    float *restrict ur = f->re + upper * BLOCK, *restrict ui = f->im + upper * BLOCK;
    float *restrict lr = f->re + lower * BLOCK, *restrict li = f->im + lower * BLOCK;
    for (int x = 0; x < BLOCK; x++) {
        float turned_re = lr[x] * re - li[x] * im, turned_im = lr[x] * im + li[x] * re;
        lr[x] = ur[x] - turned_re;
        li[x] = ui[x] - turned_im;
        ur[x] += turned_re;
        ui[x] += turned_im;
    }
}

/* Cooley and Tukey's along every column, in place, rows in reversed order on entry. */
static void transform_columns(const Turns *t, Field *f)
{
    for (int half = 1; half < BLOCK; half *= 2)
        for (int start = 0; start < BLOCK; start += 2 * half)
            for (int k = 0; k < half; k++)
                butterfly(f, start + k, start + half + k, t->re[k * (HALF / half)],
                          t->im[k * (HALF / half)]);
}

/* Rows become columns, and columns rows in reversed order. */
static void transpose(const Turns *t, const Field *from, Field *to)
{
    for (int x = 0; x < BLOCK; x++)
        for (int y = 0; y < BLOCK; y++) {
            to->re[t->order[x] * BLOCK + y] = from->re[y * BLOCK + x];
            to->im[t->order[x] * BLOCK + y] = from->im[y * BLOCK + x];
        }
}

static void load_block(const Turns *t, const Plane *p, int x, int y, Field *f)
{
    double sum = 0;
    memset(f->im, 0, sizeof f->im);
    for (int row = 0; row < BLOCK; row++)
        for (int i = 0; i < BLOCK; i++)
            sum += (double)p->values[(size_t)(y + row) * (size_t)p->width + (size_t)(x + i)];
    float mean = (float)(sum / PIXELS);
    for (int row = 0; row < BLOCK; row++) {
        const float *in = p->values + (size_t)(y + row) * (size_t)p->width + (size_t)x;
        float *out = f->re + t->order[row] * BLOCK, weight = t->window[row];
        for (int i = 0; i < BLOCK; i++)
            out[i] = (in[i] - mean) * t->window[i] * weight;
    }
}

/* The blocks' places: evenly spread, so that they reach both edges. */
static int place(int index, int count, int extent, int crop)
{
    int room = extent - 2 * crop - BLOCK;
    return crop + (count > 1 ? (int)((int64_t)index * room / (count - 1)) : room / 2);
}

static int blocks_along(int extent, int crop)
{
    int room = extent - 2 * crop - BLOCK, count = room < 0 ? 0 : room / HALF + 1;
    return count < MOST_ALONG ? count : MOST_ALONG;
}

/* Transforms block `index` into f, whose first HALF + 1 rows tell all of a real plane: row is the
 * frequency across, column that down. */
static void transform_block(const Spectrum *s, const Turns *t, const Plane *p, int index, Field *f)
{
    Field scratch;
    load_block(t, p, place(index % s->columns, s->columns, p->width, s->crop),
               place(index / s->columns, s->rows, p->height, s->crop), &scratch);
    transform_columns(t, &scratch);
    transpose(t, &scratch, f);
    transform_columns(t, f);
}

FOR_EVERY_PROCESSOR
static void add_power(const float *re, const float *im, double *power)
{
    for (int i = 0; i < BINS; i++)
        power[i] += (double)(re[i] * re[i] + im[i] * im[i]);
}

/* The cross spectrum: sums of a's times b's conjugate. */
FOR_EVERY_PROCESSOR
static void add_cross(const float *ar, const float *ai, const float *br, const float *bi,
                      double *re, double *im)
{
    for (int i = 0; i < BINS; i++) {
        re[i] += (double)(ar[i] * br[i] + ai[i] * bi[i]);
        im[i] += (double)(ai[i] * br[i] - ar[i] * bi[i]);
    }
}

Spectrum *spectrum_new(const Plane *luma, int crop)
{
    int columns = blocks_along(luma->width, crop), rows = blocks_along(luma->height, crop);
    if (columns == 0 || rows == 0)
        return NULL;
    Spectrum *s = memory_new(sizeof *s);
    *s = (Spectrum){luma->width, luma->height, crop, columns, rows, NULL, NULL, NULL};
    size_t blocks = (size_t)columns * (size_t)rows;
    s->re = memory_array(blocks * BINS, sizeof *s->re);
    s->im = memory_array(blocks * BINS, sizeof *s->im);
    s->power = memory_array(BINS, sizeof *s->power);
    Turns turns = turns_make();
    Field *f = memory_new(sizeof *f);
    for (size_t i = 0; i < blocks; i++) {
        transform_block(s, &turns, luma, (int)i, f);
        memcpy(s->re + i * BINS, f->re, BINS * sizeof *s->re);
        memcpy(s->im + i * BINS, f->im, BINS * sizeof *s->im);
        add_power(f->re, f->im, s->power);
    }
    free(f);
    return s;
}

void spectrum_free(Spectrum *s)
{
    if (!s)
        return;
    free(s->re);
    free(s->im);
    free(s->power);
    free(s);
}

/* The band of a bin, or -1 for what is below the first or beyond Nyquist. */
static int band_of(int bin)
{
    int across = bin / BLOCK, down = bin % BLOCK;
    down = down > HALF ? down - BLOCK : down;
    int band = (int)(sqrt((double)(across * across + down * down)) + 0.5) - 1;
    return band < SPECTRA_BANDS ? band : -1;
}

typedef struct Sums {
    double power[BINS], re[BINS], im[BINS];
} Sums;

/* Powers below this, in squared levels times bins, are rounding noise. */
static const double NOISE = 1e-6;

static void join_bands(const Spectrum *hr, const Sums *sums, double power[SPECTRA_BANDS],
                       double coherence[SPECTRA_BANDS])
{
    double truth[SPECTRA_BANDS] = {0}, judged[SPECTRA_BANDS] = {0};
    double cross[SPECTRA_BANDS] = {0}, most[SPECTRA_BANDS] = {0};
    for (int bin = 0; bin < BINS; bin++) {
        int band = band_of(bin), across = bin / BLOCK;
        double weight =
            across > 0 && across < HALF ? 2 : 1; /* they stand for their mirror images */
        if (band < 0)
            continue;
        truth[band] += weight * hr->power[bin];
        judged[band] += weight * sums->power[bin];
        cross[band] += weight * (sums->re[bin] * sums->re[bin] + sums->im[bin] * sums->im[bin]);
        most[band] += weight * hr->power[bin] * sums->power[bin];
    }
    double least = NOISE * hr->columns * hr->rows;
    for (int k = 0; k < SPECTRA_BANDS; k++) {
        power[k] = truth[k] > least ? judged[k] / truth[k] : NAN;
        bool both = truth[k] > least && judged[k] > least;
        coherence[k] = both ? fmin(cross[k] / most[k], 1) : NAN;
    }
}

void spectrum_compare(const Spectrum *hr, const Plane *sr, double power[SPECTRA_BANDS],
                      double coherence[SPECTRA_BANDS])
{
    Turns turns = turns_make();
    Field *f = memory_new(sizeof *f);
    Sums *sums = memory_new(sizeof *sums);
    for (int i = 0; i < hr->columns * hr->rows; i++) {
        const float *re = hr->re + (size_t)i * BINS, *im = hr->im + (size_t)i * BINS;
        transform_block(hr, &turns, sr, i, f);
        add_power(f->re, f->im, sums->power);
        add_cross(f->re, f->im, re, im, sums->re, sums->im);
    }
    join_bands(hr, sums, power, coherence);
    free(sums);
    free(f);
}

double spectrum_above(const double bands[SPECTRA_BANDS], int scale)
{
    double sum = 0;
    int count = 0;
    for (int k = 0; k < SPECTRA_BANDS; k++)
        if ((k + 1) * scale > SPECTRA_BANDS && !isnan(bands[k])) {
            sum += bands[k];
            count++;
        }
    return count > 0 ? sum / count : NAN;
}
