#include "data/spectrum.h"

#include <complex.h>
#include <math.h>
#include <string.h>

enum { LENGTH = SPECTRUM_LENGTH, MOST_LINES = 256 };

static const double PI = 3.14159265358979323846;

typedef struct Transform {
    float complex turns[LENGTH / 2]; /* exp(-2 pi i k / LENGTH) */
    int order[LENGTH];               /* bits reversed */
    float window[LENGTH];            /* of mean square 1 */
} Transform;

static void prepare(Transform *t)
{
    for (int k = 0; k < LENGTH / 2; k++) {
        double angle = -2 * PI * k / LENGTH;
        t->turns[k] = CMPLXF((float)cos(angle), (float)sin(angle));
    }
    for (int i = 0; i < LENGTH; i++) {
        t->order[i] = 0;
        for (int bit = 1, back = LENGTH / 2; back > 0; bit *= 2, back /= 2)
            t->order[i] |= i & bit ? back : 0;
        double hann = 0.5 - 0.5 * cos(2 * PI * (i + 0.5) / LENGTH);
        t->window[i] = (float)(hann / sqrt(0.375));
    }
}

/* Cooley and Tukey's, in place, values in reversed order. */
static void transform(const Transform *t, float complex *values)
{
    for (int half = 1; half < LENGTH; half *= 2)
        for (int start = 0; start < LENGTH; start += 2 * half)
            for (int k = 0; k < half; k++) {
                float complex turn = t->turns[k * (LENGTH / 2 / half)];
                float re = crealf(turn), im = cimagf(turn);
                float complex b = values[start + half + k];
                float complex turned =
                    CMPLXF(crealf(b) * re - cimagf(b) * im, crealf(b) * im + cimagf(b) * re);
                values[start + half + k] = values[start + k] - turned;
                values[start + k] += turned;
            }
}

static float mean_of(const float *piece, size_t stride)
{
    float sum = 0;
    for (size_t i = 0; i < LENGTH; i++)
        sum += piece[i * stride];
    return sum / LENGTH;
}

/* Two real pieces as one complex: their spectra come apart by symmetry. */
static void add_pieces(const Transform *t, const float *a, const float *b, size_t stride,
                       double *power)
{
    float complex values[LENGTH];
    float mean_a = mean_of(a, stride), mean_b = mean_of(b, stride);
    for (size_t i = 0; i < LENGTH; i++)
        values[t->order[i]] = CMPLXF((a[i * stride] - mean_a) * t->window[i],
                                     (b[i * stride] - mean_b) * t->window[i]);
    transform(t, values);
    for (int k = 0; k < SPECTRUM_BANDS; k++) {
        float complex here = values[k], there = conjf(values[(LENGTH - k) % LENGTH]);
        float complex sum = here + there, rest = here - there;
        power[k] += (double)(crealf(sum) * crealf(sum) + cimagf(sum) * cimagf(sum) +
                             crealf(rest) * crealf(rest) + cimagf(rest) * cimagf(rest)) /
                    4;
    }
}

void plane_spectrum(const Plane *plane, bool columns, double *power)
{
    Transform t;
    prepare(&t);
    int lines = columns ? plane->width : plane->height;
    int length = columns ? plane->height : plane->width;
    size_t stride = columns ? (size_t)plane->width : 1, next = columns ? 1 : (size_t)plane->width;
    int used = lines < MOST_LINES ? lines : MOST_LINES;
    double count = 0;
    memset(power, 0, SPECTRUM_BANDS * sizeof *power);
    for (int i = 0; i < used; i += 2) {
        size_t one = (size_t)((int64_t)i * lines / used);
        size_t other = i + 1 < used ? (size_t)((int64_t)(i + 1) * lines / used) : one;
        for (int start = 0; start + LENGTH <= length; start += LENGTH / 2, count += 2)
            add_pieces(&t, plane->values + one * next + (size_t)start * stride,
                       plane->values + other * next + (size_t)start * stride, stride, power);
    }
    for (int k = 0; k < SPECTRUM_BANDS; k++)
        power[k] /= count * LENGTH;
}
