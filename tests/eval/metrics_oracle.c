/* The oracle: an independent implementation's values for Set5, in the shared folder. */
#include <stdio.h>

#include "core/error.h"
#include "core/json.h"
#include "data/resample.h"
#include "eval/baselines.h"
#include "eval/metrics.h"
#include "tests/unit.h"

static bool read_shared(const char *name, Image *image)
{
    char path[64];
    snprintf(path, sizeof path, "photos/set5/%s", name);
    const char *shared = unit_shared(path);
    return shared && image_read(shared, image) == 0;
}

static Image multiple_of(const Image *image, int scale)
{
    return image_crop(image, 0, 0, image->width - image->width % scale,
                      image->height - image->height % scale);
}

/* Decibels may differ by one rounding of a pixel between float and double arithmetic. */
static double tolerance(Metric m)
{
    return m == METRIC_PSNR_Y || m == METRIC_PSNR_RGB || m == METRIC_CONSISTENCY ? 1e-3 : 1e-4;
}

static void compare(const double values[METRIC_COUNT], const cJSON *expected)
{
    for (Metric m = 0; m < METRIC_COUNT; m++) {
        if (METRICS[m].needs != NEEDS_TRUTH)
            continue;
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(expected, METRICS[m].name);
        CHECK(cJSON_IsNumber(value));
        if (value)
            CHECK_NEAR(values[m], value->valuedouble, tolerance(m));
    }
}

static void judge(const char *name, int scale, bool unsharp, const cJSON *expected)
{
    Image whole, hr, sr;
    REQUIRE(read_shared(name, &whole));
    hr = multiple_of(&whole, scale);
    Image lr = image_resample(&hr, hr.width / scale, hr.height / scale, KERNEL_BICUBIC);
    sr = unsharp ? baseline_unsharp(&lr, hr.width, hr.height)
                 : image_resample(&lr, hr.width, hr.height, KERNEL_BICUBIC);
    Reference *reference = reference_new_full(&hr, &lr, scale, scale);
    REQUIRE(reference != NULL);
    Measurement measurement;
    CHECK(metrics_measure(reference, &sr, &measurement, NULL) == 0);
    CHECK(isnan(measurement.values[METRIC_LPIPS_ALEX]));
    CHECK(measurement.values[METRIC_SHIFT] == 0);
    compare(measurement.values, expected);
    reference_free(reference);
    image_free(&whole);
    image_free(&hr);
    image_free(&lr);
    image_free(&sr);
}

static void judge_set(const char *set, int scale, bool unsharp)
{
    const char *path = unit_shared("reference/metrics.json");
    if (!path) {
        unit_skip("the shared photographs are not here");
        return;
    }
    cJSON *oracle = json_read(path);
    const cJSON *sets = cJSON_GetObjectItemCaseSensitive(oracle, "sets");
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(sets, set), *row;
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(entry, "per_image");
    CHECK(cJSON_GetArraySize(rows) == 5);
    cJSON_ArrayForEach(row, rows) judge(row->string, scale, unsharp, row);
    cJSON_Delete(oracle);
}

TEST(bicubic_at_x2_agrees_with_the_oracle)
{
    judge_set("set5 x2 bicubic", 2, false);
}

TEST(unsharp_at_x2_agrees_with_the_oracle)
{
    judge_set("set5 x2 unsharp", 2, true);
}

TEST(bicubic_at_x4_agrees_with_the_oracle)
{
    judge_set("set5 x4 bicubic", 4, false);
}

TEST(unsharp_at_x4_agrees_with_the_oracle)
{
    judge_set("set5 x4 unsharp", 4, true);
}
