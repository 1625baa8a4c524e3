/* opensr-test's shares, and what they are found with. */
#include <complex.h>

#include "core/error.h"
#include "core/random.h"
#include "data/resample.h"
#include "data/fourier.h"
#include "eval/metrics.h"
#include "eval/opensr.h"
#include "eval/phase_correlation.h"
#include "tests/pictures.h"
#include "tests/unit.h"

static Plane noise(int width, int height, uint32_t stream)
{
    Plane p = plane_new(width, height);
    Random random = random_stream(1, RANDOM_TEST, stream, 0);
    for (int i = 0; i < width * height; i++)
        p.values[i] = (float)random_normal(&random);
    return p;
}

/* One coefficient as its definition reads. */
static double complex coefficient(const Plane *re, const Plane *im, int u, int v)
{
    double complex sum = 0;
    for (int y = 0; y < re->height; y++)
        for (int x = 0; x < re->width; x++) {
            double turns = (double)u * x / re->width + (double)v * y / re->height;
            size_t i = (size_t)(y * re->width + x);
            sum += (re->values[i] + I * im->values[i]) * cexp(-2 * acos(-1) * I * turns);
        }
    return sum;
}

static void check_fourier(int width, int height)
{
    Plane re = noise(width, height, 1), im = noise(width, height, 2);
    Plane a = noise(width, height, 1), b = noise(width, height, 2);
    fourier_plane(&a, &b);
    CHECK(a.width == width && a.height == height);
    for (int i = 0; i < width * height; i += 1 + width * height / 40) {
        double complex expected = coefficient(&re, &im, i % width, i / width);
        double scale = sqrt(width * height);
        CHECK_NEAR(a.values[i], creal(expected), 2e-6 * scale);
        CHECK_NEAR(b.values[i], cimag(expected), 2e-6 * scale);
    }
    plane_free(&re);
    plane_free(&im);
    plane_free(&a);
    plane_free(&b);
}

TEST(fourier_transforms_of_any_extents_agree_with_their_definition)
{
    static const int EXTENTS[][2] = {{1, 1},   {2, 3},   {16, 5},  {64, 36}, {49, 50},
                                     {11, 13}, {97, 31}, {17, 84}, {35, 1},  {1, 23}};
    for (size_t i = 0; i < sizeof EXTENTS / sizeof *EXTENTS; i++)
        check_fourier(EXTENTS[i][0], EXTENTS[i][1]);
}

TEST(phase_correlation_finds_whole_and_part_pixels)
{
    Plane whole = noise(80, 66, 3), smooth = plane_gaussian(&whole, 1, 4);
    Plane there = plane_new(60, 44), here = plane_new(60, 44), half = plane_new(30, 22);
    Plane half_moved = plane_new(30, 22);
    for (int i = 0; i < 60 * 44; i++) {
        int x = i % 60, y = i / 60;
        there.values[i] = whole.values[(y + 8) * 80 + x + 8];
        here.values[i] = whole.values[(y + 8 - 2) * 80 + x + 8 + 3];
    }
    double x, y;
    phase_correlation_find(&there, &there, &x, &y);
    CHECK(x == 0 && y == 0);
    phase_correlation_find(&there, &here, &x, &y);
    CHECK_NEAR(x, 3, 0.1);
    CHECK_NEAR(y, -2, 0.1);
    for (int i = 0; i < 30 * 22; i++) {
        int at = (i / 30 * 2 + 8) * 80 + i % 30 * 2 + 8;
        half.values[i] = smooth.values[at];
        half_moved.values[i] = smooth.values[at + 1];
    }
    phase_correlation_find(&half, &half_moved, &x, &y);
    CHECK_NEAR(x, 0.5, 0.15);
    CHECK_NEAR(y, 0, 0.15);
    plane_free(&whole);
    plane_free(&smooth);
    plane_free(&there);
    plane_free(&here);
    plane_free(&half);
    plane_free(&half_moved);
}

typedef struct Triple {
    Image hr, lr, bilinear;
} Triple;

static Triple triple_new(int width, int height, int scale)
{
    Triple t = {.hr = test_picture(width, height, 4)};
    t.lr = image_resample(&t.hr, width / scale, height / scale, KERNEL_BICUBIC);
    t.bilinear = image_resample(&t.lr, width, height, KERNEL_BILINEAR);
    return t;
}

static void triple_free(Triple *t)
{
    image_free(&t->hr);
    image_free(&t->lr);
    image_free(&t->bilinear);
}

/* Of the truth d_im = 0 and d_om = 1, so that the soft minimum is over 0, 1 and 1. */
TEST(opensr_calls_the_truth_improvement_and_the_enlarged_input_omission)
{
    Triple t = triple_new(128, 112, 4);
    double shares[OPENSR_SHARES];
    CHECK(metric_opensr(&t.lr, &t.hr, &t.hr, 4, shares) == 0);
    CHECK_NEAR(shares[OPENSR_IMPROVEMENT], 1 / (1 + 2 * exp(-4)), 1e-6);
    CHECK_NEAR(shares[OPENSR_OMISSION], shares[OPENSR_HALLUCINATION], 1e-6);
    CHECK(metric_opensr(&t.lr, &t.bilinear, &t.hr, 4, shares) == 0);
    CHECK(shares[OPENSR_OMISSION] > 0.5);
    CHECK_NEAR(shares[0] + shares[1] + shares[2], 1, 1e-9);
    triple_free(&t);
}

TEST(opensr_calls_strong_noise_hallucination)
{
    Triple t = triple_new(128, 112, 4);
    Image noisy = test_noisy(&t.hr, 40);
    double shares[OPENSR_SHARES];
    CHECK(metric_opensr(&t.lr, &noisy, &t.hr, 4, shares) == 0);
    CHECK(shares[OPENSR_HALLUCINATION] > shares[OPENSR_OMISSION]);
    CHECK(shares[OPENSR_HALLUCINATION] > 0.5);
    image_free(&noisy);
    triple_free(&t);
}

TEST(opensr_takes_every_scale_and_what_is_too_small_is_undefined)
{
    Triple odd = triple_new(123, 96, 3), small = triple_new(36, 64, 4);
    double shares[OPENSR_SHARES];
    CHECK(metric_opensr(&odd.lr, &odd.hr, &odd.hr, 3, shares) == 0);
    CHECK(shares[OPENSR_IMPROVEMENT] > 0.96);
    CHECK(metric_opensr(&small.lr, &small.hr, &small.hr, 4, shares) == 0);
    CHECK(isnan(shares[0]) && isnan(shares[1]) && isnan(shares[2]));
    CHECK(metric_opensr(&small.lr, &small.hr, &small.hr, 2, shares) == -1);
    CHECK_ERROR(ERROR_SHAPE, "36x64 from 9x16 against 36x64");
    triple_free(&odd);
    triple_free(&small);
}

TEST(a_full_reference_measures_opensr_shares)
{
    Triple t = triple_new(128, 112, 4);
    Reference *full = reference_new_full(&t.hr, &t.lr, 4, 4);
    Measurement m;
    double shares[OPENSR_SHARES];
    CHECK(metrics_measure(full, &t.bilinear, &m, NULL) == 0);
    CHECK(metric_opensr(&t.lr, &t.bilinear, &t.hr, 4, shares) == 0);
    CHECK(m.values[METRIC_OPENSR_IMPROVEMENT] == shares[OPENSR_IMPROVEMENT]);
    CHECK(m.values[METRIC_OPENSR_OMISSION] == shares[OPENSR_OMISSION]);
    CHECK(m.values[METRIC_OPENSR_HALLUCINATION] == shares[OPENSR_HALLUCINATION]);
    reference_free(full);
    triple_free(&t);
}
