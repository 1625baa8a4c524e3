/* Convolution against plain sums, kernels and sharpening against BasicSR's, medians against
 * sorting.
 */
#include <stdio.h>

#include "core/json.h"
#include "core/random.h"
#include "data/degrade/blur.h"
#include "data/degrade/blur_kernels.h"
#include "data/degrade/convolve.h"
#include "data/degrade/denoise.h"
#include "data/degrade/sharpen.h"
#include "tests/data/operations.h"
#include "tests/unit.h"

static const int EXTENTS[][2] = {{1, 1},   {2, 3},   {1, 40},  {40, 1},   {7, 5},
                                 {16, 16}, {61, 49}, {100, 7}, {33, 150}, {48, 96}};
enum { EXTENTS_COUNT = sizeof EXTENTS / sizeof *EXTENTS };

static void fill_noise(float *values, int count, double low, double high)
{
    Random random = random_stream(3, RANDOM_TEST, (uint64_t)count, 0);
    for (int i = 0; i < count; i++)
        values[i] = (float)random_range(&random, low, high);
}

static Picture noise(Workspace *work, int width, int height)
{
    Picture p = picture_take(work, width, height);
    for (int c = 0; c < 3; c++)
        fill_noise(p.planes[c], width * height, 10 * c, 255 - 20 * c);
    return p;
}

static Picture copy(Workspace *work, const Picture *from)
{
    Picture to = picture_take(work, from->width, from->height);
    picture_copy(from, &to);
    return to;
}

/* The greatest difference over all channels. */
static double difference(const Picture *a, const Picture *b)
{
    double worst = 0;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < picture_pixels(a); i++)
            worst = fmax(worst, fabs((double)a->planes[c][i] - (double)b->planes[c][i]));
    return worst;
}

static double at(const float *values, int width, int height, int x, int y)
{
    while (x < 0 || x >= width)
        x = width == 1 ? 0 : x < 0 ? -x : 2 * width - 2 - x;
    while (y < 0 || y >= height)
        y = height == 1 ? 0 : y < 0 ? -y : 2 * height - 2 - y;
    return (double)values[y * width + x];
}

static double plain_sum(const float *kernel, int size, const float *values, int width, int height,
                        int x, int y)
{
    double sum = 0;
    for (int j = 0; j < size; j++)
        for (int i = 0; i < size; i++)
            sum += (double)kernel[j * size + i] *
                   at(values, width, height, x + i - size / 2, y + j - size / 2);
    return sum;
}

/* Every result, or many of them where there are many taps. */
static double worst_error(const Filter *filter, const float *kernel, int size, int width,
                          int height)
{
    Workspace *work = workspace_new();
    float *from = workspace_take(work, (size_t)(width * height), sizeof *from);
    float *to = workspace_take(work, (size_t)(width * height), sizeof *to);
    fill_noise(from, width * height, 0, 255);
    filter_plane(filter, work, from, width, height, to);
    double worst = 0;
    for (int i = 0; i<width * height; i += size> 25 ? 7 : 1) {
        double sum = plain_sum(kernel, size, from, width, height, i % width, i / width);
        worst = fmax(worst, fabs(sum - (double)to[i]));
    }
    workspace_free(work);
    return worst;
}

static void check_filter(const float *kernel, int size)
{
    Workspace *work = workspace_new();
    const Filter *filter = filter_prepare(work, kernel, size);
    for (int i = 0; i < EXTENTS_COUNT; i++)
        CHECK_NEAR(worst_error(filter, kernel, size, EXTENTS[i][0], EXTENTS[i][1]), 0, 8e-4);
    workspace_free(work);
}

TEST(filters_agree_with_plain_sums_for_any_kernel_and_extents)
{
    static const int SIZES[] = {1, 3, 5, 7, 13, 21, 51};
    float kernel[BLUR_MOST_TAPS];
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++) {
        int count = SIZES[s] * SIZES[s];
        fill_noise(kernel, count, -1.0 / count, 2.0 / count);
        check_filter(kernel, SIZES[s]);
    }
}

TEST(filters_agree_with_plain_sums_for_every_kind_of_blur)
{
    float kernel[BLUR_MOST_TAPS];
    for (int kind = BLUR_ISO; kind <= BLUR_CURVE; kind++)
        for (int radius = 1; radius <= BLUR_MOST_RADIUS; radius += 6) {
            BlurKernel blur = {kind, radius, 0.4 * radius, 0.2 * radius, 25,
                               0.8,  1.4,    0.7 * radius, 1.6 * radius, 70};
            blur_kernel_fill(&blur, kernel);
            check_filter(kernel, 2 * radius + 1);
        }
}

static int pairs_of(BlurKernel blur)
{
    float kernel[BLUR_MOST_TAPS];
    Workspace *work = workspace_new();
    blur_kernel_fill(&blur, kernel);
    int pairs = filter_pairs(filter_prepare(work, kernel, 2 * blur.radius + 1));
    workspace_free(work);
    return pairs;
}

TEST(kernels_are_taken_apart_where_that_is_faster)
{
    BlurKernel blur = {.kind = BLUR_ISO, .radius = 10, .sigma = 2, .sigma_y = 4, .length = 15};
    CHECK(pairs_of(blur) == 1);
    blur.kind = BLUR_ANISO;
    CHECK(pairs_of(blur) == 1);
    blur.angle = 3;
    CHECK(pairs_of(blur) > 1 && pairs_of(blur) < 6);
    blur.angle = 45;
    CHECK(pairs_of(blur) == 0);
    blur.kind = BLUR_LINE;
    CHECK(pairs_of(blur) == 0);
}

TEST(a_filter_may_write_where_it_reads)
{
    for (int size = 3; size <= 9; size += 6) {
        Workspace *work = workspace_new();
        float kernel[81], weights[9], apart[31 * 50], place[31 * 50];
        fill_noise(kernel, 81, 0, 0.02);
        fill_noise(weights, 9, 0, 0.2);
        const Filter *filters[] = {filter_prepare(work, kernel, size),
                                   filter_prepare_separable(work, weights, size)};
        for (int i = 0; i < 2; i++) {
            fill_noise(place, 31 * 50, 0, 255);
            filter_plane(filters[i], work, place, 31, 50, apart);
            filter_plane(filters[i], work, place, 31, 50, place);
            CHECK(memcmp(apart, place, sizeof place) == 0);
        }
        workspace_free(work);
    }
}

static uint64_t hash(const float *values, int count)
{
    uint64_t result = 0xcbf29ce484222325;
    const unsigned char *bytes = (const unsigned char *)values;
    for (size_t i = 0; i < (size_t)count * sizeof *values; i++)
        result = (result ^ bytes[i]) * 0x100000001b3;
    return result;
}

/* Debug builds have no clones: they compare the plain processor's bits with the others'. */
TEST(filters_compute_the_same_bits_on_every_processor)
{
    Workspace *work = workspace_new();
    float kernel[169], weights[13], values[45 * 53];
    fill_noise(kernel, 169, -0.01, 0.02);
    fill_noise(weights, 13, -0.1, 0.2);
    fill_noise(values, 45 * 53, 0, 255);
    filter_plane(filter_prepare(work, kernel, 13), work, values, 45, 53, values);
    CHECK(hash(values, 45 * 53) == 0xbff4bdb0d73558de);
    filter_plane(filter_prepare_separable(work, weights, 13), work, values, 45, 53, values);
    CHECK(hash(values, 45 * 53) == 0xff76bf3f300880f6);
    workspace_free(work);
}

static int kind_named(const char *name)
{
    static const char *const NAMES[] = {
        "iso",           "aniso", "generalized_iso", "generalized_aniso", "plateau_iso",
        "plateau_aniso", "sinc"};
    for (int i = 0; i < 7; i++)
        if (strcmp(NAMES[i], name) == 0)
            return i;
    return -1;
}

TEST(kernels_are_those_of_basicsr)
{
    cJSON *oracle = json_read(unit_fixture("filters.json")), *entry;
    REQUIRE(oracle != NULL);
    float weights[BLUR_MOST_TAPS];
    int compared = 0;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(oracle, "kernels"))
    {
#define NUMBER(name) cJSON_GetNumberValue(cJSON_GetObjectItem(entry, name))
        BlurKernel blur = {.kind =
                               kind_named(cJSON_GetStringValue(cJSON_GetObjectItem(entry, "kind"))),
                           .radius = (int)NUMBER("radius"),
                           .sigma = NUMBER("sigma"),
                           .sigma_y = NUMBER("sigma_y"),
                           .angle = NUMBER("angle"),
                           .beta = NUMBER("beta"),
                           .cutoff = NUMBER("cutoff")};
#undef NUMBER
        blur_kernel_fill(&blur, weights);
        double worst = 0;
        int i = 0;
        cJSON *weight;
        cJSON_ArrayForEach(weight, cJSON_GetObjectItem(entry, "weights")) worst =
            fmax(worst, fabs((double)weights[i++] - weight->valuedouble));
        CHECK(i == (2 * blur.radius + 1) * (2 * blur.radius + 1));
        CHECK_NEAR(worst, 0, 5e-8);
        compared++;
    }
    CHECK(compared == 9);
    cJSON_Delete(oracle);
}

/* Mean and variance of a kernel as a distribution of offsets. */
typedef struct Moments {
    double sum, x, y, xx, xy, yy;
} Moments;

static Moments moments(const BlurKernel *blur, float *weights)
{
    Moments m = {0};
    int r = blur->radius, size = 2 * r + 1;
    blur_kernel_fill(blur, weights);
    for (int i = 0; i < size * size; i++) {
        double w = (double)weights[i], x = i % size - r, y = i / size - r;
        m.sum += w;
        m.x += w * x;
        m.y += w * y;
        m.xx += w * x * x;
        m.xy += w * x * y;
        m.yy += w * y * y;
    }
    return m;
}

TEST(a_disk_weighs_pixels_by_the_area_inside)
{
    float weights[BLUR_MOST_TAPS];
    BlurKernel blur = {.kind = BLUR_DISK, .radius = 5, .reach = 4.3};
    Moments m = moments(&blur, weights);
    CHECK_NEAR(m.sum, 1, 1e-6);
    CHECK_RELATIVE((double)weights[60], 1 / (M_PI * 4.3 * 4.3), 1e-3);
    CHECK(weights[0] == 0);
    /* x = 4 on the axis: 0.8 wide but for the circle's bend. */
    double share = (double)weights[64] / (double)weights[60];
    CHECK(share > 0.77 && share < 0.8);
    CHECK_RELATIVE(m.xx, 4.3 * 4.3 / 4 + 1.0 / 12, 5e-3);
    CHECK_NEAR(m.xx, m.yy, 1e-3);
}

TEST(a_line_has_its_length_and_angle)
{
    float weights[BLUR_MOST_TAPS];
    BlurKernel blur = {.kind = BLUR_LINE, .radius = 12, .length = 20, .angle = 30};
    Moments m = moments(&blur, weights);
    double c = cos(M_PI / 6), s = sin(M_PI / 6), along = 20.0 * 20 / 12;
    CHECK_NEAR(m.x, 0, 1e-5);
    CHECK_NEAR(m.y, 0, 1e-5);
    /* Sharing between neighbours adds a little on the diagonal, nothing to xy. */
    CHECK_NEAR(m.xx, along * c * c, 0.3);
    CHECK_NEAR(m.yy, along * s * s, 0.3);
    CHECK_NEAR(m.xy, along * c * s, 0.05);
    blur = (BlurKernel){.kind = BLUR_LINE, .radius = 4, .length = 100};
    m = moments(&blur, weights);
    CHECK_NEAR(m.yy, 0, 1e-6);
    CHECK(fabs((double)weights[4 * 9]) > 0);
}

TEST(a_curve_bends_about_its_mean)
{
    float weights[BLUR_MOST_TAPS], straight[BLUR_MOST_TAPS];
    BlurKernel blur = {.kind = BLUR_CURVE, .radius = 12, .length = 20, .angle = -50};
    moments(&blur, weights);
    blur.kind = BLUR_LINE;
    moments(&blur, straight);
    CHECK(memcmp(weights, straight, 625 * sizeof *weights) == 0);
    blur.kind = BLUR_CURVE;
    blur.bend = 100;
    blur.angle = 0;
    Moments m = moments(&blur, weights);
    CHECK_NEAR(m.x, 0, 1e-4);
    CHECK_NEAR(m.y, 0, 1e-2);
    /* It turns downwards at both ends, and is above the centre half-way. */
    CHECK(weights[12 * 25 + 12] == 0 && weights[10 * 25 + 12] > 0);
    blur.bend = 360;
    m = moments(&blur, weights);
    double radius = 20 / (2 * M_PI);
    CHECK_NEAR(m.xx, radius * radius / 2, 0.3);
    CHECK_NEAR(m.yy, radius * radius / 2, 0.3);
    CHECK(weights[12 * 25 + 12] == 0);
}

TEST(filters_leave_flat_pictures_flat)
{
    static const struct {
        const Operation *operation;
        const char *settings;
    } CASES[] = {
        {&BLUR_OPERATION, "kind=iso radius=10 sigma=3"},
        {&BLUR_OPERATION, "kind=sinc radius=10 cutoff=1.2"},
        {&BLUR_OPERATION, "kind=curve radius=10 length=15 bend=60 channels=chroma"},
        {&SHARPEN_OPERATION, "kind=masked amount=0.5 sigma=8 radius=25 threshold=10"},
        {&SHARPEN_OPERATION, "kind=plain amount=3 sigma=2 radius=6"},
        {&DENOISE_OPERATION, "kind=guided radius=4 strength=10"},
        {&DENOISE_OPERATION, "kind=median radius=2"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (int e = 0; e < EXTENTS_COUNT; e++) {
            Workspace *work = workspace_new();
            Picture before = picture_take(work, EXTENTS[e][0], EXTENTS[e][1]);
            for (int c = 0; c < 3; c++)
                for (size_t j = 0; j < picture_pixels(&before); j++)
                    before.planes[c][j] = (float)(77 * c + 20);
            Picture after = copy(work, &before);
            CHECK(operation_run(CASES[i].operation, CASES[i].settings, work, &after) == 0);
            CHECK_NEAR(difference(&before, &after), 0, 1e-3);
            workspace_free(work);
        }
}

TEST(blur_is_the_convolution_with_its_kernel)
{
    Workspace *work = workspace_new();
    Picture before = noise(work, 50, 40), after = copy(work, &before);
    float weights[BLUR_MOST_TAPS];
    BlurKernel blur = {.kind = BLUR_PLATEAU_ANISO,
                       .radius = 6,
                       .sigma = 2,
                       .sigma_y = 1,
                       .angle = 20,
                       .beta = 1.5};
    blur_kernel_fill(&blur, weights);
    CHECK(operation_run(&BLUR_OPERATION,
                        "kind=plateau_aniso radius=6 sigma=2 sigma_y=1 angle=20 beta=1.5", work,
                        &after) == 0);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 50 * 40; i += 11)
            CHECK_NEAR((double)after.planes[c][i],
                       plain_sum(weights, 13, before.planes[c], 50, 40, i % 50, i / 50), 5e-4);
    workspace_free(work);
}

static double luma(const Picture *p, size_t i)
{
    return 0.299 * (double)p->planes[0][i] + 0.587 * (double)p->planes[1][i] +
           0.114 * (double)p->planes[2][i];
}

TEST(blurred_chroma_keeps_luma)
{
    Workspace *work = workspace_new();
    Picture before = noise(work, 40, 30), after = copy(work, &before), all = copy(work, &before);
    CHECK(operation_run(&BLUR_OPERATION, "kind=iso radius=6 sigma=2 channels=chroma", work,
                        &after) == 0);
    CHECK(operation_run(&BLUR_OPERATION, "kind=iso radius=6 sigma=2", work, &all) == 0);
    double kept = 0, blurred = 0;
    for (size_t i = 0; i < picture_pixels(&before); i++) {
        kept = fmax(kept, fabs(luma(&after, i) - luma(&before, i)));
        blurred = fmax(blurred, fabs((double)after.planes[2][i] - luma(&after, i) -
                                     (double)all.planes[2][i] + luma(&all, i)));
    }
    CHECK_NEAR(kept, 0, 1e-3);
    CHECK_NEAR(blurred, 0, 1e-3);
    workspace_free(work);
}

/* fixtures/filters.py's picture. */
static Picture blocks(Workspace *work)
{
    Picture p = picture_take(work, 64, 48);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < 48; y++)
            for (int x = 0; x < 64; x++)
                p.planes[c][y * 64 + x] = (float)((37 * (x / 8) * (1 + y / 8) + 80 * c) % 200 +
                                                  (3 * x + 5 * y + x * y) % 23);
    return p;
}

/* The published one computes in floats of 0..1 with 2601 taps: a thousandth of a level. */
TEST(masked_sharpening_is_the_published_one)
{
    cJSON *oracle = json_read(unit_fixture("filters.json")), *value;
    REQUIRE(oracle != NULL);
    Workspace *work = workspace_new();
    Picture picture = blocks(work), before = copy(work, &picture);
    CHECK(operation_run(&SHARPEN_OPERATION, "kind=masked amount=0.5 sigma=8 radius=25 threshold=10",
                        work, &picture) == 0);
    double worst = 0;
    int i = 0;
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(oracle, "sharpened")) worst =
        fmax(worst, fabs((double)picture.planes[1][i++] - value->valuedouble));
    CHECK(i == 64 * 48);
    CHECK_NEAR(worst, 0, 1e-3);
    CHECK(difference(&before, &picture) > 5);
    cJSON_Delete(oracle);
    workspace_free(work);
}

/* 40 and 210, meeting in the middle. */
static Picture step_edge(Workspace *work)
{
    Picture p = picture_take(work, 40, 20);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 40 * 20; i++)
            p.planes[c][i] = i % 40 < 20 ? 40 : 210;
    return p;
}

TEST(masked_sharpening_leaves_weak_edges_as_they_are)
{
    Workspace *work = workspace_new();
    Picture picture = step_edge(work), before = copy(work, &picture);
    CHECK(operation_run(&SHARPEN_OPERATION,
                        "kind=masked amount=0.5 sigma=8 radius=25 threshold=100", work,
                        &picture) == 0);
    CHECK(difference(&before, &picture) == 0);
    workspace_free(work);
}

TEST(plain_sharpening_overshoots_and_the_masked_one_is_clipped)
{
    Workspace *work = workspace_new();
    Picture plain = step_edge(work), masked = step_edge(work);
    CHECK(operation_run(&SHARPEN_OPERATION, "kind=plain amount=1.5 sigma=2 radius=6", work,
                        &plain) == 0);
    CHECK(operation_run(&SHARPEN_OPERATION, "kind=masked amount=1.5 sigma=2 radius=6 threshold=10",
                        work, &masked) == 0);
    CHECK(plain.planes[0][19] < -20 && plain.planes[0][20] > 270);
    CHECK(masked.planes[0][19] >= 0 && masked.planes[0][20] <= 255);
    CHECK(masked.planes[0][19] < 30 && masked.planes[0][20] > 220);
    workspace_free(work);
}

static double box_mean(const double *values, int width, int height, int radius, int x, int y)
{
    double sum = 0;
    for (int j = -radius; j <= radius; j++)
        for (int i = -radius; i <= radius; i++) {
            int u = x + i, v = y + j;
            u = u < 0 ? -u : u >= width ? 2 * width - 2 - u : u;
            v = v < 0 ? -v : v >= height ? 2 * height - 2 - v : v;
            sum += values[v * width + u];
        }
    return sum / ((2 * radius + 1) * (2 * radius + 1));
}

TEST(guided_denoising_is_the_published_filter)
{
    enum { WIDTH = 30, HEIGHT = 22, COUNT = WIDTH * HEIGHT, RADIUS = 3 };
    static double values[COUNT], squares[COUNT], slopes[COUNT], offsets[COUNT];
    Workspace *work = workspace_new();
    Picture picture = noise(work, WIDTH, HEIGHT);
    for (int i = 0; i < COUNT; i++) {
        values[i] = (double)picture.planes[0][i];
        squares[i] = values[i] * values[i];
    }
    for (int i = 0; i < COUNT; i++) {
        double mean = box_mean(values, WIDTH, HEIGHT, RADIUS, i % WIDTH, i / WIDTH);
        double variance =
            box_mean(squares, WIDTH, HEIGHT, RADIUS, i % WIDTH, i / WIDTH) - mean * mean;
        slopes[i] = variance / (variance + 40 * 40);
        offsets[i] = (1 - slopes[i]) * mean;
    }
    CHECK(operation_run(&DENOISE_OPERATION, "kind=guided radius=3 strength=40", work, &picture) ==
          0);
    double worst = 0;
    for (int i = 0; i < COUNT; i++)
        worst = fmax(
            worst, fabs((double)picture.planes[0][i] -
                        box_mean(slopes, WIDTH, HEIGHT, RADIUS, i % WIDTH, i / WIDTH) * values[i] -
                        box_mean(offsets, WIDTH, HEIGHT, RADIUS, i % WIDTH, i / WIDTH)));
    CHECK_NEAR(worst, 0, 2e-3);
    workspace_free(work);
}

TEST(guided_denoising_flattens_noise_and_keeps_edges)
{
    Workspace *work = workspace_new();
    Picture picture = step_edge(work);
    float speckle[40 * 20];
    fill_noise(speckle, 40 * 20, -3, 3);
    for (int i = 0; i < 40 * 20; i++)
        picture.planes[0][i] += speckle[i];
    CHECK(operation_run(&DENOISE_OPERATION, "kind=guided radius=2 strength=12", work, &picture) ==
          0);
    double far = 0;
    for (int i = 0; i < 40 * 20; i++)
        if (i % 40 < 14 || i % 40 > 25)
            far = fmax(far, fabs((double)picture.planes[0][i] - (i % 40 < 20 ? 40 : 210)));
    CHECK(far < 1.5);
    CHECK(picture.planes[0][10 * 40 + 20] - picture.planes[0][10 * 40 + 19] > 150);
    workspace_free(work);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sorted_median(const float *values, int width, int height, int radius, int x, int y)
{
    double window[25];
    int count = 0;
    for (int j = -radius; j <= radius; j++)
        for (int i = -radius; i <= radius; i++)
            window[count++] = at(values, width, height, x + i, y + j);
    qsort(window, (size_t)count, sizeof *window, compare);
    return window[count / 2];
}

/* Few levels, so that there are ties, and many windows. */
TEST(medians_are_those_of_sorted_windows)
{
    for (int radius = 1; radius <= 2; radius++)
        for (int e = 0; e < EXTENTS_COUNT; e++)
            for (int levels = 2; levels <= 2000; levels *= 10) {
                int width = EXTENTS[e][0], height = EXTENTS[e][1];
                Workspace *work = workspace_new();
                Picture before = noise(work, width, height);
                for (int i = 0; i < width * height; i++)
                    before.planes[0][i] = floorf(before.planes[0][i] / 255 * (float)levels);
                Picture after = copy(work, &before);
                CHECK(operation_run(&DENOISE_OPERATION,
                                    radius == 1 ? "kind=median radius=1" : "kind=median radius=9",
                                    work, &after) == 0);
                int differing = 0;
                for (int i = 0; i < width * height; i++)
                    differing +=
                        (double)after.planes[0][i] != sorted_median(before.planes[0], width, height,
                                                                    radius, i % width, i / width);
                CHECK(differing == 0);
                workspace_free(work);
            }
}
