#include "upscale/grain/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "upscale/grain/fit.h"

enum { ROUNDS = 4, LEAST_AREAS = 4, HYPOTHESES = 2 };
/* Beyond these it is something else, or there was nothing to go by. */
static const double WEAKEST = 1, STRONGEST = 40, LARGEST = 3.8; /* levels, px */
static const double LEAST_RESPONSE = 0.04;                      /* squared */
/* Energies of areas that show the same grain lie within so many of their deviations; less than that
 * grain has is nowhere, so that each area below counts against it. */
static const double WIDTH = 4.6, TOO_LITTLE = -3.5, PENALTY = 2, MOST_LOW_ENERGY = 1.8;
/* Of the logarithm of an energy: what grain differs by beside its randomness, and both at first. */
static const double FAR = 1e3;
static const double OWN_DEVIATION = 0.07, FIRST_DEVIATION = 0.13;

typedef struct Scored {
    int area;
    double energy; /* logarithm, in units of its deviation */
} Scored;

static int compare_scored(const void *a, const void *b)
{
    const Scored *one = a, *other = b;
    if (one->energy != other->energy)
        return one->energy < other->energy ? -1 : 1;
    return one->area - other->area;
}

/* Beyond the lowest frequencies, which slopes fill. */
static double fine_energy(const GrainArea *area)
{
    double sum = 0;
    int count = 0;
    for (int part = 0; part < AREA_PARTS; part++)
        for (int i = 0; i < BLOCK_VALUES; i++)
            if (i / BLOCK_EDGE + i % BLOCK_EDGE > 2) {
                sum += (double)(area->luma[part][i] * area->luma[part][i]);
                count++;
            }
    return sum / count;
}

typedef struct Energy {
    double all, low;
    int count; /* of values that it is the mean of; 0: nothing is known */
} Energy;

/* Relative to what the grain makes one expect: 1 on average. */
static Energy energy_of(const GrainAreas *areas, const GrainArea *area, const Grain *g,
                        const double *variances)
{
    Energy sum = {0};
    int all = 0, low = 0;
    double response = g->strength * g->strength * grain_luma_response(g, area);
    for (int i = 1; i < BLOCK_VALUES; i++) {
        double variance = response * variances[i] + areas->floor, energy = 0;
        double step = fmax(0, (double)areas->steps[i]);
        if (areas->steps[i] < 0 || step * step > 4 * variance)
            continue;
        for (int part = 0; part < AREA_PARTS; part++)
            energy += (double)(area->luma[part][i] * area->luma[part][i]);
        energy /= (variance + step * step / 12) * AREA_PARTS;
        sum.all += energy;
        all++;
        if (i / BLOCK_EDGE + i % BLOCK_EDGE <= 2) {
            sum.low += energy;
            low++;
        }
    }
    return (Energy){all ? sum.all / all : 0, low ? sum.low / low : 0, all * AREA_PARTS};
}

/* How many deviations from what is expected. Where JPEG left nothing, far less. */
static double away(const Energy *energy)
{
    if (energy->count == 0)
        return -FAR;
    double variance = 2.0 / energy->count + OWN_DEVIATION * OWN_DEVIATION;
    return log(fmax(energy->all, 1e-6)) / sqrt(variance);
}

/* Lists areas bright and dark enough for their grain to count. */
static int score_first(const GrainAreas *areas, const Grain *g, Scored *scored)
{
    int count = 0;
    for (int i = 0; i < areas->count; i++) {
        double response = grain_luma_response(g, &areas->items[i]);
        if (response > LEAST_RESPONSE)
            scored[count++] =
                (Scored){i, log(fine_energy(&areas->items[i]) / response + 1e-6) / FIRST_DEVIATION};
    }
    return count;
}

static int score_again(const GrainAreas *areas, const Grain *g, Scored *scored)
{
    double variances[BLOCK_VALUES];
    int count = 0;
    grain_block_variances(g->size, variances);
    for (int i = 0; i < areas->count; i++) {
        if (grain_luma_response(g, &areas->items[i]) <= LEAST_RESPONSE)
            continue;
        Energy energy = energy_of(areas, &areas->items[i], g, variances);
        if (energy.low < MOST_LOW_ENERGY * fmax(1, energy.all))
            scored[count++] = (Scored){i, away(&energy)};
    }
    return count;
}

/* The lowest energies that many areas share. Returns how much speaks for them. */
static double select_cluster(Scored *scored, int count, int *flat, int *selected)
{
    double best = -1;
    int from = 0, to = 0;
    *selected = 0;
    qsort(scored, (size_t)count, sizeof *scored, compare_scored);
    for (int first = 0, last = 0; first < count; first++) {
        while (last < count && scored[last].energy <= scored[first].energy + WIDTH)
            last++;
        double value = last - first - PENALTY * first;
        if (value > best && scored[first].energy > -FAR) {
            best = value;
            from = first;
            to = last;
        }
    }
    for (int i = from; i < to; i++)
        flat[(*selected)++] = scored[i].area;
    return best;
}

/* How many areas hold about as much as that grain makes one expect, less those that hold less. */
static double agreement(const GrainAreas *areas, const Grain *g)
{
    double variances[BLOCK_VALUES], sum = 0;
    grain_block_variances(g->size, variances);
    for (int i = 0; i < areas->count; i++) {
        Energy energy = energy_of(areas, &areas->items[i], g, variances);
        double by = away(&energy);
        if (energy.count)
            sum += exp(-0.5 * by * by) - (by < TOO_LITTLE ? PENALTY : 0);
    }
    return sum;
}

static void keep_colours(const GrainAreas *areas, const int *flat, int count, GrainFinding *f)
{
    for (int i = 0; i < GRAIN_COLOURS; i++)
        for (int c = 0; c < 3; c++)
            f->colours[i][c] =
                areas->items[flat[(2 * i + 1) * count / (2 * GRAIN_COLOURS)]].tone[c];
}

/* Grain of one evenness, from what it is found to be at first to areas that show just that. */
static double find_with(const GrainAreas *areas, bool gray, Scored *scored, int *flat, int *count,
                        Grain *g)
{
    double evidence = select_cluster(scored, score_first(areas, g, scored), flat, count);
    for (int round = 0; round < ROUNDS && *count >= LEAST_AREAS; round++) {
        grain_fit(areas, flat, *count, gray, g);
        evidence = select_cluster(scored, score_again(areas, g, scored), flat, count);
    }
    return evidence;
}

static bool find(const GrainAreas *areas, bool gray, int *flat, GrainFinding *f)
{
    Scored *scored = memory_array((size_t)areas->count + 1, sizeof *scored);
    double best = LEAST_AREAS - 1;
    for (int i = 0; i < HYPOTHESES; i++) {
        Grain g = {.colour = gray ? 0 : 0.3, .evenness = (double)i / (HYPOTHESES - 1)};
        int count;
        double evidence = find_with(areas, gray, scored, flat, &count, &g);
        evidence = fmin(evidence, agreement(areas, &g));
        if (evidence > 1.02 * best && count >= LEAST_AREAS) {
            best = evidence;
            f->grain = g;
            keep_colours(areas, flat, count, f);
        }
    }
    free(scored);
    memcpy(f->steps, areas->steps, sizeof f->steps);
    return f->grain.strength >= WEAKEST && f->grain.strength <= STRONGEST &&
           f->grain.size <= LARGEST;
}

bool grain_measure(const Pixels *pixels, GrainFinding *finding)
{
    GrainAreas areas = grain_areas_take(pixels);
    int *flat = memory_array((size_t)areas.count + 1, sizeof *flat);
    *finding = (GrainFinding){0};
    bool found = find(&areas, pixels_colours(pixels) == 1, flat, finding);
    if (!found)
        *finding = (GrainFinding){0};
    free(flat);
    grain_areas_free(&areas);
    return found;
}
