#include "data/suspect.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/spectrum.h"

enum { BLOCK = 8, LEAST_BLOCKS = 4 };

static double natural_logarithm(double power)
{
    return log(power + 0.04); /* below this lies what rounding to levels adds */
}

/* Mean of log power between two shares of the finest frequency; *where is its mean frequency. */
static double band(const double *power, double low, double high, double *where)
{
    double sum = 0, frequencies = 0;
    int count = 0;
    for (int i = 1; i < SPECTRUM_BANDS; i++) {
        double f = (double)i / (SPECTRUM_BANDS - 1);
        if (f < low - 1e-9 || f > high + 1e-9)
            continue;
        sum += natural_logarithm(power[i]);
        frequencies += f;
        count++;
    }
    *where = frequencies / count;
    return sum / count;
}

/* The steepest fall of one axis. */
static double steepest_fall(const double *power, double *cutoff)
{
    double steepest = 0;
    for (double c = 0.2; c < 0.9; c += 0.02) {
        double below, above;
        double low = band(power, 0.75 * c, 0.95 * c, &below);
        double high = band(power, fmin(1.15 * c, 0.95), fmin(1.6 * c, 1), &above);
        double fall = low - high - 2 * log(above / below);
        if (fall > steepest) {
            steepest = fall;
            *cutoff = c;
        }
    }
    return steepest;
}

/* Both axes must fall; the finer one's cut-off counts. */
static void examine_spectrum(const Plane *luma, Suspicion *s)
{
    double power[SPECTRUM_BANDS];
    s->cutoff = 1;
    if (luma->width < SPECTRUM_LENGTH || luma->height < SPECTRUM_LENGTH)
        return;
    s->cutoff = 0;
    for (int axis = 0; axis < 2; axis++) {
        double cutoff = 1;
        plane_spectrum(luma, axis == 1, power);
        double fall = steepest_fall(power, &cutoff);
        s->fall = axis == 0 || fall < s->fall ? fall : s->fall;
        s->cutoff = cutoff > s->cutoff ? cutoff : s->cutoff;
    }
}

/* Differences are clipped, so that a few edges do not decide. */
static float difference(float a, float b)
{
    float d = fabsf(a - b);
    return d < 16 ? d : 16;
}

/* Sums of the differences between each column and the one before. */
FOR_EVERY_PROCESSOR
static void sum_columns(const Plane *luma, double *sums)
{
    for (int y = 0; y < luma->height; y++) {
        const float *row = luma->values + (size_t)y * (size_t)luma->width;
        for (int x = 1; x < luma->width; x++)
            sums[x] += difference(row[x], row[x - 1]);
    }
}

/* The same between rows. */
FOR_EVERY_PROCESSOR
static void sum_rows(const Plane *luma, double *sums)
{
    size_t width = (size_t)luma->width;
    for (int y = 1; y < luma->height; y++) {
        const float *row = luma->values + (size_t)y * width, *above = row - width;
        for (size_t x = 0; x < width; x++)
            sums[y] += difference(row[x], above[x]);
    }
}

/* How far the differences at one phase of 8 exceed those at their sides, in the mean. */
static double blockiness_of(const double *sums, int count, int across)
{
    double phases[BLOCK] = {0}, total = 0;
    int counts[BLOCK] = {0}, best = 0, rank = 0;
    for (int i = 2; i < count - 1; i++) {
        phases[i % BLOCK] += sums[i] - (sums[i - 1] + sums[i + 1]) / 2;
        counts[i % BLOCK]++;
        total += sums[i];
    }
    for (int p = 0; p < BLOCK; p++) {
        phases[p] /= counts[p];
        best = phases[p] > phases[best] ? p : best;
    }
    double usual = 0; /* the median of the other seven */
    for (int p = 0; p < BLOCK; p++) {
        rank = 0;
        for (int q = 0; q < BLOCK; q++)
            rank += q != best && (phases[q] < phases[p] || (phases[q] == phases[p] && q < p));
        if (p != best && rank == 3)
            usual = phases[p];
    }
    /* Enlarging 2 or 4 times leaves a period of its own, which half a block shows as well. */
    usual = fmax(usual, phases[(best + BLOCK / 2) % BLOCK]);
    return (phases[best] - usual) / (total / (count - 3) + 0.5 * across);
}

static void examine_blocks(const Plane *luma, Suspicion *s)
{
    int least = BLOCK * LEAST_BLOCKS;
    if (luma->width < least || luma->height < least)
        return;
    for (int axis = 0; axis < 2; axis++) {
        bool rows = axis == 1;
        int count = rows ? luma->height : luma->width, across = rows ? luma->width : luma->height;
        double *sums = memory_array((size_t)count, sizeof *sums);
        rows ? sum_rows(luma, sums) : sum_columns(luma, sums);
        double blockiness = blockiness_of(sums, count, across);
        s->blockiness = axis == 0 || blockiness < s->blockiness ? blockiness : s->blockiness;
        free(sums);
    }
}

double plane_texture(const Plane *luma)
{
    double sum = 0;
    size_t width = (size_t)luma->width;
    for (size_t y = 1; y < (size_t)luma->height; y++) {
        const float *row = luma->values + y * width;
        float here = 0;
        for (size_t x = 1; x < width; x++)
            here += fabsf(row[x] - row[x - 1]) + fabsf(row[x] - (row - width)[x]);
        sum += here;
    }
    double count = ((double)luma->width - 1) * ((double)luma->height - 1);
    return count > 0 ? sum / 2 / count : 0;
}

Suspicion plane_examine(const Plane *luma)
{
    Suspicion s = {.texture = plane_texture(luma)};
    examine_spectrum(luma, &s);
    examine_blocks(luma, &s);
    return s;
}

Suspicion image_examine(const Image *image)
{
    Plane luma = image_luma(image);
    Suspicion suspicion = plane_examine(&luma);
    plane_free(&luma);
    return suspicion;
}

bool suspicion_is_flat(const Suspicion *s)
{
    return s->texture < SUSPECT_TEXTURE;
}

/* What is flat has no spectrum to speak of. */
bool suspicion_is_empty(const Suspicion *s)
{
    return s->fall > SUSPECT_FALL && s->cutoff < SUSPECT_CUTOFF && !suspicion_is_flat(s);
}

bool suspicion_is_compressed(const Suspicion *s)
{
    return s->blockiness > SUSPECT_BLOCKINESS;
}

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
                                                         const char *format, ...)
{
    size_t used = strlen(text);
    va_list list;
    va_start(list, format);
    if (used > 0 && used + 2 < size)
        used += (size_t)snprintf(text + used, size - used, "; ");
    vsnprintf(text + used, size - used, format, list);
    va_end(list);
}

int suspicion_describe(const Suspicion *s, char *text, size_t size)
{
    bool empty = suspicion_is_empty(s), flat = suspicion_is_flat(s);
    bool compressed = suspicion_is_compressed(s);
    if (empty)
        append(text, size, "nothing above %.0f %% of its resolution, enlarged or blurred before",
               100 * s->cutoff);
    if (compressed)
        append(text, size, "heavily compressed, 8x8 blocks show (%.2f)", s->blockiness);
    if (flat)
        append(text, size, "nearly flat, neighbours differ by %.1f levels", s->texture);
    return empty + compressed + flat;
}
