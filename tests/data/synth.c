/* Procedural pictures: pure functions of their key, with the statistics of photographs. */
#include "data/synth.h"

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"
#include "data/synth_parts.h"
#include "tests/unit.h"

static bool equal(const Image *a, const Image *b)
{
    return a->width == b->width && a->height == b->height &&
           memcmp(a->rgb, b->rgb, (size_t)a->width * (size_t)a->height * 3) == 0;
}

TEST(a_procedural_picture_depends_on_seed_and_index_alone)
{
    Image first = synth_picture(7, 3, 67, 41), again = synth_picture(7, 3, 67, 41);
    Image other_index = synth_picture(7, 4, 67, 41), other_seed = synth_picture(8, 3, 67, 41);
    CHECK(first.width == 67 && first.height == 41);
    CHECK(equal(&first, &again));
    CHECK(!equal(&first, &other_index));
    CHECK(!equal(&first, &other_seed));
    image_free(&first), image_free(&again), image_free(&other_index), image_free(&other_seed);
}

TEST(procedural_pictures_of_any_extent_can_be_drawn)
{
    static const int SIZES[][2] = {{1, 1}, {1, 40}, {300, 2}, {16, 16}, {33, 129}};
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++)
        for (uint32_t index = 0; index < 3; index++) {
            Image image = synth_picture(1, index, SIZES[s][0], SIZES[s][1]);
            CHECK(image.width == SIZES[s][0] && image.height == SIZES[s][1]);
            image_free(&image);
        }
}

/* Moments of the differences of horizontal neighbours. */
static void measure(const Plane *p, double *mean, double *deviation, double *kurtosis)
{
    double sum = 0, squares = 0, d2 = 0, d4 = 0, count = (double)p->width * p->height, pairs = 0;
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            double v = p->values[y * p->width + x];
            sum += v;
            squares += v * v;
            if (x + 1 == p->width)
                continue;
            double d = p->values[y * p->width + x + 1] - v;
            d2 += d * d;
            d4 += d * d * d * d;
            pairs++;
        }
    *mean = sum / count;
    *deviation = sqrt(squares / count - *mean * *mean);
    *kurtosis = d4 / pairs / (d2 / pairs * d2 / pairs);
}

TEST(their_gradients_are_heavy_tailed_like_those_of_photographs)
{
    for (uint32_t index = 0; index < 6; index++) {
        Image image = synth_picture(0, index, 160, 120);
        Plane luma = image_luma(&image);
        double mean, deviation, kurtosis;
        measure(&luma, &mean, &deviation, &kurtosis);
        CHECK(mean > 25 && mean < 230);
        CHECK(deviation > 12);
        CHECK(kurtosis > 5); /* 3 for a normal distribution, 8 to 60 for photographs */
        plane_free(&luma);
        image_free(&image);
    }
}

TEST(noise_has_unit_variance_and_joins_at_its_ends)
{
    Random random = random_stream(5, RANDOM_TEST, 0, 0);
    Noise noise = noise_new(&random, 0.85f);
    double sum = 0, squares = 0;
    for (int i = 0; i < NOISE_SIZE * NOISE_SIZE; i++) {
        sum += noise.values[i];
        squares += (double)noise.values[i] * noise.values[i];
    }
    CHECK_NEAR(sum / (NOISE_SIZE * NOISE_SIZE), 0, 1e-4);
    CHECK_NEAR(squares / (NOISE_SIZE * NOISE_SIZE), 1, 1e-3);
    CHECK_NEAR(noise_at(&noise, -3.25f, 7.5f), noise_at(&noise, NOISE_SIZE - 3.25f, 7.5f), 1e-4);
    CHECK_NEAR(noise_at(&noise, 20, 30), noise.values[30 * NOISE_SIZE + 20], 0);
    noise_free(&noise);
}

static int run(const char *folder, const char *option)
{
    char *output = memory_print("--output=%s", folder);
    char *argv[] = {"synth", output, "--count=5", "--size=48x32", "-q", (char *)option, NULL};
    int result = synth_command(6, argv);
    free(output);
    log_quiet(false);
    threads_set(0);
    return result;
}

TEST(synth_writes_the_same_bytes_whatever_the_number_of_threads)
{
    char *one = memory_copy_string(unit_scratch("one"));
    char *three = memory_copy_string(unit_scratch("three"));
    CHECK(run(one, "--threads=1") == 0 && run(three, "--threads=3") == 0);
    CHECK(run(three, "--threads=2") == 0); /* again, over what is there */
    FileList a = {0}, b = {0};
    CHECK(file_list(one, true, &a) == 0 && file_list(three, true, &b) == 0);
    REQUIRE(a.count == 5 && b.count == 5);
    CHECK(strcmp(file_name(a.paths[4]), "synth-0-0004.png") == 0);
    for (int i = 0; i < 5; i++) {
        size_t m = 0, n = 0;
        uint8_t *p = file_read_whole(a.paths[i], 1 << 20, &m);
        uint8_t *q = file_read_whole(b.paths[i], 1 << 20, &n);
        CHECK(p && q && m == n && memcmp(p, q, m) == 0);
        free(p);
        free(q);
    }
    file_list_free(&a);
    file_list_free(&b);
    free(one);
    free(three);
}

TEST(synth_refuses_wrong_usage_by_name)
{
    char *no_output[] = {"synth", "--count=1", NULL};
    CHECK(synth_command(2, no_output) == -1);
    CHECK_ERROR(ERROR_USAGE, "-o DIR");
    CHECK(run(unit_scratch("wrong"), "--size=8x8") == -1);
    CHECK_ERROR(ERROR_USAGE, "--size: width and height must be 16 to 4096");
    CHECK(run(unit_scratch("wrong"), "--count=0") == -1);
    CHECK_ERROR(ERROR_USAGE, "count");
    CHECK(!file_exists(unit_scratch("wrong")));
}

TEST(synth_names_a_folder_it_cannot_make)
{
    CHECK(file_write_whole(unit_scratch("occupied"), "x", 1) == 0);
    CHECK(run(unit_scratch("occupied"), "--threads=2") == -1);
    CHECK_ERROR(ERROR_FILE, "occupied");
}

/* The share of pixels that are exactly as their right neighbours. */
static double flat_share(const Image *image)
{
    double same = 0, all = (double)(image->width - 1) * image->height;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x + 1 < image->width; x++) {
            const uint8_t *pixel = image->rgb + 3 * (y * image->width + x);
            same += memcmp(pixel, pixel + 3, 3) == 0;
        }
    return same / all;
}

TEST(screenshots_and_drawings_are_flat_between_their_strokes_and_never_empty)
{
    static const SynthKind KINDS[] = {SYNTH_SCREENSHOT, SYNTH_DRAWING};
    for (int k = 0; k < 2; k++)
        for (uint32_t index = 0; index < 8; index++) {
            Image image = synth_picture_of(KINDS[k], 1, index, 240, 161);
            Image again = synth_picture_of(KINDS[k], 1, index, 240, 161);
            Image other = synth_picture_of(KINDS[k], 2, index, 240, 161);
            CHECK(image.width == 240 && image.height == 161);
            CHECK(equal(&image, &again) && !equal(&image, &other));
            double flat = flat_share(&image);
            CHECK(flat > 0.5 && flat < 0.995);
            image_free(&image), image_free(&again), image_free(&other);
        }
}

TEST(screenshots_and_drawings_of_any_extent_can_be_drawn)
{
    static const int SIZES[][2] = {{1, 1}, {1, 40}, {300, 2}, {16, 16}};
    for (int s = 0; s < 8; s++) {
        Image image = synth_picture_of(s < 4 ? SYNTH_SCREENSHOT : SYNTH_DRAWING, 3, 5,
                                       SIZES[s % 4][0], SIZES[s % 4][1]);
        CHECK(image.width == SIZES[s % 4][0] && image.height == SIZES[s % 4][1]);
        image_free(&image);
    }
}
