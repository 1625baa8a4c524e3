#include "eval/opensr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/vector.h"
#include "data/resample.h"
#include "eval/phase_correlation.h"

enum { BORDER = 16, LEAST_EDGE = 8, LEVELS = 256 };

static const double MOST_SHIFT = 5;
static const double QUANTILE = 0.75;
static const float GAMMA = 0.05f, TEMPERATURE = 0.25f;

typedef struct Colours {
    Plane channels[3];
} Colours;

static void colours_free(Colours *c)
{
    for (int i = 0; i < 3; i++)
        plane_free(&c->channels[i]);
}

/* Of 8 bits, in 0..1. */
static Colours colours_of(const Image *image)
{
    Colours c;
    size_t count = (size_t)image->width * (size_t)image->height;
    for (int i = 0; i < 3; i++) {
        c.channels[i] = image_channel(image, i);
        for (size_t k = 0; k < count; k++)
            c.channels[i].values[k] /= 255;
    }
    return c;
}

static Colours enlarged(const Image *lr, int width, int height)
{
    Colours small = colours_of(lr), c;
    for (int i = 0; i < 3; i++)
        c.channels[i] = plane_resample(&small.channels[i], width, height, KERNEL_BILINEAR);
    colours_free(&small);
    return c;
}

static void count_levels(const Image *image, int channel, size_t counts[LEVELS])
{
    memset(counts, 0, LEVELS * sizeof *counts);
    for (size_t i = 0; i < (size_t)image->width * (size_t)image->height; i++)
        counts[image->rgb[3 * i + (size_t)channel]]++;
}

/* For each level that occurs, the truth's value at the same quantile, between those of the levels
 * around it; both pictures have as many pixels. */
static void match_levels(const size_t counts[LEVELS], const size_t truth[LEVELS],
                         float matched[LEVELS])
{
    int levels[LEVELS], last = -1, k = 0;
    size_t below[LEVELS], sum = 0;
    for (int v = 0; v < LEVELS; v++) {
        sum += truth[v];
        if (truth[v] == 0)
            continue;
        levels[++last] = v;
        below[last] = sum;
    }
    sum = 0;
    for (int v = 0; v < LEVELS; v++) {
        sum += counts[v];
        while (k < last && below[k] < sum)
            k++;
        double value = levels[k];
        if (k > 0 && sum > below[k - 1])
            value = levels[k - 1] + (double)(levels[k] - levels[k - 1]) *
                                        (double)(sum - below[k - 1]) /
                                        (double)(below[k] - below[k - 1]);
        matched[v] = (float)(value / 255);
    }
}

static Plane matched_channel(const Image *sr, const Image *hr, int channel)
{
    size_t counts[LEVELS], truth[LEVELS];
    float matched[LEVELS];
    count_levels(sr, channel, counts);
    count_levels(hr, channel, truth);
    match_levels(counts, truth, matched);
    Plane p = plane_new(sr->width, sr->height);
    for (size_t i = 0; i < (size_t)sr->width * (size_t)sr->height; i++)
        p.values[i] = matched[sr->rgb[3 * i + (size_t)channel]];
    return p;
}

static Plane mean_of(const Colours *c)
{
    const Plane *p = c->channels;
    Plane mean = plane_new(p->width, p->height);
    for (size_t i = 0; i < (size_t)p->width * (size_t)p->height; i++)
        mean.values[i] = (p[0].values[i] + p[1].values[i] + p[2].values[i]) / 3;
    return mean;
}

static int clamp(int i, int count)
{
    return i < 0 ? 0 : i < count ? i : count - 1;
}

/* The place that a pixel moved by `shift` comes from, in steps of 1/32 px by way of 1/1024 px: the
 * fixed point of OpenCV's affine warp. */
static int source_steps(double shift)
{
    double fine = rint(-(double)(float)shift * 1024) + 16;
    return (int)floor(fine / 32);
}

/* Linearly interpolated between two places of a row or column, whichever `rows` says. */
static void move_along(const Plane *from, double shift, bool rows, Plane *to)
{
    int steps = source_steps(shift), whole = (int)floor(steps / 32.0);
    float second = (float)(steps - 32 * whole) / 32, first = 1 - second;
    size_t width = (size_t)from->width;
    for (int y = 0; y < from->height; y++) {
        const float *top =
            from->values + (size_t)(rows ? clamp(y + whole, from->height) : y) * width;
        const float *bottom =
            from->values + (size_t)(rows ? clamp(y + whole + 1, from->height) : y) * width;
        for (int x = 0; x < from->width; x++) {
            int a = rows ? x : clamp(x + whole, from->width);
            int b = rows ? x : clamp(x + whole + 1, from->width);
            to->values[(size_t)y * width + (size_t)x] = first * top[a] + second * bottom[b];
        }
    }
}

/* Edges are repeated. */
static void move(Plane *p, double x, double y)
{
    Plane moved = plane_new(p->width, p->height);
    move_along(p, x, false, &moved);
    move_along(&moved, y, true, p);
    plane_free(&moved);
}

static Colours harmonised(const Image *sr, const Image *hr, const Colours *truth)
{
    Colours c;
    for (int i = 0; i < 3; i++)
        c.channels[i] = matched_channel(sr, hr, i);
    Plane mean = mean_of(&c), true_mean = mean_of(truth);
    double x, y;
    phase_correlation_find(&true_mean, &mean, &x, &y);
    plane_free(&mean);
    plane_free(&true_mean);
    if (hypot(x, y) > MOST_SHIFT)
        return c;
    for (int i = 0; i < 3; i++)
        move(&c.channels[i], x, y);
    return c;
}

FOR_EVERY_PROCESSOR
static void add_differences(const float *a, const float *b, float *restrict sums, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sums[i] += fabsf(a[i] - b[i]) / fabsf(a[i] + b[i] + 1e-8f) / 3;
}

static Plane distance(const Colours *a, const Colours *b)
{
    const Plane *p = a->channels;
    Plane d = plane_new(p->width, p->height);
    for (int i = 0; i < 3; i++)
        add_differences(p[i].values, b->channels[i].values, d.values,
                        (size_t)p->width * (size_t)p->height);
    return d;
}

/* The value that `rank` values, itself among them, do not exceed: the bits of floats that are not
 * negative sort as the floats do. */
static float value_of_rank(const float *values, size_t count, size_t rank)
{
    uint32_t found = 0, known = 0, bits;
    for (int shift = 24; shift >= 0; shift -= 8) {
        size_t counts[256] = {0};
        for (size_t i = 0; i < count; i++) {
            memcpy(&bits, &values[i], sizeof bits);
            if ((bits & known) == found)
                counts[bits >> shift & 255]++;
        }
        uint32_t digit = 0;
        while (rank > counts[digit])
            rank -= counts[digit++];
        found |= digit << shift;
        known |= (uint32_t)255 << shift;
    }
    float value;
    memcpy(&value, &found, sizeof value);
    return value;
}

/* The weights of one pixel, whose distances are relative to d_ref's. */
static void weigh(double improved, double omitted, double weights[OPENSR_SHARES])
{
    double away = 1 - exp(-GAMMA * (improved + omitted - 1));
    weights[OPENSR_IMPROVEMENT] = exp(-(improved + omitted * away) / TEMPERATURE);
    weights[OPENSR_OMISSION] = exp(-(omitted + improved * away) / TEMPERATURE);
    weights[OPENSR_HALLUCINATION] = exp(-exp(-GAMMA * improved * omitted) / TEMPERATURE);
    double sum = weights[0] + weights[1] + weights[2];
    for (int k = 0; k < OPENSR_SHARES; k++)
        weights[k] /= sum;
}

static void find_shares(const Plane *reference, const Plane *improved, const Plane *omitted,
                        double shares[OPENSR_SHARES])
{
    size_t count = (size_t)reference->width * (size_t)reference->height, judged = 0;
    size_t rank = (size_t)(QUANTILE * (double)count);
    float least = value_of_rank(reference->values, count, rank);
    double sums[OPENSR_SHARES] = {0}, weights[OPENSR_SHARES];
    for (size_t i = 0; i < count; i++) {
        float ref = reference->values[i], im = improved->values[i], om = omitted->values[i];
        if (!(ref > least || im > least || om > least))
            continue;
        weigh((double)im / (double)ref, (double)om / (double)ref, weights);
        if (isnan(weights[0] + weights[1] + weights[2]))
            continue;
        judged++;
        for (int k = 0; k < OPENSR_SHARES; k++)
            sums[k] += weights[k];
    }
    for (int k = 0; k < OPENSR_SHARES; k++)
        shares[k] = judged > 0 ? sums[k] / (double)judged : NAN;
}

static void measure(const Image *lr, const Image *sr, const Image *hr, double shares[OPENSR_SHARES])
{
    Colours truth = colours_of(hr), input = enlarged(lr, hr->width, hr->height);
    Colours output = harmonised(sr, hr, &truth);
    Plane reference = distance(&input, &truth), improved = distance(&output, &truth);
    Plane omitted = distance(&output, &input);
    find_shares(&reference, &improved, &omitted, shares);
    plane_free(&reference);
    plane_free(&improved);
    plane_free(&omitted);
    colours_free(&truth);
    colours_free(&input);
    colours_free(&output);
}

static Image without_border(const Image *image, int border)
{
    return image_crop(image, border, border, image->width - 2 * border, image->height - 2 * border);
}

int metric_opensr(const Image *lr, const Image *sr, const Image *hr, int scale,
                  double shares[OPENSR_SHARES])
{
    for (int k = 0; k < OPENSR_SHARES; k++)
        shares[k] = NAN;
    if (sr->width != hr->width || sr->height != hr->height || lr->width * scale != hr->width ||
        lr->height * scale != hr->height)
        return error_set(ERROR_SHAPE, "opensr: %dx%d from %dx%d against %dx%d pixels", sr->width,
                         sr->height, lr->width, lr->height, hr->width, hr->height);
    int border = BORDER / scale * scale;
    if (hr->width < LEAST_EDGE + 2 * border || hr->height < LEAST_EDGE + 2 * border)
        return 0;
    Image small = without_border(lr, border / scale), truth = without_border(hr, border);
    Image output = without_border(sr, border);
    measure(&small, &output, &truth, shares);
    image_free(&small);
    image_free(&truth);
    image_free(&output);
    return 0;
}
