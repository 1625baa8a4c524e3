/* MS-SSIM, VIF, the LDL artifact map and opensr-test's shares against their published
 * implementations, whose values tests/fixtures/measures.py wrote. */
#include <stdio.h>

#include "core/error.h"
#include "core/json.h"
#include "eval/ldl_artifacts.h"
#include "eval/metrics.h"
#include "eval/ms_ssim.h"
#include "eval/opensr.h"
#include "eval/vif.h"
#include "tests/unit.h"

static uint8_t clip(int v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Blocks of 8 with a ripple. */
static Image drawn(int width, int height)
{
    Image image = image_new(width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                image.rgb[(y * width + x) * 3 + c] = clip(
                    (37 * (x / 8) * (1 + y / 8) + 80 * c) % 200 + (3 * x + 5 * y + x * y) % 23);
    return image;
}

static int inside(int i, int count)
{
    return i < 0 ? 0 : i < count ? i : count - 1;
}

/* The rounded mean of 3x3 pixels, edges repeated. */
static Image soft(const Image *hr)
{
    Image sr = image_new(hr->width, hr->height);
    for (int i = 0; i < hr->width * hr->height * 3; i++) {
        int x = i / 3 % hr->width, y = i / 3 / hr->width, sum = 4;
        for (int k = 0; k < 9; k++)
            sum += hr->rgb[(inside(y + k / 3 - 1, hr->height) * hr->width +
                            inside(x + k % 3 - 1, hr->width)) *
                               3 +
                           i % 3];
        sr.rgb[i] = clip(sum / 9);
    }
    return sr;
}

static Image noisy(const Image *hr)
{
    Image sr = image_new(hr->width, hr->height);
    for (int i = 0; i < hr->width * hr->height * 3; i++) {
        int x = i / 3 % hr->width, y = i / 3 / hr->width, c = i % 3;
        sr.rgb[i] = clip(hr->rgb[i] + (7 * x * y + 13 * y + 5 * x + 3 * c) % 23 - 11);
    }
    return sr;
}

/* The mean of 4x4 pixels. */
static Image quarter(const Image *hr)
{
    Image lr = image_new(hr->width / 4, hr->height / 4);
    for (int i = 0; i < lr.width * lr.height * 3; i++) {
        int x = i / 3 % lr.width, y = i / 3 / lr.width, sum = 8;
        for (int k = 0; k < 16; k++)
            sum += hr->rgb[((4 * y + k / 4) * hr->width + 4 * x + k % 4) * 3 + i % 3];
        lr.rgb[i] = (uint8_t)(sum / 16);
    }
    return lr;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    REQUIRE(cJSON_IsNumber(value));
    return value->valuedouble;
}

static void compare_opensr(const Image *hr, const Image *sr, const cJSON *expected)
{
    Image lr = quarter(hr);
    double shares[OPENSR_SHARES];
    CHECK(metric_opensr(&lr, sr, hr, 4, shares) == 0);
    for (int k = 0; k < OPENSR_SHARES; k++)
        CHECK_RELATIVE(shares[k], cJSON_GetArrayItem(expected, k)->valuedouble, 1e-5);
    image_free(&lr);
}

static void compare(const Image *hr, const Image *sr, const cJSON *expected)
{
    Plane a = image_luma(hr), b = image_luma(sr);
    double value = 0;
    CHECK(metric_ms_ssim(&a, &b, &value) == 0);
    CHECK_RELATIVE(value, number(expected, "ms_ssim"), 1e-5);
    CHECK(metric_vif(&a, &b, &value) == 0);
    CHECK_RELATIVE(value, number(expected, "vif"), 2e-5);
    CHECK(metric_ldl_artifacts(hr, sr, 0, &value) == 0);
    CHECK_RELATIVE(value, number(expected, "ldl"), 1e-6);
    plane_free(&a);
    plane_free(&b);
    const cJSON *shares = cJSON_GetObjectItemCaseSensitive(expected, "opensr");
    if (shares)
        compare_opensr(hr, sr, shares);
}

static void judge(const Image *hr, const cJSON *oracle, const char *name)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(oracle, name);
    Image first = soft(hr), second = noisy(hr);
    compare(hr, &first, cJSON_GetObjectItemCaseSensitive(rows, "soft"));
    compare(hr, &second, cJSON_GetObjectItemCaseSensitive(rows, "noisy"));
    image_free(&first);
    image_free(&second);
}

static cJSON *read_oracle(void)
{
    cJSON *oracle = json_read(unit_fixture("measures.json"));
    REQUIRE(oracle != NULL);
    return oracle;
}

TEST(measures_of_drawn_pictures_agree_with_published_implementations)
{
    cJSON *oracle = read_oracle();
    Image even = drawn(208, 192), odd = drawn(187, 181);
    judge(&even, oracle, "drawn");
    judge(&odd, oracle, "odd");
    image_free(&even);
    image_free(&odd);
    cJSON_Delete(oracle);
}

static bool read_shared(const char *name, Image *image)
{
    const char *path = unit_shared(name);
    Image whole;
    if (!path || image_read(path, &whole) != 0)
        return false;
    *image = image_crop(&whole, 0, 0, whole.width / 16 * 16, whole.height / 16 * 16);
    image_free(&whole);
    return true;
}

static void judge_stored(const char *name, const char *file, const cJSON *oracle)
{
    Image hr, sr;
    char path[64];
    snprintf(path, sizeof path, "photos/set5/%s.png", name);
    REQUIRE(read_shared(path, &hr) && read_shared(file, &sr));
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(oracle, name);
    compare(&hr, &sr, cJSON_GetObjectItemCaseSensitive(rows, "stored"));
    image_free(&hr);
    image_free(&sr);
}

TEST(measures_of_photographs_agree_with_published_implementations)
{
    if (!unit_shared("photos/set5/baby.png")) {
        unit_skip("the shared photographs are not here");
        return;
    }
    static const char *const NAMES[] = {"baby", "bird", "butterfly", "head", "woman"};
    cJSON *oracle = read_oracle();
    for (int i = 0; i < 5; i++) {
        char path[64];
        Image hr;
        snprintf(path, sizeof path, "photos/set5/%s.png", NAMES[i]);
        REQUIRE(read_shared(path, &hr));
        judge(&hr, oracle, NAMES[i]);
        image_free(&hr);
    }
    judge_stored("bird", "reference/bird-realesr-animevideov3-x4.png", oracle);
    judge_stored("butterfly", "reference/butterfly-bicubic-x4.png", oracle);
    cJSON_Delete(oracle);
}
