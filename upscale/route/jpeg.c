/* What is left of JPEG in pixels: its coefficients are near multiples of the steps they were
 * rounded to. The method of Z. Fan and R. L. de Queiroz, "Identification of bitmap compression
 * history", IEEE TIP 2003, doi:10.1109/TIP.2002.807361, with a plainer measure of likeness. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"
#include "upscale/route/blocks.h"

enum { DCT = 8, MOST_BLOCKS = 2048, LEAST_BLOCKS = 24, LEAST_COUNT = 16, MOST_STEP = 64 };

/* The lowest frequencies (across, down), and libjpeg's steps for them at quality 50. */
static const struct {
    int u, v, step;
} TERMS[] = {{1, 0, 11}, {0, 1, 12}, {1, 1, 12}, {2, 0, 10}, {0, 2, 14}, {2, 1, 13}, {1, 2, 14}};
enum { TERM_COUNT = sizeof TERMS / sizeof *TERMS };

/* Rows of the orthonormal DCT of length 8. */
static const float ROWS[3][DCT] = {{0.35355339f, 0.35355339f, 0.35355339f, 0.35355339f, 0.35355339f,
                                    0.35355339f, 0.35355339f, 0.35355339f},
                                   {0.49039264f, 0.41573481f, 0.27778512f, 0.09754516f,
                                    -0.09754516f, -0.27778512f, -0.41573481f, -0.49039264f},
                                   {0.46193977f, 0.19134172f, -0.19134172f, -0.46193977f,
                                    -0.46193977f, -0.19134172f, 0.19134172f, 0.46193977f}};

static float coefficient(const int16_t *block, size_t stride, int u, int v)
{
    float sum = 0;
    for (size_t y = 0; y < DCT; y++) {
        float row = 0;
        for (size_t x = 0; x < DCT; x++)
            row += ROWS[u][x] * (float)block[y * stride + x];
        sum += ROWS[v][y] * row;
    }
    return sum / ROUTE_LUMA;
}

/* How near the coefficients that a step keeps are to its multiples: 1 for exactly, 0 for by
 * chance. */
FOR_EVERY_PROCESSOR
static float likeness(const float *values, int count, int step, int *kept)
{
    float sum = 0, unit = 1 / (float)step;
    int used = 0;
    for (int i = 0; i < count; i++) {
        float v = fabsf(values[i]) * unit;
        float off = fabsf(v - (float)(int)(v + 0.5f));
        int counts = v > 0.5f && v < 5;
        sum += counts ? 1 - 4 * off : 0;
        used += counts;
    }
    *kept = used;
    return used > 0 ? sum / (float)used : 0;
}

/* The greatest step that they keep to; 0 if none. A picture of hardly any frequencies has none. */
static int step_of(const float *values, int count)
{
    for (int step = MOST_STEP; step >= 2; step--) {
        int kept;
        float like = likeness(values, count, step, &kept);
        if (kept >= LEAST_COUNT && like > 0.5f)
            return step;
    }
    return 0;
}

static int compare_doubles(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* Of blocks whose corner lies at (left, top): the median of all frequencies. */
static double strength_at(const RouteLuma *luma, int left, int top)
{
    int across = (luma->width - left) / DCT, down = (luma->height - top) / DCT;
    int all = across * down, stride = all / MOST_BLOCKS + 1, count = 0;
    double strengths[TERM_COUNT];
    if (all < LEAST_BLOCKS)
        return 0;
    float *values = memory_array((size_t)(all / stride + 1), sizeof *values);
    for (int t = 0; t < TERM_COUNT; t++) {
        count = 0;
        for (int i = 0; i < all; i += stride) {
            size_t x = (size_t)(left + i % across * DCT), y = (size_t)(top + i / across * DCT);
            values[count++] = coefficient(luma->values + y * (size_t)luma->width + x,
                                          (size_t)luma->width, TERMS[t].u, TERMS[t].v);
        }
        strengths[t] = (double)step_of(values, count) / TERMS[t].step;
    }
    free(values);
    qsort(strengths, TERM_COUNT, sizeof *strengths, compare_doubles);
    return strengths[TERM_COUNT / 2];
}

/* At which of eight places differences between neighbours exceed those beside them most. */
static int border_phase(const RouteLuma *luma, bool rows)
{
    long long sums[DCT] = {0};
    size_t stride = (size_t)luma->width, step = rows ? stride : 1;
    int width = luma->width - (rows ? 0 : 3), height = luma->height - (rows ? 3 : 0);
    for (int y = 0; y < height; y += rows ? 1 : 4)
        for (int x = 0; x < width; x += rows ? 4 : 1) {
            const int16_t *p = luma->values + (size_t)y * stride + (size_t)x;
            int before = abs(p[step] - p[0]), here = abs(p[2 * step] - p[step]);
            int excess = 2 * here - before - abs(p[3 * step] - p[2 * step]);
            int most = 16 * ROUTE_LUMA;
            sums[((rows ? y : x) + 2) % DCT] += excess > most    ? most
                                                : excess < -most ? -most
                                                                 : excess;
        }
    int best = 0;
    for (int p = 1; p < DCT; p++)
        best = sums[p] > sums[best] ? p : best;
    return best;
}

double route_jpeg_strength(const RouteLuma *luma)
{
    int left = border_phase(luma, false), top = border_phase(luma, true);
    double as_is = strength_at(luma, 0, 0);
    if (left == 0 && top == 0)
        return as_is;
    double moved = strength_at(luma, left, top);
    return moved > as_is ? moved : as_is;
}
