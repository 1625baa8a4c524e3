#include "eval/vif.h"

#include <math.h>

#include "core/error.h"
#include "core/vector.h"
#include "eval/local_means.h"

enum { SCALES = 4, LANES = 8, BLOCK = 64 };

/* Variances below this are the rounding noise of float sums. */
static const float LEAST_VARIANCE = 2e-3f;
static const float NOISE = 2; /* of the visual system */

typedef struct Information {
    double kept, whole; /* in powers of two */
} Information;

/* Per pixel the ratios whose logarithms are the information: kept and whole. */
FOR_EVERY_PROCESSOR
static void find_ratios(const MeansRow *row, float *restrict kept, float *restrict whole)
{
    const float *a = row->a, *b = row->b, *product = row->product, *squares = row->squares;
    const float *others = row->squares_of_b;
    for (int x = 0; x < row->count; x++) {
        float variance = squares[x] - a[x] * a[x], distorted = others[x] - b[x] * b[x];
        float covariance = product[x] - a[x] * b[x];
        variance = variance > LEAST_VARIANCE ? variance : 0;
        distorted = distorted > LEAST_VARIANCE ? distorted : 0;
        float gain = covariance / (variance > 0 ? variance : 1);
        gain = variance > 0 && distorted > 0 && gain > 0 ? gain : 0;
        float rest = distorted - gain * covariance;
        rest = rest > 0 ? rest : 0;
        kept[x] = 1 + gain * gain * variance / (rest + NOISE);
        whole[x] = 1 + variance / NOISE;
    }
}

/* The sum of log2, of products that stay far from overflow: no ratio exceeds 2^14. */
FOR_EVERY_PROCESSOR
static double sum_of_logarithms(const float *ratios, int count)
{
    double sum = 0;
    for (int start = 0; start < count; start += BLOCK) {
        double lanes[LANES] = {1, 1, 1, 1, 1, 1, 1, 1};
        int end = start + BLOCK < count ? start + BLOCK : count, i = start;
        for (; i + LANES <= end; i += LANES)
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] *= (double)ratios[i + lane];
        for (; i < end; i++)
            lanes[0] *= (double)ratios[i];
        sum += log2(((lanes[0] * lanes[1]) * (lanes[2] * lanes[3])) *
                    ((lanes[4] * lanes[5]) * (lanes[6] * lanes[7])));
    }
    return sum;
}

static void add_row(void *context, const MeansRow *row)
{
    Information *sums = context;
    float kept[MEANS_STRIPE], whole[MEANS_STRIPE];
    find_ratios(row, kept, whole);
    sums->kept += sum_of_logarithms(kept, row->count);
    sums->whole += sum_of_logarithms(whole, row->count);
}

typedef struct Thinned {
    Plane hr, sr;
} Thinned;

static void thin_row(void *context, const MeansRow *row)
{
    Thinned *t = context;
    size_t at = (size_t)(row->y / 2) * (size_t)t->hr.width;
    for (int i = row->x % 2; i < row->count; i += 2) {
        size_t x = (size_t)(row->x + i) / 2;
        t->hr.values[at + x] = row->a[i] + MEANS_MIDDLE;
        t->sr.values[at + x] = row->b[i] + MEANS_MIDDLE;
    }
}

static Thinned thin(const Plane *hr, const Plane *sr, int taps)
{
    int width = (hr->width - taps + 2) / 2, height = (hr->height - taps + 2) / 2;
    Thinned t = {plane_new(width, height), plane_new(width, height)};
    MeansPass pass = {taps, taps / 5.0, MEANS_LEVELS, 2, thin_row, &t};
    means_pass(&pass, hr, sr);
    return t;
}

static Information information_of(const Plane *hr, const Plane *sr)
{
    Information sums = {0};
    Thinned now = {*hr, *sr};
    for (int scale = 0; scale < SCALES; scale++) {
        int taps = (16 >> scale) + 1;
        Thinned before = now;
        if (scale > 0)
            now = thin(&before.hr, &before.sr, taps);
        if (scale > 1) {
            plane_free(&before.hr);
            plane_free(&before.sr);
        }
        MeansPass pass = {taps, taps / 5.0, MEANS_APART, 1, add_row, &sums};
        means_pass(&pass, &now.hr, &now.sr);
    }
    plane_free(&now.hr);
    plane_free(&now.sr);
    return sums;
}

int metric_vif(const Plane *hr, const Plane *sr, double *value)
{
    *value = NAN;
    if (hr->width != sr->width || hr->height != sr->height)
        return error_set(ERROR_SHAPE, "VIF: %dx%d against %dx%d pixels", sr->width, sr->height,
                         hr->width, hr->height);
    if (hr->width < VIF_LEAST_EDGE || hr->height < VIF_LEAST_EDGE)
        return 0;
    Information sums = information_of(hr, sr);
    if (sums.whole > 0)
        *value = sums.kept / sums.whole;
    return 0;
}
