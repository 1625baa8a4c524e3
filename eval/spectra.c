#include "eval/spectra.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/pieces.h"

/* Rows 0 .. half of a transform tell all of a real piece: row is the frequency across, column that
 * down. */
enum { LENGTH = PIECE_LENGTH, HALF = LENGTH / 2, BINS = (HALF + 1) * LENGTH };
enum { MOST_ALONG = 32 }; /* pieces along an axis: those of large pictures lie farther apart */

struct Spectrum {
    int crop, across, down; /* pieces */
    float *re, *im;         /* [piece][BINS] */
    double *power;          /* [BINS]: summed over the pieces */
};

static void transform_piece(const Spectrum *s, Pieces *pieces, const Plane *p, int index,
                            const float **re, const float **im)
{
    int x = piece_start(p->width - 2 * s->crop, s->across, index % s->across);
    int y = piece_start(p->height - 2 * s->crop, s->down, index / s->across);
    pieces_take(pieces, p, s->crop + x, s->crop + y, false);
    pieces_clear_imaginary(pieces);
    pieces_transform(pieces, re, im);
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
    int across = pieces_along(luma->width - 2 * crop, MOST_ALONG);
    int down = pieces_along(luma->height - 2 * crop, MOST_ALONG);
    if (across == 0 || down == 0)
        return NULL;
    Spectrum *s = memory_new(sizeof *s);
    *s = (Spectrum){.crop = crop, .across = across, .down = down};
    size_t count = (size_t)across * (size_t)down;
    s->re = memory_array(count * BINS, sizeof *s->re);
    s->im = memory_array(count * BINS, sizeof *s->im);
    s->power = memory_array(BINS, sizeof *s->power);
    Pieces *pieces = pieces_new();
    for (size_t i = 0; i < count; i++) {
        const float *re, *im;
        transform_piece(s, pieces, luma, (int)i, &re, &im);
        memcpy(s->re + i * BINS, re, BINS * sizeof *s->re);
        memcpy(s->im + i * BINS, im, BINS * sizeof *s->im);
        add_power(re, im, s->power);
    }
    pieces_free(pieces);
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
    int across = bin / LENGTH, down = bin % LENGTH;
    down = down > HALF ? down - LENGTH : down;
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
        int band = band_of(bin), across = bin / LENGTH;
        double weight =
            across > 0 && across < HALF ? 2 : 1; /* they stand for their mirror images */
        if (band < 0)
            continue;
        truth[band] += weight * hr->power[bin];
        judged[band] += weight * sums->power[bin];
        cross[band] += weight * (sums->re[bin] * sums->re[bin] + sums->im[bin] * sums->im[bin]);
        most[band] += weight * hr->power[bin] * sums->power[bin];
    }
    double least = NOISE * hr->across * hr->down;
    for (int k = 0; k < SPECTRA_BANDS; k++) {
        power[k] = truth[k] > least ? judged[k] / truth[k] : NAN;
        bool both = truth[k] > least && judged[k] > least;
        coherence[k] = both ? fmin(cross[k] / most[k], 1) : NAN;
    }
}

void spectrum_compare(const Spectrum *hr, const Plane *sr, double power[SPECTRA_BANDS],
                      double coherence[SPECTRA_BANDS])
{
    Pieces *pieces = pieces_new();
    Sums *sums = memory_new(sizeof *sums);
    for (int i = 0; i < hr->across * hr->down; i++) {
        const float *re, *im;
        transform_piece(hr, pieces, sr, i, &re, &im);
        add_power(re, im, sums->power);
        add_cross(re, im, hr->re + (size_t)i * BINS, hr->im + (size_t)i * BINS, sums->re, sums->im);
    }
    join_bands(hr, sums, power, coherence);
    free(sums);
    pieces_free(pieces);
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
