#include "eval/metrics.h"
#include "core/error.h"
#include "eval/neighbourhood.h"
#include "eval/rows.h"
#include "tests/pictures.h"
#include "tests/unit.h"

/* SSIM as its definition reads, in double precision. */
static double plain_ssim(const Plane *a, const Plane *b)
{
    double sum = 0, weights[11], total = 0;
    for (int k = 0; k < 11; k++)
        total += weights[k] = exp(-(k - 5) * (k - 5) / 4.5);
    for (int y = 0; y + 11 <= a->height; y++)
        for (int x = 0; x + 11 <= a->width; x++) {
            double m[5] = {0};
            for (int j = 0; j < 11; j++)
                for (int i = 0; i < 11; i++) {
                    double p = a->values[(y + j) * a->width + x + i];
                    double q = b->values[(y + j) * a->width + x + i];
                    double w = weights[i] * weights[j] / (total * total);
                    double terms[5] = {p, q, p * p, q * q, p * q};
                    for (int t = 0; t < 5; t++)
                        m[t] += w * terms[t];
                }
            double c1 = 6.5025, c2 = 58.5225;
            sum +=
                (2 * m[0] * m[1] + c1) * (2 * (m[4] - m[0] * m[1]) + c2) /
                ((m[0] * m[0] + m[1] * m[1] + c1) * (m[2] - m[0] * m[0] + m[3] - m[1] * m[1] + c2));
        }
    return sum / ((a->width - 10) * (a->height - 10));
}

TEST(ssim_agrees_with_its_definition)
{
    Image hr = test_picture(53, 37, 4), sr = test_noisy(&hr, 12);
    Plane a = image_luma(&hr), b = image_luma(&sr);
    double value = 0;
    CHECK(metric_ssim(&a, &b, &value) == 0);
    CHECK_NEAR(value, plain_ssim(&a, &b), 1e-6);
    image_free(&hr);
    image_free(&sr);
    plane_free(&a);
    plane_free(&b);
}

TEST(ssim_of_identical_planes_is_one)
{
    Image hr = test_picture(40, 30, 5);
    Plane a = image_luma(&hr);
    double value = 0;
    CHECK(metric_ssim(&a, &a, &value) == 0);
    CHECK(value == 1);
    image_free(&hr);
    plane_free(&a);
}

TEST(ssim_refuses_planes_below_its_window_or_of_different_extents)
{
    Plane small = plane_new(10, 40), large = plane_new(40, 40);
    double value;
    CHECK(metric_ssim(&small, &small, &value) == -1);
    CHECK_ERROR(ERROR_SHAPE, "10x40");
    CHECK(metric_ssim(&small, &large, &value) == -1);
    CHECK_ERROR(ERROR_SHAPE, "10x40 against 40x40");
    plane_free(&small);
    plane_free(&large);
}

TEST(psnr_of_a_constant_difference_is_known)
{
    Image hr = image_new(32, 32), sr = image_new(32, 32);
    for (int i = 0; i < 32 * 32 * 3; i++) {
        hr.rgb[i] = 100;
        sr.rgb[i] = 105;
    }
    sr.rgb[0] = 255; /* in the border that is dropped */
    Reference *reference = reference_new(&hr, 2, 2);
    Measurement m;
    CHECK(metrics_measure(reference, &sr, &m, NULL) == 0);
    const double *v = m.values;
    CHECK_NEAR(v[METRIC_PSNR_RGB], 20 * log10(255 / 5.0), 1e-9);
    CHECK_NEAR(v[METRIC_PSNR_Y], 20 * log10(255 / (5 * 219 / 255.0)), 1e-4);
    reference_free(reference);
    image_free(&hr);
    image_free(&sr);
}

TEST(a_reference_refuses_extents_it_cannot_measure)
{
    Image odd = image_new(33, 32), small = image_new(16, 32), other = image_new(30, 32);
    CHECK(reference_new(&odd, 2, 2) == NULL);
    CHECK_ERROR(ERROR_SHAPE, "33x32");
    CHECK(reference_new(&small, 4, 4) == NULL);
    CHECK_ERROR(ERROR_SHAPE, "16x32");
    Reference *reference = reference_new(&small, 2, 0);
    Measurement m;
    CHECK(metrics_measure(reference, &other, &m, NULL) == -1);
    CHECK_ERROR(ERROR_SHAPE, "30x32 pixels where the truth has 16x32");
    reference_free(reference);
    image_free(&odd);
    image_free(&small);
    image_free(&other);
}

TEST(neighbourhood_range_is_the_range_of_every_window)
{
    Image picture = test_picture(23, 17, 6);
    Plane p = image_luma(&picture), least, greatest;
    neighbourhood_range(&p, 3, &least, &greatest);
    int wrong = 0;
    for (int y = 0; y < 17; y++)
        for (int x = 0; x < 23; x++) {
            float low = INFINITY, high = -INFINITY;
            for (int j = y - 3; j <= y + 3; j++)
                for (int i = x - 3; i <= x + 3; i++)
                    if (i >= 0 && i < 23 && j >= 0 && j < 17) {
                        low = fminf(low, p.values[j * 23 + i]);
                        high = fmaxf(high, p.values[j * 23 + i]);
                    }
            wrong += least.values[y * 23 + x] != low || greatest.values[y * 23 + x] != high;
        }
    CHECK(wrong == 0);
    image_free(&picture);
    plane_free(&p);
    plane_free(&least);
    plane_free(&greatest);
}

TEST(row_sums_take_every_value_once)
{
    float a[21], b[21];
    double sum = 0, squares = 0;
    for (int i = 0; i < 21; i++) {
        a[i] = (float)(i * i);
        b[i] = (float)(3 * i);
        sum += a[i];
        squares += (a[i] - b[i]) * (a[i] - b[i]);
    }
    CHECK(row_sum(a, 21) == sum);
    CHECK(row_squared_error(a, b, 21) == squares);
}
