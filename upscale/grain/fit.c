#include "upscale/grain/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { TONES = 8, LEVELS = 6, SIZES = 10, ROUNDS = 3 };
static const double WEAKEST = 0.1, STRONGEST = 60; /* levels */
static const double FAINTEST = 0.002;              /* squared response */
static const double EVENNESS_STEP = 0.25;
/* An area has about 250 coefficients: what changes the variances by a tenth is worth it. */
static const double LEAST_GAIN = 0.7;
static const double MOST_FLOORS = 3;
static const double OUTLIERS = 1e-3;

/* What areas of about the same response show. */
typedef struct Tone {
    double response, blocks; /* squared, mean */
    double squares[BLOCK_VALUES];
    double counts[BLOCK_VALUES][LEVELS]; /* of multiples of JPEG's step: 0, 1 ... LEVELS - 1 and
                                            more */
} Tone;

typedef struct Evidence {
    Tone tones[TONES];
    const float *steps;
    double floor;
} Evidence;

static const double LUMA[3] = {0.299, 0.587, 0.114};

/* Variance of a weighted sum of the channels, of which `colour` is the share that differs. */
static double variance_of_sum(const Grain *g, const float *tone, const double *weights)
{
    double sum = 0, squares = 0;
    for (int c = 0; c < 3; c++) {
        double part = weights[c] * grain_response(g, (double)tone[c]);
        sum += part;
        squares += part * part;
    }
    return (1 - g->colour) * sum * sum + g->colour * squares;
}

double grain_luma_response(const Grain *g, const GrainArea *area)
{
    return variance_of_sum(g, area->tone, LUMA);
}

void grain_block_variances(double size, double *variances)
{
    double r[BLOCK_EDGE], along[BLOCK_EDGE] = {0};
    grain_correlation(size, BLOCK_EDGE, r);
    for (int u = 0; u < BLOCK_EDGE; u++)
        for (int x = 0; x < BLOCK_EDGE; x++)
            for (int y = 0; y < BLOCK_EDGE; y++)
                along[u] += cos(acos(-1) * (2 * x + 1) * u / 16) *
                            cos(acos(-1) * (2 * y + 1) * u / 16) * r[abs(x - y)] *
                            (u ? 0.25 : 0.125);
    for (int i = 0; i < BLOCK_VALUES; i++)
        variances[i] = along[i / BLOCK_EDGE] * along[i % BLOCK_EDGE];
}

/* The lowest frequencies, where even flat areas hold more than grain. */
static bool is_used(const Evidence *e, int i)
{
    return i / BLOCK_EDGE + i % BLOCK_EDGE > 1 && e->steps[i] >= 0;
}

/* ---- Evidence ------------------------------------------------------------------------------- */

static void add_block(const Evidence *e, const float *values, Tone *tone)
{
    for (int i = 0; i < BLOCK_VALUES; i++) {
        double value = fabs((double)values[i]);
        if (e->steps[i] > 0) {
            int level = (int)(value / (double)e->steps[i] + 0.5);
            tone->counts[i][level < LEVELS ? level : LEVELS - 1]++;
        } else {
            tone->squares[i] += value * value;
        }
    }
    tone->blocks++;
}

/* Pictures may have been rounded more than once: what the finest frequencies hold is rounding, if
 * it is about as much. */
static double find_floor(const GrainAreas *areas, const int *flat, int count)
{
    double least = MOST_FLOORS * areas->floor;
    for (int i = BLOCK_VALUES / 2; i < BLOCK_VALUES; i++) {
        double sum = 0;
        for (int a = 0; a < count * AREA_PARTS; a++) {
            double value = (double)areas->items[flat[a / AREA_PARTS]].luma[a % AREA_PARTS][i];
            sum += value * value;
        }
        least = areas->steps[i] > 0 ? least : fmin(least, sum / (count * AREA_PARTS));
    }
    return fmax(least, areas->floor);
}

static Evidence *evidence_new(const GrainAreas *areas, const int *flat, int count, const Grain *g)
{
    Evidence *e = memory_new(sizeof *e);
    e->steps = areas->steps;
    e->floor = find_floor(areas, flat, count);
    for (int i = 0; i < count; i++) {
        const GrainArea *area = &areas->items[flat[i]];
        double response = grain_luma_response(g, area);
        if (response < FAINTEST)
            continue;
        int index = (int)(sqrt(response) * TONES);
        Tone *tone = &e->tones[index < TONES ? index : TONES - 1];
        for (int part = 0; part < AREA_PARTS; part++)
            add_block(e, area->luma[part], tone);
        tone->response += response * AREA_PARTS;
    }
    for (int t = 0; t < TONES; t++)
        if (e->tones[t].blocks > 0)
            e->tones[t].response /= e->tones[t].blocks;
    return e;
}

/* ---- Likelihood ----------------------------------------------------------------------------- */

/* Of multiples of a step that normal values of `deviation` were rounded to. */
static double likelihood_of_levels(const double *counts, double deviation, double step)
{
    double unit = step / (deviation * sqrt(2)), inside = erf(unit / 2), sum = 0;
    sum += counts[0] * log(inside + OUTLIERS);
    for (int level = 1; level < LEVELS; level++) {
        double next = level < LEVELS - 1 ? erf(unit * (level + 0.5)) : 1;
        if (counts[level] > 0)
            sum += counts[level] * log(next - inside + OUTLIERS);
        inside = next;
    }
    return sum;
}

static double likelihood_of_tone(const Evidence *e, const Tone *tone, const double *variances,
                                 double strength)
{
    double sum = 0;
    for (int i = 1; i < BLOCK_VALUES; i++) {
        double variance = strength * strength * tone->response * variances[i] + e->floor;
        if (!is_used(e, i))
            continue;
        if (e->steps[i] > 0)
            sum += likelihood_of_levels(tone->counts[i], sqrt(variance), (double)e->steps[i]);
        else
            sum -= 0.5 * (tone->squares[i] / variance + tone->blocks * log(variance));
    }
    return sum;
}

static double likelihood(const Evidence *e, const double *variances, double strength)
{
    double sum = 0;
    for (int t = 0; t < TONES; t++)
        if (e->tones[t].blocks > 0)
            sum += likelihood_of_tone(e, &e->tones[t], variances, strength);
    return sum;
}

/* Where a function of one top lies highest between two values, by golden sections. */
typedef double Function(const void *context, double x);

static double find_top(Function *f, const void *context, double low, double high, int sections)
{
    const double golden = (sqrt(5) - 1) / 2;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = f(context, a), at_b = f(context, b);
    for (int i = 0; i < sections; i++)
        if (at_a > at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - golden * (high - low);
            at_a = f(context, a);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + golden * (high - low);
            at_b = f(context, b);
        }
    return (low + high) / 2;
}

typedef struct Shape {
    const Evidence *evidence;
    double variances[BLOCK_VALUES];
} Shape;

static double likelihood_of_strength(const void *context, double logarithm)
{
    const Shape *shape = context;
    return likelihood(shape->evidence, shape->variances, exp(logarithm));
}

static double best_strength(const Evidence *e, double size)
{
    Shape shape = {.evidence = e};
    grain_block_variances(size, shape.variances);
    return exp(find_top(likelihood_of_strength, &shape, log(WEAKEST), log(STRONGEST), 16));
}

static double likelihood_with(const Evidence *e, double size, double strength)
{
    double variances[BLOCK_VALUES];
    grain_block_variances(size, variances);
    return likelihood(e, variances, strength);
}

static double likelihood_of_size(const void *context, double logarithm)
{
    double size = exp(logarithm);
    return likelihood_with(context, size, best_strength(context, size));
}

/* Sets size and strength; evenness and colour are as given. */
static double fit_size(const Evidence *e, Grain *g)
{
    double low = log(GRAIN_SMALLEST), step = (log(GRAIN_LARGEST) - low) / (SIZES - 1);
    double most = -HUGE_VAL, best = low;
    for (int i = 0; i < SIZES; i++) {
        double value = likelihood_of_size(e, low + step * i);
        best = value > most ? low + step * i : best;
        most = fmax(value, most);
    }
    double from = fmax(low, best - step), to = fmin(log(GRAIN_LARGEST), best + step);
    g->size = exp(find_top(likelihood_of_size, e, from, to, 7));
    g->strength = best_strength(e, g->size);
    return likelihood_with(e, g->size, g->strength);
}

/* One step towards the evenness that explains more. */
static void improve_evenness(const GrainAreas *areas, const int *flat, int count, Grain *g)
{
    Grain best = *g;
    double most = -HUGE_VAL;
    for (int i = -1; i <= 1; i++) {
        Grain tried = *g;
        tried.evenness = fmin(1, fmax(0, g->evenness + i * EVENNESS_STEP));
        Evidence *e = evidence_new(areas, flat, count, &tried);
        double value = fit_size(e, &tried) - (i == 0 ? 0 : LEAST_GAIN * count);
        free(e);
        if (value > most) {
            most = value;
            best = tried;
        }
    }
    *g = best;
}

/* ---- Colour --------------------------------------------------------------------------------- */

static const double RED_CHROMA[3] = {0.7133 * 0.701, -0.7133 * 0.587, -0.7133 * 0.114};
static const double BLUE_CHROMA[3] = {-0.5643 * 0.299, -0.5643 * 0.587, 0.5643 * 0.886};

static double chroma_variance(const Grain *g, const GrainArea *area)
{
    return variance_of_sum(g, area->tone, RED_CHROMA) + variance_of_sum(g, area->tone, BLUE_CHROMA);
}

/* From the power of the chroma at middle frequencies, which survive its subsampling. */
static double fit_colour(const GrainAreas *areas, const int *flat, int count, const Grain *g)
{
    double variances[BLOCK_VALUES], found = 0, grey = 0, coloured = 0;
    Grain none = *g, all = *g;
    none.colour = 0;
    all.colour = 1;
    grain_block_variances(g->size, variances);
    for (int i = 0; i < count; i++) {
        const GrainArea *area = &areas->items[flat[i]];
        double of_none = chroma_variance(&none, area), of_all = chroma_variance(&all, area);
        for (int v = 0; v < 3; v++)
            for (int u = 0; u < 3; u++) {
                double variance = g->strength * g->strength * variances[v * BLOCK_EDGE + u];
                if (u + v < 2)
                    continue;
                found += (double)area->chroma[v * BLOCK_EDGE + u] - 2 * areas->floor;
                grey += variance * of_none;
                coloured += variance * of_all;
            }
    }
    double share = coloured > grey ? (found - grey) / (coloured - grey) : 0;
    return share > 0 ? share < 1 ? share : 1 : 0;
}

/* Strength follows from luma, whose variance depends on the colour. */
void grain_fit(const GrainAreas *areas, const int *flat, int count, bool gray, Grain *g)
{
    improve_evenness(areas, flat, count, g);
    for (int i = 0; !gray && i < ROUNDS; i++) {
        g->colour = fit_colour(areas, flat, count, g);
        Evidence *e = evidence_new(areas, flat, count, g);
        g->strength = best_strength(e, g->size);
        free(e);
    }
}
