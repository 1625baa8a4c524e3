/* Outputs made so that what the measures must say of them is known. Photographs where the shared
 * ones are here, procedural pictures besides. */
#include "core/error.h"
#include "data/resample.h"
#include "eval/baselines.h"
#include "eval/metrics.h"
#include "eval/registration.h"
#include "tests/pictures.h"
#include "tests/unit.h"

enum { SCALE = 4, PHOTOGRAPHS = 8 };

static const char *const NAMES[PHOTOGRAPHS] = {
    "photos/train/100075.jpg", "photos/train/100098.jpg", "photos/train/103041.jpg",
    "photos/train/104022.jpg", "photos/train/105019.jpg", "photos/train/105053.jpg",
    "photos/train/106020.jpg", "photos/train/106025.jpg"};

/* A photograph without its last row and column, which are no multiple of the scale. */
static bool read_photograph(int i, Image *hr)
{
    Image whole;
    const char *path = unit_shared(NAMES[i]);
    if (!path)
        return false;
    REQUIRE(image_read(path, &whole) == 0);
    *hr = image_crop(&whole, 0, 0, whole.width - whole.width % SCALE,
                     whole.height - whole.height % SCALE);
    image_free(&whole);
    return true;
}

static Image shrunk(const Image *hr)
{
    return image_resample(hr, hr->width / SCALE, hr->height / SCALE, KERNEL_BICUBIC);
}

static Measurement measure(const Image *hr, const Image *sr)
{
    Measurement m;
    Image lr = shrunk(hr);
    Reference *reference = reference_new_full(hr, &lr, SCALE, SCALE);
    REQUIRE(reference != NULL);
    CHECK(metrics_measure(reference, sr, &m, NULL) == 0);
    reference_free(reference);
    image_free(&lr);
    return m;
}

/* Means over the photographs of what `make` makes of them; NAN without the photographs. */
static Measurement mean_measurement(Image (*make)(const Image *hr))
{
    Measurement mean = {0};
    for (int i = 0; i < PHOTOGRAPHS; i++) {
        Image hr;
        if (!read_photograph(i, &hr)) {
            unit_skip("the shared photographs are not here");
            mean.values[METRIC_SMOOTHING] = NAN;
            return mean;
        }
        Image sr = make(&hr);
        Measurement m = measure(&hr, &sr);
        for (Metric k = 0; k < METRIC_COUNT; k++)
            mean.values[k] += m.values[k] / PHOTOGRAPHS;
        image_free(&hr);
        image_free(&sr);
    }
    return mean;
}

static Image blurred_by_one(const Image *hr)
{
    return test_blurred(hr, 1);
}

TEST(a_blurred_photograph_is_mostly_smoothed)
{
    Measurement m = mean_measurement(blurred_by_one);
    if (isnan(m.values[METRIC_SMOOTHING]))
        return;
    CHECK_NEAR(m.values[METRIC_SMOOTHING], 0.61, 0.06);
    CHECK_NEAR(m.values[METRIC_HALLUCINATION], 0.23, 0.04);
    CHECK(m.values[METRIC_SHARPENING] < 0.01);
    CHECK(m.values[METRIC_SHIFT] == 0);
}

static Image enlarged(const Image *hr)
{
    Image lr = shrunk(hr), sr = image_resample(&lr, hr->width, hr->height, KERNEL_BICUBIC);
    image_free(&lr);
    return sr;
}

/* Bicubic and half of what it lacks. */
static Image half_detailed(const Image *hr)
{
    Image sr = enlarged(hr);
    for (int i = 0; i < hr->width * hr->height * 3; i++)
        sr.rgb[i] = (uint8_t)((hr->rgb[i] + sr.rgb[i] + 1) / 2);
    return sr;
}

TEST(half_of_the_true_detail_is_half_smoothed_and_half_recovered)
{
    Measurement m = mean_measurement(half_detailed);
    if (isnan(m.values[METRIC_SMOOTHING]))
        return;
    CHECK_NEAR(m.values[METRIC_SMOOTHING], 0.5, 0.05);
    CHECK_NEAR(m.values[METRIC_RECOVERED], 0.5, 0.06);
    CHECK(m.values[METRIC_HALLUCINATION] < 0.15);
}

static Image sharpened(const Image *hr)
{
    Image lr = shrunk(hr), sr = baseline_unsharp(&lr, hr->width, hr->height);
    image_free(&lr);
    return sr;
}

TEST(sharpening_recovers_nothing_but_makes_detail_up)
{
    Measurement plain = mean_measurement(enlarged);
    if (isnan(plain.values[METRIC_SMOOTHING]))
        return;
    Measurement sharp = mean_measurement(sharpened);
    CHECK(sharp.values[METRIC_RECOVERED] - plain.values[METRIC_RECOVERED] < 0.04);
    CHECK(sharp.values[METRIC_HALLUCINATION] - plain.values[METRIC_HALLUCINATION] > 0.05);
    CHECK(sharp.values[METRIC_HALO] > 3 * plain.values[METRIC_HALO]);
}

/* hr lying (x, y) pixels farther to the right and below. */
static Image moved(const Image *hr, double x, double y)
{
    Plane planes[3];
    for (int c = 0; c < 3; c++) {
        Plane channel = image_channel(hr, c);
        planes[c] = registration_undo(&channel, -x, -y);
        plane_free(&channel);
    }
    Image image = image_from_channels(planes);
    for (int c = 0; c < 3; c++)
        plane_free(&planes[c]);
    return image;
}

static Image moved_by_half(const Image *hr)
{
    return moved(hr, 0.5, 0);
}

TEST(a_shift_of_half_a_pixel_is_misregistration_and_no_hallucination)
{
    Measurement m = mean_measurement(moved_by_half);
    if (isnan(m.values[METRIC_SMOOTHING]))
        return;
    CHECK_NEAR(m.values[METRIC_SHIFT], 0.5, 0.02);
    CHECK(m.values[METRIC_MISREGISTRATION] > 0.4);
    CHECK(m.values[METRIC_HALLUCINATION] < 0.1);
    CHECK(m.values[METRIC_SMOOTHING] < 0.1);
}

TEST(shifts_are_found_in_both_directions_and_with_their_signs)
{
    Image hr = test_picture(160, 128, 8);
    const double shifts[][2] = {{0.5, 0}, {0, -0.75}, {-1.5, 2}, {0.25, 0.25}};
    for (int i = 0; i < 4; i++) {
        Image sr = moved(&hr, shifts[i][0], shifts[i][1]);
        Measurement m = measure(&hr, &sr);
        CHECK_NEAR(m.shift_x, shifts[i][0], 0.05);
        CHECK_NEAR(m.shift_y, shifts[i][1], 0.05);
        image_free(&sr);
    }
    image_free(&hr);
}

TEST(what_lies_where_it_should_is_not_moved)
{
    Image hr = test_picture(160, 128, 9);
    Image made[] = {enlarged(&hr), sharpened(&hr), test_noisy(&hr, 15), test_blurred(&hr, 1.5)};
    for (int i = 0; i < 4; i++) {
        Measurement m = measure(&hr, &made[i]);
        CHECK(m.values[METRIC_SHIFT] == 0 && m.shift_x == 0 && m.shift_y == 0);
        CHECK(m.values[METRIC_MISREGISTRATION] == 0);
        image_free(&made[i]);
    }
    image_free(&hr);
}

TEST(the_three_shares_sum_to_the_detail_error)
{
    Image hr = test_picture(160, 128, 10), blurred = test_blurred(&hr, 0.8);
    Image sr = test_noisy(&blurred, 8);
    Measurement m = measure(&hr, &sr);
    Plane truth = image_luma(&hr), judged = image_luma(&sr);
    Plane a = detail_of(&truth, SCALE, NULL), b = detail_of(&judged, SCALE, NULL);
    Plane energy = detail_product(&a, &a, SCALE);
    DetailMaps maps = detail_decompose(&a, &energy, &b, SCALE);
    double error = 0, whole = 0, shares = 0;
    for (int y = SCALE; y < 128 - SCALE; y++)
        for (int x = SCALE; x < 160 - SCALE; x++) {
            error += (double)maps.error.values[y * 160 + x];
            whole += (double)energy.values[y * 160 + x];
        }
    const Metric three[] = {METRIC_SMOOTHING, METRIC_SHARPENING, METRIC_HALLUCINATION};
    for (int i = 0; i < 3; i++)
        shares += m.values[three[i]] * m.values[three[i]];
    CHECK_RELATIVE(shares, error / whole, 1e-6);
    detail_maps_free(&maps);
    Plane planes[] = {truth, judged, a, b, energy};
    for (int i = 0; i < 5; i++)
        plane_free(&planes[i]);
    Image images[] = {hr, blurred, sr};
    for (int i = 0; i < 3; i++)
        image_free(&images[i]);
}
