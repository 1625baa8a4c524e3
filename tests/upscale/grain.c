/* Film grain: found in pictures, made anew, and given back behind a network. */
#include <math.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "data/degrade.h"
#include "data/synth.h"
#include "tests/pictures.h"
#include "tests/unit.h"
#include "tests/upscale/smoother.h"
#include "upscale/grain/areas.h"
#include "upscale/grain/keep.h"

enum { WIDTH = 320, HEIGHT = 240, SCALE = 4, EDGE = 64 };

/* Flat fields of several colours: rounded slopes would have steps that are no grain. */
static Image fields(int width, int height)
{
    static const uint8_t COLOURS[4][3] = {
        {90, 110, 140}, {60, 90, 100}, {150, 120, 110}, {180, 170, 160}};
    Image image = image_new(width, height);
    for (int i = 0; i < width * height; i++)
        memcpy(image.rgb + 3 * i, COLOURS[i % width * 4 / width], 3);
    return image;
}

/* Slopes of three colours. */
static Image slopes(int width, int height)
{
    Image image = image_new(width, height);
    for (int i = 0; i < width * height; i++) {
        int x = i % width, y = i / width;
        image.rgb[3 * i] = (uint8_t)(60 + x * 120 / width);
        image.rgb[3 * i + 1] = (uint8_t)(80 + y * 90 / height);
        image.rgb[3 * i + 2] = (uint8_t)(170 - x * 100 / width);
    }
    return image;
}

static Image degraded(const Image *image, const char *steps)
{
    char recipe[512];
    Image result;
    snprintf(recipe, sizeof recipe, "{\"steps\":[%s]}", steps);
    Degradation *d = degradation_parse(recipe, "test");
    REQUIRE(d != NULL);
    REQUIRE(degradation_apply(d, image, 1, 5, &result) == 0);
    degradation_free(d);
    return result;
}

static Image grainy_fields(double strength, double size, double colour, const char *tones,
                           const char *more)
{
    char steps[256];
    Image clean = fields(WIDTH, HEIGHT);
    snprintf(steps, sizeof steps,
             "{\"grain\":{\"tones\":\"%s\",\"strength\":%g,\"size\":%g,\"colour\":%g}}%s", tones,
             strength, size, colour, more);
    Image result = degraded(&clean, steps);
    image_free(&clean);
    return result;
}

/* ---- Measuring ------------------------------------------------------------------------------ */

static void check_measure(double strength, double size, double colour, const char *tones,
                          const char *more, double within)
{
    Image image = grainy_fields(strength, size, colour, tones, more);
    Pixels pixels = pixels_of_image(&image);
    GrainFinding f;
    CHECK(grain_measure(&pixels, &f));
    /* Strength and evenness make up for one another: what counts is what they are at the tones that
     * there are. */
    Grain true_grain = {.strength = strength, .evenness = strcmp(tones, "flat") == 0};
    double there = f.grain.strength * grain_response(&f.grain, 0.4);
    CHECK_RELATIVE(there, strength * grain_response(&true_grain, 0.4), within);
    CHECK_RELATIVE(f.grain.size, size, within);
    CHECK_NEAR(f.grain.colour, colour, 0.08);
    image_free(&image);
}

TEST(known_grain_is_measured)
{
    check_measure(3, 0.5, 0.3, "film", "", 0.08);
    check_measure(6, 0.8, 0.5, "film", "", 0.08);
    check_measure(12, 1.2, 0.15, "film", "", 0.08);
    check_measure(5, 1.5, 0.6, "flat", "", 0.08);
    check_measure(9, 2.5, 0.2, "film", "", 0.15);
}

TEST(grain_is_measured_below_jpegs_rounding)
{
    check_measure(8, 0.6, 0.3, "film", ",{\"jpeg\":{\"quality\":85,\"chroma\":\"444\"}}", 0.1);
    check_measure(6, 1.2, 0.3, "film", ",{\"jpeg\":{\"quality\":75,\"chroma\":\"444\"}}", 0.1);
    check_measure(4, 0.8, 0.4, "flat", ",{\"jpeg\":{\"quality\":93,\"chroma\":\"444\"}}", 0.1);
}

static bool finds_grain(const Image *image)
{
    Pixels pixels = pixels_of_image(image);
    GrainFinding f;
    return grain_measure(&pixels, &f);
}

TEST(pictures_without_grain_have_none)
{
    Image image = slopes(WIDTH, HEIGHT);
    CHECK(!finds_grain(&image));
    Image jpeg = degraded(&image, "{\"jpeg\":{\"quality\":60}}");
    CHECK(!finds_grain(&jpeg));
    image_free(&jpeg);
    image_free(&image);
    for (int kind = SYNTH_SCREENSHOT; kind <= SYNTH_DRAWING; kind++)
        for (uint32_t i = 0; i < 4; i++) {
            image = synth_picture_of((SynthKind)kind, 3, i, WIDTH, HEIGHT);
            CHECK(!finds_grain(&image));
            image_free(&image);
        }
    image = image_new(5, 3);
    CHECK(!finds_grain(&image));
    image_free(&image);
}

TEST(grain_of_gray_and_of_16_bits_is_the_same)
{
    Image image = grainy_fields(7, 0.9, 0, "film", "");
    static uint8_t gray[WIDTH * HEIGHT];
    static uint16_t deep[WIDTH * HEIGHT * 3];
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        gray[i] = image.rgb[3 * i + 1];
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        deep[i] = (uint16_t)(image.rgb[i] * 257);
    GrainFinding of_gray, of_deep, of_rgb;
    Pixels pixels = pixels_of_image(&image);
    CHECK(grain_measure(&pixels, &of_rgb));
    CHECK(grain_measure(
        &(Pixels){.width = WIDTH, .height = HEIGHT, .channels = 1, .depth = 8, .values = gray},
        &of_gray));
    CHECK(grain_measure(
        &(Pixels){.width = WIDTH, .height = HEIGHT, .channels = 3, .depth = 16, .values = deep},
        &of_deep));
    CHECK(of_gray.grain.colour == 0);
    CHECK_RELATIVE(of_gray.grain.strength, 7, 0.1);
    CHECK_RELATIVE(of_gray.grain.size, 0.9, 0.1);
    CHECK_RELATIVE(of_deep.grain.strength, of_rgb.grain.strength, 0.03);
    CHECK_RELATIVE(of_deep.grain.size, of_rgb.grain.size, 0.03);
    image_free(&image);
}

/* ---- Making --------------------------------------------------------------------------------- */

enum { FIELD = 512 };

typedef struct Canvas {
    RowSink sink;
    int y;
    float *planes[4];
} Canvas;

static int keep_rows(RowSink *sink, float *const *planes, int count)
{
    Canvas *canvas = (Canvas *)sink;
    for (int c = 0; c < sink->channels; c++)
        memcpy(canvas->planes[c] + canvas->y * sink->width, planes[c],
               (size_t)(count * sink->width) * sizeof(float));
    canvas->y += count;
    return 0;
}

static Canvas *canvas_new(int channels)
{
    Canvas *canvas = calloc(1, sizeof *canvas);
    canvas->sink = (RowSink){FIELD, FIELD, channels, keep_rows};
    for (int c = 0; c < channels; c++)
        canvas->planes[c] = calloc(FIELD * FIELD, sizeof(float));
    return canvas;
}

static void canvas_free(Canvas *canvas)
{
    for (int c = 0; c < 4; c++)
        free(canvas->planes[c]);
    free(canvas);
}

/* A field of one tone with all of that grain, `scale` times as large, in bands of `band` rows. */
static Canvas *grainy_field(const Grain *g, double scale, float tone, int channels, int band)
{
    GrainSpectrum spectrum;
    Canvas *canvas = canvas_new(channels);
    grain_spectrum(g, &spectrum);
    RowSink *stage = grain_rows_new(g, &spectrum, scale, scale, 9, &canvas->sink);
    for (int y = 0; y < FIELD; y += band) {
        int count = FIELD - y < band ? FIELD - y : band;
        float *planes[4];
        for (int c = 0; c < channels; c++) {
            planes[c] = calloc((size_t)(count * FIELD), sizeof(float));
            for (int i = 0; i < count * FIELD; i++)
                planes[c][i] = tone;
        }
        CHECK(stage->take(stage, planes, count) == 0);
        for (int c = 0; c < channels; c++)
            free(planes[c]);
    }
    grain_rows_free(stage);
    return canvas;
}

/* Mean product of two planes, one shifted, in levels^2. */
static double product(const float *a, const float *b, float tone, int shift)
{
    double sum = 0;
    for (int y = 0; y < FIELD; y++)
        for (int x = 0; x + shift < FIELD; x++)
            sum += (double)((a[y * FIELD + x] - tone) * (b[y * FIELD + x + shift] - tone));
    return sum * 255 * 255 / FIELD / (FIELD - shift);
}

TEST(grain_is_made_as_asked)
{
    Grain g = {.strength = 8, .size = 0.7, .colour = 0.4};
    Canvas *canvas = grainy_field(&g, 3, 0.5f, 3, FIELD);
    double variance = product(canvas->planes[0], canvas->planes[0], 0.5f, 0);
    CHECK_RELATIVE(variance, 64, 0.05);
    for (int d = 1; d < 6; d++) /* of 2.1 px */
        CHECK_NEAR(product(canvas->planes[1], canvas->planes[1], 0.5f, d) / variance,
                   exp(-d * d / (4 * 2.1 * 2.1)), 0.03);
    CHECK_NEAR(product(canvas->planes[0], canvas->planes[1], 0.5f, 0) / variance, 0.6, 0.04);
    CHECK_NEAR(product(canvas->planes[0], canvas->planes[2], 0.5f, 0) / variance, 0.6, 0.04);
    canvas_free(canvas);
}

TEST(grain_depends_on_tones)
{
    Grain film = {.strength = 8, .size = 1}, even = {.strength = 8, .size = 1, .evenness = 1};
    Canvas *dark = grainy_field(&film, 2, 0.1f, 1, FIELD);
    CHECK_RELATIVE(sqrt(product(dark->planes[0], dark->planes[0], 0.1f, 0)), 8 * 0.36, 0.04);
    Canvas *flat = grainy_field(&even, 2, 0.1f, 1, FIELD);
    CHECK_RELATIVE(sqrt(product(flat->planes[0], flat->planes[0], 0.1f, 0)), 8, 0.04);
    Canvas *white = grainy_field(&film, 2, 1, 1, FIELD);
    CHECK(product(white->planes[0], white->planes[0], 1, 0) == 0);
    canvas_free(dark);
    canvas_free(flat);
    canvas_free(white);
}

TEST(bands_make_no_difference_and_alpha_gets_no_grain)
{
    Grain g = {.strength = 5, .size = 0.6, .colour = 0.2};
    Canvas *whole = grainy_field(&g, 4, 0.4f, 4, FIELD), *bands = grainy_field(&g, 4, 0.4f, 4, 37);
    for (int c = 0; c < 4; c++)
        CHECK(memcmp(whole->planes[c], bands->planes[c], FIELD * FIELD * sizeof(float)) == 0);
    for (int i = 0; i < FIELD * FIELD; i++)
        if (whole->planes[3][i] != 0.4f) {
            CHECK(whole->planes[3][i] == 0.4f);
            break;
        }
    canvas_free(whole);
    canvas_free(bands);
}

TEST(what_is_left_is_not_added_again)
{
    Grain g = {.strength = 5, .size = 0.6, .colour = 0.2};
    GrainSpectrum all, half, missing;
    grain_spectrum(&g, &all);
    grain_missing(&g, 1, &all, &missing);
    for (int k = 0; k < GRAIN_BANDS; k++) {
        CHECK(missing.shared[k] == 0 && missing.own[k] == 0);
        half.shared[k] = all.shared[k] / 2;
        half.own[k] = all.own[k] / 2;
    }
    grain_missing(&g, 1, &half, &missing);
    CHECK_RELATIVE(missing.shared[3], all.shared[3] / 2, 1e-9);
    grain_missing(&g, 2, &half, &missing);
    CHECK_RELATIVE(missing.own[3], all.own[3] * 3.5, 1e-9);
}

/* ---- Behind a network ----------------------------------------------------------------------- */

/* Deviation of luma's differences over so many pixels, in the middle of the first field: networks
 * see nothing beyond the edges. */
static double roughness(const Image *image, int distance)
{
    Plane luma = image_luma(image);
    double sum = 0, count = 0;
    for (int y = EDGE; y < luma.height - EDGE; y++)
        for (int x = EDGE; x + distance < luma.width / 4 - EDGE; x++) {
            const float *at = luma.values + y * luma.width + x;
            sum += (double)((at[distance] - at[0]) * (at[distance] - at[0]));
            count++;
        }
    plane_free(&luma);
    return sqrt(sum / count);
}

static int write_image(void *context, const void *rows, int count)
{
    Image *image = context;
    size_t bytes = (size_t)count * (size_t)image->width * 3;
    memcpy(image->rgb, rows, bytes);
    image->rgb += bytes;
    return 0;
}

static Image enlarged(Upscaler *u, const Image *lr, double strength)
{
    Pixels pixels = pixels_of_image(lr);
    Image image = image_new(lr->width * SCALE, lr->height * SCALE), at = image;
    GrainFinding finding;
    KeptGrain kept;
    CHECK(grain_measure(&pixels, &finding));
    CHECK(grain_keep(&finding, strength, &pixels, u, &kept) == 0);
    CHECK(kept.found == (strength > 0));
    RowSink *rounding = rounding_new(image.width, image.height, 3, 8, write_image, &at);
    RowSink *stage = grain_keep_rows(&kept, lr->width, lr->height, rounding);
    CHECK(upscaler_stream(u, &pixels, stage ? stage : rounding, NULL, NULL) == 0);
    CHECK_NO_ERROR();
    grain_rows_free(stage);
    rounding_free(rounding);
    return image;
}

/* Of pixels side by side and up to four source pixels apart. */
static void check_roughness(const Image *result, const Image *truth, double ratio, double within)
{
    for (int distance = 1; distance <= 16; distance *= 2)
        CHECK_RELATIVE(roughness(result, distance), ratio * roughness(truth, distance), within);
}

TEST(a_network_that_takes_grain_away_gets_it_back)
{
    Image lr = grainy_fields(8, 0.8, 0.3, "film", ""),
          clean = fields(WIDTH * SCALE, HEIGHT * SCALE);
    Image truth = degraded(&clean, "{\"grain\":{\"strength\":8,\"size\":3.2,\"colour\":0.3}}");
    Upscaler *u = upscaler_take(smoother_new(8), PRECISION_FP32, 0);
    Image plain = enlarged(u, &lr, 0), kept = enlarged(u, &lr, 1), twice = enlarged(u, &lr, 2);
    CHECK(roughness(&plain, 8) < 0.4 * roughness(&truth, 8));
    check_roughness(&kept, &truth, 1, 0.1);
    check_roughness(&twice, &truth, 2, 0.12);
    image_free(&plain);
    image_free(&kept);
    image_free(&twice);
    image_free(&truth);
    image_free(&clean);
    image_free(&lr);
    upscaler_free(u);
}

TEST(what_grain_may_be_is_said)
{
    double strength;
    CHECK(grain_parse("off", &strength) == 0 && strength == 0);
    CHECK(grain_parse("keep", &strength) == 0 && strength == 1);
    CHECK(grain_parse("0.5", &strength) == 0 && strength == 0.5);
    CHECK(grain_parse("-1", &strength) == -1);
    CHECK_ERROR(ERROR_USAGE, "--grain: -1 is not off, keep or a number");
    CHECK(grain_parse("film", &strength) == -1);
    CHECK_ERROR(ERROR_USAGE, "--grain: film");
    CHECK(grain_parse("nan", &strength) == -1);
    CHECK_ERROR(ERROR_USAGE, "--grain: nan");
}

/* Sizes at which a row or column more of areas fits than in a whole number of strides. */
TEST(areas_are_no_more_than_there_is_room_for)
{
    static const int SIZES[][2] = {{1556, 1556}, {1572, 1560}, {16400, 64}, {64, 40000}};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        size_t count = (size_t)SIZES[i][0] * (size_t)SIZES[i][1];
        uint8_t *noise = memory_array(count, 1);
        Random random = random_stream(3, RANDOM_TEST, 0, (uint32_t)i);
        for (size_t k = 0; k < count; k++)
            noise[k] = (uint8_t)(20 + random_below(&random, 200));
        const Pixels pixels = {SIZES[i][0], SIZES[i][1], 1, 8, noise, 0};
        GrainAreas areas = grain_areas_take(&pixels);
        CHECK(areas.count > MOST_AREAS / 4 && areas.count <= MOST_AREAS);
        grain_areas_free(&areas);
        free(noise);
    }
}
