/* What MS-SSIM, VIF and the LDL artifact map say of pictures of which it is known. */
#include "core/error.h"
#include "eval/ldl_artifacts.h"
#include "eval/metrics.h"
#include "eval/ms_ssim.h"
#include "eval/vif.h"
#include "tests/pictures.h"
#include "tests/unit.h"

typedef int Measure(const Plane *a, const Plane *b, double *value);

static double measure(Measure *function, const Image *hr, const Image *sr)
{
    Plane a = image_luma(hr), b = image_luma(sr);
    double value = 0;
    CHECK(function(&a, &b, &value) == 0);
    plane_free(&a);
    plane_free(&b);
    return value;
}

TEST(ms_ssim_and_vif_of_identical_pictures_are_one_and_ldl_is_zero)
{
    Image hr = test_picture(190, 177, 5);
    double ldl = 1;
    CHECK(measure(metric_ms_ssim, &hr, &hr) == 1);
    CHECK_NEAR(measure(metric_vif, &hr, &hr), 1, 1e-6);
    CHECK(metric_ldl_artifacts(&hr, &hr, 4, &ldl) == 0);
    CHECK(ldl == 0);
    image_free(&hr);
}

TEST(blur_and_noise_lower_ms_ssim_and_vif_and_raise_ldl)
{
    Image hr = test_picture(200, 180, 4), blurred = test_blurred(&hr, 1.5);
    Image noisy = test_noisy(&hr, 12), noisier = test_noisy(&hr, 24);
    double weak, strong;
    CHECK(measure(metric_ms_ssim, &hr, &blurred) < 0.99);
    CHECK(measure(metric_ms_ssim, &hr, &noisier) < measure(metric_ms_ssim, &hr, &noisy));
    CHECK(measure(metric_vif, &hr, &blurred) < 0.6);
    CHECK(measure(metric_vif, &hr, &noisier) < measure(metric_vif, &hr, &noisy));
    CHECK(metric_ldl_artifacts(&hr, &noisy, 0, &weak) == 0);
    CHECK(metric_ldl_artifacts(&hr, &noisier, 0, &strong) == 0);
    CHECK(weak > 0 && strong > 2 * weak);
    image_free(&hr);
    image_free(&blurred);
    image_free(&noisy);
    image_free(&noisier);
}

TEST(vif_is_above_one_where_contrast_is_enhanced)
{
    Image hr = test_picture(96, 80, 6);
    Plane a = image_luma(&hr), b = image_luma(&hr);
    for (int i = 0; i < b.width * b.height; i++)
        b.values[i] = 128 + 1.3f * (b.values[i] - 128);
    double value = 0;
    CHECK(metric_vif(&a, &b, &value) == 0);
    CHECK(value > 1);
    plane_free(&a);
    plane_free(&b);
    image_free(&hr);
}

TEST(ms_ssim_of_a_negative_is_zero)
{
    Image hr = test_picture(180, 180, 2);
    Plane a = image_luma(&hr), b = image_luma(&hr);
    for (int i = 0; i < b.width * b.height; i++)
        b.values[i] = 255 - b.values[i];
    double value = 1;
    CHECK(metric_ms_ssim(&a, &b, &value) == 0);
    CHECK(value == 0);
    plane_free(&a);
    plane_free(&b);
    image_free(&hr);
}

TEST(measures_do_not_exist_for_pictures_below_their_coarsest_window)
{
    Image small = test_picture(175, 200, 1), tiny = test_picture(40, 60, 1);
    CHECK(isnan(measure(metric_ms_ssim, &small, &small)));
    CHECK(isnan(measure(metric_vif, &tiny, &tiny)));
    Image flat = image_new(64, 64);
    memset(flat.rgb, 77, 64 * 64 * 3);
    CHECK(isnan(measure(metric_vif, &flat, &flat)));
    image_free(&small);
    image_free(&tiny);
    image_free(&flat);
}

/* An error that is one level in every channel of one pixel, 1 / 85 in all: seen from every window
 * of 7x7 pixels around it, and r is 1 / 85 in one of the picture's pixels. */
TEST(ldl_of_one_wrong_pixel_is_as_computed_by_hand)
{
    Image hr = image_new(32, 20), sr = image_new(32, 20);
    for (int c = 0; c < 3; c++)
        sr.rgb[(10 * 32 + 16) * 3 + c] = 1;
    double r2 = 1 / (85.0 * 85), whole = r2 * (1 - 1.0 / 640) / 639, local = r2 / 49, value = 0;
    CHECK(metric_ldl_artifacts(&hr, &sr, 0, &value) == 0);
    CHECK_RELATIVE(value, pow(whole, 0.2) * local * 49 / 640, 1e-9);
    CHECK(metric_ldl_artifacts(&hr, &sr, 4, &value) == 0);
    CHECK_RELATIVE(value, pow(whole, 0.2) * local * 49 / (24 * 12), 1e-9);
    CHECK(metric_ldl_artifacts(&hr, &sr, 8, &value) == 0);
    CHECK_RELATIVE(value, pow(whole, 0.2) * local * 7 * 4 / (16 * 4), 1e-9);
    image_free(&hr);
    image_free(&sr);
}

TEST(a_full_reference_measures_them_on_cropped_pictures)
{
    Image hr = test_picture(192, 188, 3), sr = test_blurred(&hr, 1), lr = image_new(48, 47);
    Image inner_hr = image_crop(&hr, 4, 4, 184, 180), inner_sr = image_crop(&sr, 4, 4, 184, 180);
    Reference *full = reference_new_full(&hr, &lr, 4, 4), *plain = reference_new(&hr, 4, 4);
    Measurement m;
    double ldl;
    CHECK(metrics_measure(full, &sr, &m, NULL) == 0);
    CHECK_NEAR(m.values[METRIC_SSIM_Y], measure(metric_ssim, &inner_hr, &inner_sr), 1e-9);
    CHECK_NEAR(m.values[METRIC_MS_SSIM_Y], measure(metric_ms_ssim, &inner_hr, &inner_sr), 1e-9);
    CHECK_NEAR(m.values[METRIC_VIF_Y], measure(metric_vif, &inner_hr, &inner_sr), 1e-9);
    CHECK(metric_ldl_artifacts(&hr, &sr, 4, &ldl) == 0);
    CHECK(m.values[METRIC_LDL_ARTIFACTS] == ldl && ldl > 0);
    CHECK(metrics_measure(plain, &sr, &m, NULL) == 0);
    CHECK(isnan(m.values[METRIC_MS_SSIM_Y]) && isnan(m.values[METRIC_LDL_ARTIFACTS]));
    reference_free(full);
    reference_free(plain);
    image_free(&hr);
    image_free(&sr);
    image_free(&lr);
    image_free(&inner_hr);
    image_free(&inner_sr);
}

TEST(ssim_by_content_adds_up_to_that_of_the_picture)
{
    Image hr = test_picture(192, 160, 4), sr = test_blurred(&hr, 1.5), lr = image_new(48, 40);
    Reference *full = reference_new_full(&hr, &lr, 4, 4);
    const Content *content = reference_content(full);
    Measurement m;
    CHECK(metrics_measure(full, &sr, &m, NULL) == 0);
    double sum = 0, counted = 0, shares[CONTENT_CLASSES];
    content_shares(content, 4 + 5, shares); /* where windows have their middles */
    for (int k = 0; k < CONTENT_CLASSES; k++)
        if (!isnan(m.by_class[k][METRIC_SSIM_Y])) {
            sum += shares[k] * m.by_class[k][METRIC_SSIM_Y];
            counted += shares[k];
        }
    CHECK(counted > 0.95);
    CHECK_NEAR(sum / counted, m.values[METRIC_SSIM_Y], 1 - counted + 1e-5);
    reference_free(full);
    image_free(&hr);
    image_free(&sr);
    image_free(&lr);
}

TEST(measures_refuse_pictures_of_different_extents)
{
    Plane a = plane_new(180, 180), b = plane_new(181, 180);
    Image hr = image_new(16, 16), sr = image_new(16, 15), dot = image_new(3, 3);
    double value;
    CHECK(metric_ms_ssim(&a, &b, &value) == -1);
    CHECK_ERROR(ERROR_SHAPE, "180x180 against 181x180");
    CHECK(metric_vif(&a, &b, &value) == -1);
    CHECK_ERROR(ERROR_SHAPE, "181x180 against 180x180");
    CHECK(metric_ldl_artifacts(&hr, &sr, 0, &value) == -1);
    CHECK_ERROR(ERROR_SHAPE, "16x15 against 16x16");
    CHECK(metric_ldl_artifacts(&dot, &dot, 0, &value) == -1);
    CHECK_ERROR(ERROR_SHAPE, "3x3 pixels are too few");
    plane_free(&a);
    plane_free(&b);
    image_free(&hr);
    image_free(&sr);
    image_free(&dot);
}
