#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/square_spectrum.h"
#include "eval/no_truth_parts.h"

enum { LENGTH = SQUARE_LENGTH, RINGS = LENGTH / 2, FIRST = 4, LAST = 20 };

static const double ROUNDING = 1e-3; /* added to a power before its logarithm */
static const double LEAST = 0.01;    /* squared levels: an expected power that is none */

/* The picture continued by its mirror image up to a block's extents. */
static Plane at_least_a_block(const Plane *p)
{
    Plane large =
        plane_new(p->width < LENGTH ? LENGTH : p->width, p->height < LENGTH ? LENGTH : p->height);
    for (int y = 0; y < large.height; y++)
        for (int x = 0; x < large.width; x++) {
            int column = x % (2 * p->width), row = y % (2 * p->height);
            column = column < p->width ? column : 2 * p->width - 1 - column;
            row = row < p->height ? row : 2 * p->height - 1 - row;
            large.values[(size_t)y * (size_t)large.width + (size_t)x] =
                p->values[(size_t)row * (size_t)p->width + (size_t)column];
        }
    return large;
}

/* Sums of the power, and counts, of what lies around 0 .. RINGS cycles of LENGTH pixels. */
static void ring_powers(const Plane *plane, double sums[RINGS + 1], double counts[RINGS + 1])
{
    float *power = memory_array(LENGTH * LENGTH, sizeof *power);
    Plane large = at_least_a_block(plane);
    plane_square_spectrum(&large, power);
    memset(sums, 0, (RINGS + 1) * sizeof *sums);
    memset(counts, 0, (RINGS + 1) * sizeof *counts);
    for (int i = 0; i < LENGTH * LENGTH; i++) {
        int u = i % LENGTH, v = i / LENGTH;
        u = u < RINGS ? u : LENGTH - u;
        v = v < RINGS ? v : LENGTH - v;
        int ring = (int)(sqrt((double)(u * u + v * v)) + 0.5);
        if (ring > RINGS)
            continue;
        sums[ring] += (double)power[i];
        counts[ring] += 1;
    }
    plane_free(&large);
    free(power);
}

PowerLaw power_law_of(const Plane *lr)
{
    double sums[RINGS + 1], counts[RINGS + 1], n = 0, x = 0, y = 0, xx = 0, xy = 0;
    ring_powers(lr, sums, counts);
    for (int ring = FIRST; ring <= LAST; ring++, n++) {
        double frequency = log((double)ring / LENGTH);
        double power = log(sums[ring] / counts[ring] + ROUNDING);
        x += frequency;
        y += power;
        xx += frequency * frequency;
        xy += frequency * power;
    }
    double slope = (n * xy - x * y) / (n * xx - x * x);
    return (PowerLaw){.level = (y - slope * x) / n, .slope = slope};
}

/* A pixel of LR stands for scale^2 of SR, so at the same frequency in the scene its power is so
 * many times less. */
double expected_energy(const PowerLaw *law, const Plane *sr, int scale)
{
    double sums[RINGS + 1], counts[RINGS + 1], found = 0, expected = 0, count = 0;
    ring_powers(sr, sums, counts);
    for (int ring = RINGS / scale + 1; ring <= RINGS; ring++) {
        double frequency = log((double)ring * scale / LENGTH);
        found += sums[ring];
        expected += counts[ring] * scale * scale * exp(law->level + law->slope * frequency);
        count += counts[ring];
    }
    return count > 0 && expected > LEAST * count ? sqrt(found / expected) : NAN;
}
