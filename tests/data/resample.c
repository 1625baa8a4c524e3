/* Resampling against a plain double-precision reference, invariants and the published Set5 values.
 */
#include "data/resample.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "core/json.h"
#include "core/random.h"
#include "core/threads.h"
#include "tests/unit.h"

static Plane noise(int width, int height)
{
    Plane plane = plane_new(width, height);
    Random random = random_stream(1, RANDOM_TEST, (uint64_t)width, (uint32_t)height);
    for (int i = 0; i < width * height; i++)
        plane.values[i] = (float)random_range(&random, 0, 255);
    return plane;
}

static double at_mirrored(const Plane *p, int x, int y)
{
    while (x < 0 || x >= p->width)
        x = x < 0 ? -1 - x : 2 * p->width - 1 - x;
    while (y < 0 || y >= p->height)
        y = y < 0 ? -1 - y : 2 * p->height - 1 - y;
    return p->values[y * p->width + x];
}

static double kernel_value(Kernel kernel, double x)
{
    x = fabs(x);
    if (kernel == KERNEL_BILINEAR)
        return x < 1 ? 1 - x : 0;
    if (kernel == KERNEL_LANCZOS3)
        return x >= 3   ? 0
               : x == 0 ? 1
                        : sin(M_PI * x) / (M_PI * x) * sin(M_PI * x / 3) * 3 / (M_PI * x);
    double a = kernel == KERNEL_BICUBIC75 ? -0.75 : -0.5;
    if (x < 1)
        return (a + 2) * x * x * x - (a + 3) * x * x + 1;
    return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0;
}

/* One output pixel as the plain sum over a generous two-dimensional window. */
static double reference_pixel(const Plane *p, int width, int height, Kernel kernel, int x, int y)
{
    double rx = (double)p->width / width, ry = (double)p->height / height;
    double sx = rx > 1 ? rx : 1, sy = ry > 1 ? ry : 1;
    double cx = (x + 0.5) * rx - 0.5, cy = (y + 0.5) * ry - 0.5, sum = 0, total = 0;
    for (int j = (int)floor(cy - 3 * sy); j <= (int)ceil(cy + 3 * sy); j++)
        for (int i = (int)floor(cx - 3 * sx); i <= (int)ceil(cx + 3 * sx); i++) {
            double w = kernel_value(kernel, (cx - i) / sx) * kernel_value(kernel, (cy - j) / sy);
            sum += w * at_mirrored(p, i, j);
            total += w;
        }
    return sum / total;
}

TEST(every_kernel_agrees_with_a_plain_sum_in_doubles)
{
    static const int SIZES[][4] = {{33, 21, 8, 5}, {33, 21, 66, 63}, {5, 40, 20, 10},
                                   {17, 1, 4, 3},  {2, 2, 9, 1},     {40, 39, 40, 13}};
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++)
        for (Kernel kernel = KERNEL_BILINEAR; kernel <= KERNEL_LANCZOS3; kernel++) {
            Plane in = noise(SIZES[s][0], SIZES[s][1]);
            Plane out = plane_resample(&in, SIZES[s][2], SIZES[s][3], kernel);
            double worst = 0;
            for (int y = 0; y < out.height; y++)
                for (int x = 0; x < out.width; x++)
                    worst = fmax(worst,
                                 fabs(out.values[y * out.width + x] -
                                      reference_pixel(&in, out.width, out.height, kernel, x, y)));
            CHECK_NEAR(worst, 0, 3e-4);
            plane_free(&in);
            plane_free(&out);
        }
}

TEST(the_same_extents_leave_the_picture_as_it_is)
{
    Plane in = noise(23, 17);
    for (Kernel kernel = KERNEL_NEAREST; kernel <= KERNEL_LANCZOS3; kernel++) {
        Plane out = plane_resample(&in, 23, 17, kernel);
        for (int i = 0; i < 23 * 17; i++)
            CHECK_NEAR(out.values[i], in.values[i], 1e-4);
        plane_free(&out);
    }
    plane_free(&in);
}

TEST(constant_pictures_stay_constant)
{
    Image flat = image_new(13, 9);
    memset(flat.rgb, 77, 13 * 9 * 3);
    for (Kernel kernel = KERNEL_NEAREST; kernel <= KERNEL_LANCZOS3; kernel++) {
        Image out = image_resample(&flat, 50, 3, kernel);
        for (int i = 0; i < 50 * 3 * 3; i++)
            CHECK(out.rgb[i] == 77);
        image_free(&out);
    }
    image_free(&flat);
}

TEST(nearest_repeats_when_growing_and_takes_the_centre_when_shrinking)
{
    Plane in = noise(6, 3), big = plane_resample(&in, 24, 12, KERNEL_NEAREST);
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 24; x++)
            CHECK(big.values[y * 24 + x] == in.values[y / 4 * 6 + x / 4]);
    Plane small = plane_resample(&in, 2, 1, KERNEL_NEAREST);
    CHECK(small.values[0] == in.values[6 + 1] && small.values[1] == in.values[6 + 4]);
    plane_free(&small);
    plane_free(&big);
    plane_free(&in);
}

TEST(a_picture_is_resampled_like_its_channels)
{
    Image image = image_new(31, 18);
    Random random = random_stream(3, RANDOM_TEST, 0, 0);
    for (int i = 0; i < 31 * 18 * 3; i++)
        image.rgb[i] = (uint8_t)random_below(&random, 256);
    Plane planes[3];
    for (int c = 0; c < 3; c++) {
        Plane channel = image_channel(&image, c);
        planes[c] = plane_resample(&channel, 12, 40, KERNEL_BICUBIC);
        plane_free(&channel);
    }
    Image expected = image_from_channels(planes);
    Image got = image_resample(&image, 12, 40, KERNEL_BICUBIC);
    CHECK(memcmp(expected.rgb, got.rgb, 12 * 40 * 3) == 0);
    for (int c = 0; c < 3; c++)
        plane_free(&planes[c]);
    image_free(&expected);
    image_free(&got);
    image_free(&image);
}

TEST(gaussian_agrees_with_its_definition)
{
    Plane in = noise(14, 9), out = plane_gaussian(&in, 1.5, 6);
    for (int y = 0; y < 9; y += 4)
        for (int x = 0; x < 14; x++) {
            double sum = 0, total = 0;
            for (int j = -6; j <= 6; j++)
                for (int i = -6; i <= 6; i++) {
                    double w = exp(-(i * i + j * j) / (2 * 1.5 * 1.5));
                    sum += w * at_mirrored(&in, x + i, y + j);
                    total += w;
                }
            CHECK_NEAR(out.values[y * 14 + x], sum / total, 1e-4);
        }
    plane_free(&in);
    plane_free(&out);
}

/* PSNR in dB of two planes, `crop` pixels dropped on each side. */
static double psnr(const Plane *a, const Plane *b, int crop)
{
    double sum = 0, count = 0;
    for (int y = crop; y < a->height - crop; y++)
        for (int x = crop; x < a->width - crop; x++, count++) {
            double d = (double)a->values[y * a->width + x] - b->values[y * a->width + x];
            sum += d * d;
        }
    return 10 * log10(255.0 * 255.0 * count / sum);
}

/* PSNR-Y of bicubic down and up, as METRICS.md; *consistency too. */
static double bicubic_psnr(const char *path, int s, double *consistency)
{
    Image whole;
    REQUIRE(image_read(path, &whole) == 0);
    Image hr = image_crop(&whole, 0, 0, whole.width / s * s, whole.height / s * s);
    Image lr = image_resample(&hr, hr.width / s, hr.height / s, KERNEL_BICUBIC);
    Image sr = image_resample(&lr, hr.width, hr.height, KERNEL_BICUBIC);
    Plane a = image_luma(&sr), b = image_luma(&hr);
    Plane down_a = plane_resample(&a, lr.width, lr.height, KERNEL_BICUBIC);
    Plane down_b = plane_resample(&b, lr.width, lr.height, KERNEL_BICUBIC);
    double value = psnr(&a, &b, s);
    *consistency = psnr(&down_a, &down_b, 0);
    plane_free(&a), plane_free(&b), plane_free(&down_a), plane_free(&down_b);
    image_free(&whole), image_free(&hr), image_free(&lr), image_free(&sr);
    return value;
}

static void check_set5(const cJSON *sets, const char *set, int scale, double mean)
{
    const cJSON *images =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(sets, set), "per_image");
    REQUIRE(cJSON_GetArraySize(images) == 5);
    const cJSON *image;
    double sum = 0;
    cJSON_ArrayForEach(image, images)
    {
        char name[64];
        snprintf(name, sizeof name, "photos/set5/%s", image->string);
        double consistency, value = bicubic_psnr(unit_shared(name), scale, &consistency);
        CHECK_NEAR(value, cJSON_GetObjectItem(image, "psnr_y")->valuedouble, 0.002);
        CHECK_NEAR(consistency, cJSON_GetObjectItem(image, "consistency")->valuedouble, 0.002);
        sum += value;
    }
    CHECK_NEAR(sum / 5, mean, 0.005);
}

TEST(bicubic_gives_the_published_psnr_on_set5)
{
    const char *path = unit_shared("reference/metrics.json");
    if (!path) {
        unit_skip("no shared reference values");
        return;
    }
    cJSON *root = json_read(path);
    REQUIRE(root != NULL);
    const cJSON *sets = cJSON_GetObjectItemCaseSensitive(root, "sets");
    check_set5(sets, "set5 x2 bicubic", 2, 33.68);
    check_set5(sets, "set5 x4 bicubic", 4, 28.43);
    cJSON_Delete(root);
}

static Picture picture_of(Workspace *work, const cJSON *values, int width, int height)
{
    Picture p = picture_take(work, width, height);
    int i = 0;
    for (const cJSON *v = values->child; v; v = v->next, i++)
        p.planes[i / (width * height)][i % (width * height)] = (float)v->valuedouble;
    CHECK(i == 3 * width * height);
    return p;
}

/* The fixture holds what PyTorch's interpolate made of one picture; see resample.py. */
TEST(plain_sampling_and_area_agree_with_pytorch)
{
    static const Kernel KERNELS[] = {KERNEL_AREA, KERNEL_BILINEAR, KERNEL_BICUBIC75};
    cJSON *root = json_read(unit_fixture("resample.json"));
    REQUIRE(root != NULL);
    Workspace *work = workspace_new();
    Picture from = picture_of(work, cJSON_GetObjectItem(root, "picture"), 11, 7);
    int cases = 0;
    for (const cJSON *c = cJSON_GetObjectItem(root, "cases")->child; c; c = c->next, cases++) {
        int width = cJSON_GetObjectItem(c, "width")->valueint;
        int height = cJSON_GetObjectItem(c, "height")->valueint;
        Kernel kernel = KERNELS[cJSON_GetObjectItem(c, "mode")->valueint];
        Picture wanted = picture_of(work, cJSON_GetObjectItem(c, "values"), width, height);
        Picture to = picture_take(work, width, height);
        picture_resample(&from, kernel, SAMPLING_PLAIN, work, &to);
        double worst = 0;
        for (int i = 0; i < 3 * width * height; i++)
            worst = fmax(worst, fabs(to.planes[i / (width * height)][i % (width * height)] -
                                     wanted.planes[i / (width * height)][i % (width * height)]));
        CHECK_NEAR(worst, 0, 1e-3);
    }
    CHECK(cases == 15);
    workspace_free(work);
    cJSON_Delete(root);
}

TEST(large_pictures_are_resampled_alike_by_any_number_of_threads)
{
    Plane in = noise(700, 611), one, other;
    threads_set(1);
    one = plane_resample(&in, 175, 150, KERNEL_BICUBIC);
    threads_set(3);
    other = plane_resample(&in, 175, 150, KERNEL_BICUBIC);
    threads_set(0);
    CHECK(memcmp(one.values, other.values, 175 * 150 * sizeof(float)) == 0);
    plane_free(&in);
    plane_free(&one);
    plane_free(&other);
}
