/* What can be said without the truth, on pictures made so that it is known what should be said. */
#include "eval/no_truth.h"

#include "core/error.h"
#include "data/resample.h"
#include "eval/baselines.h"
#include "eval/detail.h"
#include "tests/pictures.h"
#include "tests/unit.h"

static Image shrink(const Image *hr, int scale)
{
    return image_resample(hr, hr->width / scale, hr->height / scale, KERNEL_BICUBIC);
}

static Image enlarge(const Image *lr, int scale)
{
    return image_resample(lr, lr->width * scale, lr->height * scale, KERNEL_BICUBIC);
}

static void measure(const Image *lr, const Image *sr, int scale, double values[METRIC_COUNT])
{
    Input *input = input_new(lr, scale, scale);
    for (Metric m = 0; m < METRIC_COUNT; m++)
        values[m] = -7;
    CHECK(input_measure(input, sr, values) == 0);
    input_free(input);
}

static Image uniform(int width, int height, int level)
{
    Image image = image_new(width, height);
    memset(image.rgb, level, (size_t)(width * height) * 3);
    return image;
}

TEST(the_truth_agrees_with_its_input_up_to_rounding_and_what_contradicts_it_does_not)
{
    Image hr = test_picture(160, 128, 4), lr = shrink(&hr, 4), blurred = test_blurred(&hr, 3);
    double truth[METRIC_COUNT], soft[METRIC_COUNT];
    measure(&lr, &hr, 4, truth);
    measure(&lr, &blurred, 4, soft);
    CHECK(truth[METRIC_INPUT_CONSISTENCY] > 58);
    CHECK(soft[METRIC_INPUT_CONSISTENCY] < truth[METRIC_INPUT_CONSISTENCY] - 15);
    CHECK(truth[METRIC_PSNR_Y] == -7 && truth[METRIC_DISAGREEMENT] == -7);
    Image images[] = {hr, lr, blurred};
    for (int i = 0; i < 3; i++)
        image_free(&images[i]);
}

TEST(the_same_flat_picture_has_no_consistency_and_no_measure_that_needs_detail)
{
    Image lr = uniform(40, 30, 90), sr = uniform(80, 60, 90);
    double v[METRIC_COUNT];
    measure(&lr, &sr, 2, v);
    CHECK(isnan(v[METRIC_INPUT_CONSISTENCY]) || v[METRIC_INPUT_CONSISTENCY] > 100);
    CHECK(isnan(v[METRIC_EXPECTED_ENERGY]) && isnan(v[METRIC_INPUT_HALO]));
    CHECK(v[METRIC_FLAT_TEXTURE] == 0 && v[METRIC_BLOCKINESS] == 0);
    image_free(&lr);
    image_free(&sr);
}

TEST(more_or_less_texture_than_expected_is_told)
{
    /* White noise has a flat spectrum: twice its strength is twice as much as expected. */
    Image gray = uniform(256, 256, 128), hr = test_noisy(&gray, 12), lr = shrink(&hr, 2);
    Image strong = test_noisy(&gray, 24), soft = enlarge(&lr, 2);
    double as_is[METRIC_COUNT], twice[METRIC_COUNT], less[METRIC_COUNT];
    measure(&lr, &hr, 2, as_is);
    measure(&lr, &strong, 2, twice);
    measure(&lr, &soft, 2, less);
    CHECK_NEAR(as_is[METRIC_EXPECTED_ENERGY], 1, 0.2);
    CHECK_RELATIVE(twice[METRIC_EXPECTED_ENERGY], 2 * as_is[METRIC_EXPECTED_ENERGY], 0.05);
    CHECK(less[METRIC_EXPECTED_ENERGY] < 0.5 * as_is[METRIC_EXPECTED_ENERGY]);
    measure(&hr, &hr, 1, as_is);
    CHECK(isnan(as_is[METRIC_EXPECTED_ENERGY]));
    Image images[] = {gray, hr, lr, strong, soft};
    for (int i = 0; i < 5; i++)
        image_free(&images[i]);
}

TEST(a_spectrum_that_falls_is_continued)
{
    for (int scale = 2; scale <= 4; scale++) {
        double truth[METRIC_COUNT], soft[METRIC_COUNT], sum = 0, sum_soft = 0;
        for (uint32_t i = 0; i < 3; i++) {
            Image hr = test_picture(288, 240, i), lr = shrink(&hr, scale);
            Image sr = enlarge(&lr, scale);
            measure(&lr, &hr, scale, truth);
            measure(&lr, &sr, scale, soft);
            sum += truth[METRIC_EXPECTED_ENERGY] / 3;
            sum_soft += soft[METRIC_EXPECTED_ENERGY] / 3;
            image_free(&hr);
            image_free(&lr);
            image_free(&sr);
        }
        CHECK(sum > 0.5 && sum < 2 && sum_soft < 0.4 * sum);
    }
}

TEST(pictures_smaller_than_a_block_have_an_expected_energy_too)
{
    Image hr = test_picture(80, 60, 7), lr = shrink(&hr, 4);
    double v[METRIC_COUNT];
    measure(&lr, &hr, 4, v);
    CHECK(v[METRIC_EXPECTED_ENERGY] > 0.1 && v[METRIC_EXPECTED_ENERGY] < 10);
    image_free(&hr);
    image_free(&lr);
}

TEST(texture_where_the_input_is_flat_is_told_with_its_strength)
{
    Image lr = uniform(40, 30, 120), flat = uniform(160, 120, 120), noisy = test_noisy(&flat, 6);
    double v[METRIC_COUNT];
    measure(&lr, &noisy, 4, v);
    Plane luma = image_luma(&noisy), detail = detail_of(&luma, 4, NULL);
    double sum = 0;
    for (int i = 0; i < 160 * 120; i++)
        sum += (double)detail.values[i] * (double)detail.values[i];
    CHECK_RELATIVE(v[METRIC_FLAT_TEXTURE], sqrt(sum / (160 * 120)), 0.03);
    plane_free(&luma);
    plane_free(&detail);
    Image images[] = {lr, flat, noisy};
    for (int i = 0; i < 3; i++)
        image_free(&images[i]);
}

TEST(texture_elsewhere_is_not_flat_texture)
{
    Image gray = uniform(80, 80, 120), lr = test_noisy(&gray, 20), sr = enlarge(&lr, 2);
    double v[METRIC_COUNT];
    measure(&lr, &sr, 2, v);
    CHECK(isnan(v[METRIC_FLAT_TEXTURE]));
    Image images[] = {gray, lr, sr};
    for (int i = 0; i < 3; i++)
        image_free(&images[i]);
}

TEST(leaving_the_range_of_the_input_beside_its_edges_is_halo)
{
    Image lr = image_new(32, 24);
    for (int i = 0; i < 32 * 24 * 3; i++)
        lr.rgb[i] = i / 3 % 32 < 16 ? 50 : 200;
    Image sr = image_resample(&lr, 64, 48, KERNEL_NEAREST);
    double inside[METRIC_COUNT], outside[METRIC_COUNT];
    measure(&lr, &sr, 2, inside);
    for (int y = 0; y < 48; y++)
        for (int c = 0; c < 3; c++)
            sr.rgb[(y * 64 + 32) * 3 + c] = 220;
    measure(&lr, &sr, 2, outside);
    CHECK(inside[METRIC_INPUT_HALO] == 0);
    /* 20 levels of RGB are 20 * 219 / 255 of luma, in one of the four columns near the edge. */
    CHECK_NEAR(outside[METRIC_INPUT_HALO], 20 * 219 / 255.0 / 4, 1e-4);
    image_free(&lr);
    image_free(&sr);
}

TEST(unsharp_has_more_halo_than_bicubic)
{
    Image hr = test_picture(192, 160, 5), lr = shrink(&hr, 2), soft = enlarge(&lr, 2);
    Image sharp = baseline_unsharp(&lr, 192, 160);
    double a[METRIC_COUNT], b[METRIC_COUNT];
    measure(&lr, &soft, 2, a);
    measure(&lr, &sharp, 2, b);
    CHECK(b[METRIC_INPUT_HALO] > 4 * a[METRIC_INPUT_HALO]);
    CHECK(b[METRIC_EXPECTED_ENERGY] > 1.4 * a[METRIC_EXPECTED_ENERGY]);
    Image images[] = {hr, lr, soft, sharp};
    for (int i = 0; i < 4; i++)
        image_free(&images[i]);
}

TEST(blocks_of_the_input_show_in_what_was_made_of_it)
{
    Image gray = uniform(160, 128, 120), lr = test_noisy(&gray, 3);
    for (int i = 0; i < 160 * 128 * 3; i++) {
        int x = i / 3 % 160 / 8, y = i / 3 / 160 / 8;
        lr.rgb[i] = (uint8_t)(lr.rgb[i] + (x * 7 + y * 5 + x * y) % 11);
    }
    Image clean = test_noisy(&gray, 3), blocky = enlarge(&lr, 3), smooth = enlarge(&clean, 3);
    double a[METRIC_COUNT], b[METRIC_COUNT];
    measure(&lr, &blocky, 3, a);
    measure(&clean, &smooth, 3, b);
    CHECK(a[METRIC_BLOCKINESS] > 0.15 && b[METRIC_BLOCKINESS] < 0.08);
    Image images[] = {gray, lr, clean, blocky, smooth};
    for (int i = 0; i < 5; i++)
        image_free(&images[i]);
}

TEST(a_picture_of_another_size_is_refused)
{
    Image lr = uniform(20, 20, 1), sr = uniform(40, 44, 1);
    double v[METRIC_COUNT];
    Input *input = input_new(&lr, 2, 2);
    CHECK(input_measure(input, &sr, v) == -1);
    CHECK_ERROR(ERROR_SHAPE, "40x44 pixels where 2 times the input has 40x40");
    input_free(input);
    image_free(&lr);
    image_free(&sr);
}

TEST(the_same_detail_agrees_and_unrelated_detail_does_not)
{
    /* Two layers of independent noise: the second picture's is shifted far away. */
    Image gray = uniform(160, 128, 120), wide = uniform(160, 256, 120),
          noise = test_noisy(&wide, 8);
    Image a = image_crop(&noise, 0, 0, 160, 128), b = image_crop(&noise, 0, 128, 160, 128);
    Opinion opinions[] = {opinion_new(&a, 4), opinion_new(&a, 4), opinion_new(&b, 4),
                          opinion_new(&gray, 4)};
    Plane map;
    CHECK(opinions_disagree(&opinions[0], &opinions[1], 4, 4, NULL) == 0);
    CHECK_NEAR(opinions_disagree(&opinions[0], &opinions[2], 4, 4, &map), 1, 0.03);
    CHECK_NEAR(opinions_disagree(&opinions[0], &opinions[3], 4, 4, NULL), 1, 1e-6);
    CHECK(isnan(opinions_disagree(&opinions[3], &opinions[3], 4, 4, NULL)));
    double mean = 0, values[4];
    for (int i = 0; i < 160 * 128; i++)
        mean += (double)map.values[i] / (160 * 128);
    CHECK_RELATIVE(mean, 2 * pow(8 * 219 / 255.0 * 0.98, 2), 0.1);
    plane_free(&map);
    bool counts[] = {true, true, true, false};
    map = opinions_compare(opinions, counts, 4, 4, 4, values);
    CHECK(values[0] == values[1] && values[0] < 0.55 && values[2] > 0.9);
    CHECK_NEAR(values[3], 1, 1e-6);
    CHECK(map.values[64 * 160 + 80] > 0);
    plane_free(&map);
    counts[1] = counts[2] = false;
    map = opinions_compare(opinions, counts, 3, 4, 4, values);
    CHECK(isnan(values[0]) && values[1] == 0);
    CHECK(map.values[64 * 160 + 80] > 0);
    plane_free(&map);
    for (int i = 0; i < 4; i++)
        opinion_free(&opinions[i]);
    Image images[] = {gray, wide, noise, a, b};
    for (int i = 0; i < 5; i++)
        image_free(&images[i]);
}
