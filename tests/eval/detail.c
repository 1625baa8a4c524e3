#include "eval/detail.h"
#include "data/resample.h"
#include "eval/metrics.h"
#include "tests/pictures.h"
#include "tests/unit.h"

static void measure(const Image *hr, const Image *sr, int scale, double values[METRIC_COUNT])
{
    Image lr = image_resample(hr, hr->width / scale, hr->height / scale, KERNEL_BICUBIC);
    Reference *reference = reference_new_full(hr, &lr, scale, scale);
    REQUIRE(reference != NULL);
    Measurement measurement;
    CHECK(metrics_measure(reference, sr, &measurement, NULL) == 0);
    memcpy(values, measurement.values, sizeof measurement.values);
    reference_free(reference);
    image_free(&lr);
}

TEST(the_truth_itself_has_no_error_of_any_kind)
{
    for (int scale = 2; scale <= 4; scale++) {
        Image hr = test_picture(96, 72, 0);
        double v[METRIC_COUNT];
        measure(&hr, &hr, scale, v);
        CHECK(isnan(v[METRIC_PSNR_Y]));
        CHECK(isnan(v[METRIC_PSNR_RGB]));
        CHECK(isnan(v[METRIC_CONSISTENCY]));
        CHECK(v[METRIC_SSIM_Y] == 1);
        CHECK(v[METRIC_DETAIL_ENERGY] == 1);
        CHECK(v[METRIC_RECOVERED] == 1);
        CHECK(v[METRIC_SMOOTHING] == 0);
        CHECK(v[METRIC_SHARPENING] == 0);
        CHECK(v[METRIC_HALLUCINATION] == 0);
        CHECK(!(v[METRIC_FALSE_TEXTURE] > 0)); /* nan without flat ground */
        CHECK(!(v[METRIC_HALO] > 0));
        image_free(&hr);
    }
}

TEST(lost_exaggerated_and_invented_sum_to_the_error_at_every_pixel)
{
    const int scale = 4;
    Image hr = test_picture(96, 72, 1), blurred = test_blurred(&hr, 1.2);
    Image sr = test_noisy(&blurred, 6);
    Plane truth = image_luma(&hr), judged = image_luma(&sr);
    Plane hr_detail = detail_of(&truth, scale, NULL), sr_detail = detail_of(&judged, scale, NULL);
    Plane energy = detail_product(&hr_detail, &hr_detail, scale);
    DetailMaps maps = detail_decompose(&hr_detail, &energy, &sr_detail, scale);
    double worst = 0;
    bool negative = false;
    for (int i = 0; i < 96 * 72; i++) {
        double lost = maps.lost.values[i], more = maps.exaggerated.values[i];
        double invented = maps.invented.values[i], error = maps.error.values[i];
        worst = fmax(worst, fabs(lost + more + invented - error) / (error + 1e-3));
        negative |= lost < 0 || more < 0 || invented < 0;
    }
    CHECK(worst < 1e-5);
    CHECK(!negative);
    detail_maps_free(&maps);
    Plane planes[] = {truth, judged, hr_detail, sr_detail, energy};
    for (int i = 0; i < 5; i++)
        plane_free(&planes[i]);
    Image images[] = {hr, blurred, sr};
    for (int i = 0; i < 3; i++)
        image_free(&images[i]);
}

TEST(blur_reads_as_smoothing)
{
    Image hr = test_picture(160, 120, 2), sr = test_blurred(&hr, 1);
    double v[METRIC_COUNT];
    measure(&hr, &sr, 4, v);
    CHECK(v[METRIC_SMOOTHING] > 2 * v[METRIC_HALLUCINATION]);
    CHECK(v[METRIC_SMOOTHING] > 0.3);
    CHECK(v[METRIC_SHARPENING] < 0.01);
    CHECK(v[METRIC_DETAIL_ENERGY] < 0.9);
    image_free(&hr);
    image_free(&sr);
}

TEST(independent_noise_reads_as_hallucination_of_its_own_strength)
{
    Image hr = test_picture(160, 120, 3), sr = test_noisy(&hr, 10);
    double v[METRIC_COUNT];
    measure(&hr, &sr, 4, v);
    Plane truth = image_luma(&hr), judged = image_luma(&sr);
    Plane hr_detail = detail_of(&truth, 4, NULL), sr_detail = detail_of(&judged, 4, NULL);
    double noise = 0, detail = 0;
    for (int i = 0; i < 160 * 120; i++) {
        double d = hr_detail.values[i], n = sr_detail.values[i] - hr_detail.values[i];
        noise += n * n;
        detail += d * d;
    }
    CHECK_RELATIVE(v[METRIC_HALLUCINATION], sqrt(noise / detail), 0.1);
    CHECK(v[METRIC_HALLUCINATION] > 4 * v[METRIC_SMOOTHING]);
    CHECK(v[METRIC_HALLUCINATION] > 4 * v[METRIC_SHARPENING]);
    Plane planes[] = {truth, judged, hr_detail, sr_detail};
    for (int i = 0; i < 4; i++)
        plane_free(&planes[i]);
    image_free(&hr);
    image_free(&sr);
}

TEST(flat_ground_has_no_detail_and_texture_on_it_is_false_texture)
{
    Image hr = image_new(64, 48);
    for (int i = 0; i < 64 * 48 * 3; i++)
        hr.rgb[i] = 77;
    Image sr = test_noisy(&hr, 5);
    double v[METRIC_COUNT];
    measure(&hr, &sr, 4, v);
    CHECK(isnan(v[METRIC_SMOOTHING]));
    CHECK(isnan(v[METRIC_HALLUCINATION]));
    CHECK(isnan(v[METRIC_RECOVERED]));
    CHECK(isnan(v[METRIC_HALO]));
    CHECK(v[METRIC_FALSE_TEXTURE] > 3 && v[METRIC_FALSE_TEXTURE] < 6);
    image_free(&hr);
    image_free(&sr);
}

TEST(overshoot_beside_an_edge_is_halo)
{
    Image hr = image_new(64, 48);
    for (int i = 0; i < 64 * 48 * 3; i++)
        hr.rgb[i] = i / 3 % 64 < 32 ? 50 : 200;
    Image sr = image_copy(&hr);
    for (int y = 0; y < 48; y++)
        for (int c = 0; c < 3; c++)
            sr.rgb[(y * 64 + 32) * 3 + c] = 220;
    double v[METRIC_COUNT];
    measure(&hr, &sr, 4, v);
    /* 20 levels of RGB are 20 * 219 / 255 of luma, in one of the eight columns near the edge. */
    CHECK_NEAR(v[METRIC_HALO], 20 * 219 / 255.0 / 8, 1e-4);
    image_free(&hr);
    image_free(&sr);
}
