#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/suspect_parts.h"

enum { BLOCK = 8, LEAST_BLOCKS = 4 };

/* Differences are clipped, so that a few edges do not decide. */
static float difference(float a, float b)
{
    float d = fabsf(a - b);
    return d < 16 ? d : 16;
}

/* Sums of the differences between each column and the one `lag` before. */
FOR_EVERY_PROCESSOR
static void sum_columns(const Plane *luma, int lag, double *sums)
{
    for (int y = 0; y < luma->height; y++) {
        const float *row = luma->values + (size_t)y * (size_t)luma->width;
        for (int x = lag; x < luma->width; x++)
            sums[x] += difference(row[x], row[x - lag]);
    }
}

/* The same between rows. */
FOR_EVERY_PROCESSOR
static void sum_rows(const Plane *luma, int lag, double *sums)
{
    size_t width = (size_t)luma->width;
    for (int y = lag; y < luma->height; y++) {
        const float *row = luma->values + (size_t)y * width, *before = row - (size_t)lag * width;
        for (size_t x = 0; x < width; x++)
            sums[y] += difference(row[x], before[x]);
    }
}

/* The median of all phases but one. */
static double median_but(const double *phases, int period, int left_out)
{
    double median = 0;
    for (int p = 0; p < period; p++) {
        int rank = 0;
        for (int q = 0; q < period; q++)
            rank += q != left_out && (phases[q] < phases[p] || (phases[q] == phases[p] && q < p));
        if (p != left_out && rank == (period - 1) / 2)
            median = phases[p];
    }
    return median;
}

/* How far the differences at one phase of a period exceed those at their sides, in the mean. */
static double excess(const double *sums, int count, int lag, int across)
{
    int period = BLOCK * lag, best = 0;
    double phases[BLOCK * BLOCKINESS_MOST_SCALE] = {0}, total = 0;
    int counts[BLOCK * BLOCKINESS_MOST_SCALE] = {0};
    for (int i = 2 * lag; i < count - lag; i++) {
        phases[i % period] += sums[i] - (sums[i - lag] + sums[i + lag]) / 2;
        counts[i % period]++;
        total += sums[i];
    }
    for (int p = 0; p < period; p++) {
        phases[p] /= counts[p];
        best = phases[p] > phases[best] ? p : best;
    }
    /* Enlarging 2 or 4 times leaves a period of its own, which half a block shows as well. */
    double usual = fmax(median_but(phases, period, best), phases[(best + period / 2) % period]);
    return (phases[best] - usual) / (total / (count - 3 * lag) + 0.5 * across);
}

double plane_blockiness(const Plane *luma, int scale)
{
    int least = BLOCK * LEAST_BLOCKS * scale;
    double least_of_axes = INFINITY;
    if (luma->width < least || luma->height < least)
        return 0;
    for (int axis = 0; axis < 2; axis++) {
        bool rows = axis == 1;
        int count = rows ? luma->height : luma->width, across = rows ? luma->width : luma->height;
        double *sums = memory_array((size_t)count, sizeof *sums);
        rows ? sum_rows(luma, scale, sums) : sum_columns(luma, scale, sums);
        least_of_axes = fmin(least_of_axes, excess(sums, count, scale, across));
        free(sums);
    }
    return least_of_axes;
}

void suspect_blocks(const Plane *luma, Suspicion *s)
{
    s->blockiness = plane_blockiness(luma, 1);
}
