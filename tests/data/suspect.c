/* Detectors of what is wrong with a picture, on pictures made to be wrong. */
#include "data/suspect.h"

#include <math.h>

#include "core/random_fill.h"
#include "data/resample.h"
#include "data/spectrum.h"
#include "data/square_spectrum.h"
#include "data/synth.h"
#include "tests/unit.h"

static Plane white_noise(int width, int height, float deviation)
{
    Plane p = plane_new(width, height);
    random_fill_normal(9, 0, p.values, (size_t)(width * height));
    for (int i = 0; i < width * height; i++)
        p.values[i] = roundf(128 + deviation * p.values[i]);
    return p;
}

static void round_values(Plane *p)
{
    for (int i = 0; i < p->width * p->height; i++)
        p->values[i] = roundf(p->values[i]);
}

TEST(the_spectrum_of_white_noise_is_its_variance_in_every_band)
{
    Plane p = white_noise(512, 512, 20);
    double power[SPECTRUM_BANDS];
    for (int axis = 0; axis < 2; axis++) {
        plane_spectrum(&p, axis == 1, power);
        for (int k = 2; k < SPECTRUM_BANDS - 1; k++)
            CHECK_NEAR(power[k], 400, 60);
    }
    plane_free(&p);
}

TEST(a_wave_is_found_in_its_band_and_along_its_axis)
{
    Plane p = plane_new(256, 256);
    double power[SPECTRUM_BANDS];
    for (int i = 0; i < 256 * 256; i++)
        p.values[i] = (float)(100 + 50 * sin(2 * M_PI * 20 / 128 * (i % 256)));
    plane_spectrum(&p, false, power);
    /* A sine's energy is in three bands of a Hann window: 128 * 50^2 / 4 in all. */
    CHECK_NEAR(power[19] + power[20] + power[21], 128 * 625, 20);
    CHECK_NEAR(power[30], 0, 1e-2);
    plane_spectrum(&p, true, power);
    CHECK_NEAR(power[20], 0, 1e-2);
    plane_free(&p);
}

TEST(enlarged_pictures_have_nothing_above_their_cutoff)
{
    Plane sharp = white_noise(256, 200, 30);
    Suspicion s = plane_examine(&sharp);
    CHECK(!suspicion_has(&s, SUSPICION_EMPTY) && !suspicion_has(&s, SUSPICION_COMPRESSED) &&
          !suspicion_has(&s, SUSPICION_FLAT));
    for (int times = 2; times <= 4; times++) {
        Plane large = plane_resample(&sharp, 256 * times, 200 * times, KERNEL_LANCZOS3);
        round_values(&large);
        s = plane_examine(&large);
        CHECK(suspicion_has(&s, SUSPICION_EMPTY) && !suspicion_has(&s, SUSPICION_COMPRESSED));
        CHECK(s.cutoff > 0.8 / times && s.cutoff < 1.5 / times);
        plane_free(&large);
    }
    plane_free(&sharp);
}

TEST(blocks_of_eight_are_found_wherever_they_begin)
{
    for (int shift = 0; shift < 8; shift += 3) {
        Plane p = white_noise(192, 160, 3), levels = white_noise(32, 32, 5);
        for (int y = 0; y < 160; y++)
            for (int x = 0; x < 192; x++)
                p.values[y * 192 + x] +=
                    levels.values[(y + shift) / 8 * 32 + (x + 2 * shift) / 8] - 128;
        Suspicion s = plane_examine(&p);
        CHECK(suspicion_has(&s, SUSPICION_COMPRESSED));
        plane_free(&p);
        plane_free(&levels);
    }
}

TEST(flat_pictures_are_flat_and_nothing_else)
{
    Plane p = plane_new(200, 200);
    char text[200] = "";
    for (int i = 0; i < 200 * 200; i++)
        p.values[i] = (float)(i % 200 / 4);
    Suspicion s = plane_examine(&p);
    CHECK_NEAR(plane_texture(&p), 0.125, 0.01);
    CHECK(suspicion_has(&s, SUSPICION_FLAT) && !suspicion_has(&s, SUSPICION_EMPTY));
    plane_free(&p);
    p = plane_new(1, 1);
    s = plane_examine(&p);
    CHECK(suspicion_describe(&s, text, sizeof text) == 1);
    CHECK(strcmp(text, "nearly flat, neighbours differ by 0.0 levels") == 0);
    plane_free(&p);
}

TEST(the_square_spectrum_of_white_noise_is_its_variance_everywhere)
{
    Plane p = white_noise(512, 512, 20);
    float *power = malloc(SQUARE_LENGTH * SQUARE_LENGTH * sizeof *power);
    plane_square_spectrum(&p, power);
    double sum = 0;
    for (int v = 2; v < SQUARE_LENGTH - 1; v++)
        for (int u = 2; u < SQUARE_LENGTH - 1; u++) {
            int back = (SQUARE_LENGTH - v) * SQUARE_LENGTH + SQUARE_LENGTH - u;
            CHECK(power[v * SQUARE_LENGTH + u] == power[back]);
            sum += (double)power[v * SQUARE_LENGTH + u];
        }
    CHECK_RELATIVE(sum / (61 * 61), 400, 0.03);
    free(power);
    plane_free(&p);
}

TEST(a_slanting_wave_is_found_at_both_of_its_frequencies)
{
    Plane p = plane_new(200, 150);
    float power[SQUARE_LENGTH * SQUARE_LENGTH];
    for (int y = 0; y < 150; y++)
        for (int x = 0; x < 200; x++)
            p.values[y * 200 + x] = (float)(50 * cos(2 * M_PI / 64 * (9 * x - 5 * y)));
    plane_square_spectrum(&p, power);
    int best = 0;
    for (int i = 0; i < SQUARE_LENGTH * SQUARE_LENGTH / 2; i++)
        best = power[i] > power[best] ? i : best;
    CHECK(best == 5 * SQUARE_LENGTH + SQUARE_LENGTH - 9);
    plane_free(&p);
}

static Plane procedural(uint32_t index)
{
    Image image = synth_picture(5, index, 400, 300);
    Plane luma = image_luma(&image);
    image_free(&image);
    return luma;
}

static void add_noise(Plane *p, float deviation)
{
    Plane noise = white_noise(p->width, p->height, 1);
    random_fill_normal(9, 0, noise.values, (size_t)(p->width * p->height));
    for (int i = 0; i < p->width * p->height; i++)
        p->values[i] += deviation * noise.values[i] * 219 / 255;
    round_values(p);
    plane_free(&noise);
}

/* Blurred along (x, y) pixels. */
static Plane moved(const Plane *p, double x, double y)
{
    enum { STEPS = 16 };
    Plane result = plane_new(p->width, p->height);
    for (int k = 0; k < STEPS; k++) {
        double dx = x * ((k + 0.5) / STEPS - 0.5), dy = y * ((k + 0.5) / STEPS - 0.5);
        int left = (int)floor(dx), top = (int)floor(dy);
        float a = (float)(dx - left), b = (float)(dy - top);
        for (int i = 0; i < p->width * p->height; i++) {
            int at[2][2];
            for (int j = 0; j < 4; j++) {
                int column = i % p->width + left + j % 2, row = i / p->width + top + j / 2;
                column = column < 0 ? 0 : column >= p->width ? p->width - 1 : column;
                row = row < 0 ? 0 : row >= p->height ? p->height - 1 : row;
                at[j / 2][j % 2] = row * p->width + column;
            }
            const float *v = p->values;
            result.values[i] += ((1 - b) * ((1 - a) * v[at[0][0]] + a * v[at[0][1]]) +
                                 b * ((1 - a) * v[at[1][0]] + a * v[at[1][1]])) /
                                STEPS;
        }
    }
    round_values(&result);
    return result;
}

TEST(noise_is_found_with_its_strength)
{
    for (uint32_t i = 0; i < 4; i++) {
        Plane p = procedural(i);
        Suspicion s = plane_examine(&p);
        CHECK(!suspicion_has(&s, SUSPICION_NOISY));
        add_noise(&p, 12);
        s = plane_examine(&p);
        CHECK(suspicion_has(&s, SUSPICION_NOISY) && !suspicion_has(&s, SUSPICION_MOVED));
        CHECK_RELATIVE(s.noise, 12, 0.15);
        plane_free(&p);
    }
}

TEST(fine_texture_without_flat_ground_is_not_noise)
{
    Plane noise = white_noise(400, 300, 40), p = plane_gaussian(&noise, 0.6, 3);
    round_values(&p);
    Suspicion s = plane_examine(&p);
    CHECK(s.noise > 5 && !suspicion_has(&s, SUSPICION_NOISY));
    plane_free(&noise);
    plane_free(&p);
}

TEST(motion_is_found_with_its_direction_and_length)
{
    static const double MOVES[][4] = {{5, 0, 5, 0}, {0, 9, 9, 90}, {5, 5, 7, 45}, {-9, 5, 10, 150}};
    for (uint32_t i = 0; i < 4; i++) {
        Plane p = procedural(i), blurred = moved(&p, MOVES[i][0], MOVES[i][1]);
        Suspicion s = plane_examine(&p);
        CHECK(!suspicion_has(&s, SUSPICION_MOVED));
        s = plane_examine(&blurred);
        CHECK(suspicion_has(&s, SUSPICION_MOVED) && !suspicion_has(&s, SUSPICION_NOISY));
        CHECK_NEAR(s.motion_length, MOVES[i][2], 1.5);
        double angle = fabs(s.motion_angle - MOVES[i][3]);
        CHECK(fmin(angle, 180 - angle) <= 10);
        plane_free(&p);
        plane_free(&blurred);
    }
}

TEST(a_wall_of_bricks_does_not_read_as_motion)
{
    Plane noise = white_noise(300, 256, 25), p = plane_gaussian(&noise, 1, 4);
    for (int y = 0; y < 256; y++)
        for (int x = 0; x < 300; x++) {
            bool joint = y % 12 < 2 || (x + y / 12 % 2 * 15) % 30 < 2;
            p.values[y * 300 + x] += joint ? 60 : 0;
        }
    round_values(&p);
    Suspicion s = plane_examine(&p);
    CHECK(!suspicion_has(&s, SUSPICION_MOVED));
    plane_free(&noise);
    plane_free(&p);
}

TEST(photographs_are_suspected_of_what_was_done_to_them)
{
    FileList files = {0};
    if (!unit_shared("photos/train")) {
        unit_skip("no photographs");
        return;
    }
    REQUIRE(image_list(unit_shared("photos/train"), &files) == 0);
    int clean = 0, noisy = 0, streaked = 0, count = 0;
    for (int i = 5; i < files.count; i += 33, count++) {
        Image image;
        REQUIRE(image_read(files.paths[i], &image) == 0);
        Plane p = image_luma(&image), blurred = moved(&p, 6, -3);
        Suspicion s = plane_examine(&p), after = plane_examine(&blurred);
        char text[SUSPICION_BYTES] = "";
        clean += suspicion_describe(&s, text, sizeof text) == 0;
        streaked += suspicion_has(&after, SUSPICION_MOVED);
        add_noise(&p, 10);
        s = plane_examine(&p);
        noisy += suspicion_has(&s, SUSPICION_NOISY) && fabs(s.noise - 10) < 3;
        image_free(&image);
        plane_free(&p);
        plane_free(&blurred);
    }
    CHECK(clean >= count - 1 && noisy >= count - 1 && streaked >= count - 1);
    file_list_free(&files);
}

TEST(blocks_are_found_when_enlarged_too)
{
    Plane noise = white_noise(160, 128, 3), levels = white_noise(32, 32, 5);
    Plane p = white_noise(160, 128, 3);
    for (int i = 0; i < 160 * 128; i++)
        p.values[i] += levels.values[i / 160 / 8 * 32 + i % 160 / 8] - 128;
    for (int scale = 2; scale <= 4; scale++) {
        Plane large = plane_resample(&p, 160 * scale, 128 * scale, KERNEL_BICUBIC);
        CHECK(plane_blockiness(&large, scale) > SUSPECT_BLOCKINESS);
        plane_free(&large);
        large = plane_resample(&noise, 160 * scale, 128 * scale, KERNEL_BICUBIC);
        CHECK(plane_blockiness(&large, scale) < SUSPECT_BLOCKINESS / 2);
        plane_free(&large);
    }
    plane_free(&p);
    plane_free(&noise);
    plane_free(&levels);
}

TEST(every_suspicion_comes_with_its_consequence)
{
    Suspicion s = {.fall = 2,
                   .cutoff = 0.5,
                   .blockiness = 0.3,
                   .texture = 9,
                   .noise = 11.6,
                   .whiteness = 1.4,
                   .motion = 0.6,
                   .motion_likeness = 0.7,
                   .motion_length = 9,
                   .motion_angle = 30};
    char text[SUSPICION_BYTES] = "", causes[SUSPICION_BYTES] = "seen";
    CHECK(suspicion_explain(&s, SUSPECT_INPUT, text, sizeof text) == 4);
    CHECK(strstr(text, "nothing above 50 % of its resolution, enlarged or blurred before: ") !=
          NULL);
    CHECK(strstr(text, "; compressed so that 8x8 blocks show (0.30): the model will treat the "
                       "blocks and their ringing as texture; ") != NULL);
    CHECK(strstr(text, "; noisy, sigma about 12 levels: noise will be sharpened or smoothed as if "
                       "it were detail; ") != NULL);
    CHECK(strstr(text, "; motion-blurred along 30 degrees over about 9 px: the model will treat "
                       "the streaks as edges") != NULL);
    CHECK(suspicion_describe(&s, causes, sizeof causes) == 4);
    CHECK(strstr(causes, "seen; nothing above") == causes && strstr(causes, ": ") == NULL);
    s.texture = 0.5;
    for (SuspicionKind kind = 0; kind < SUSPICION_KINDS; kind++) {
        char cause[128];
        suspicion_cause(&s, kind, cause, sizeof cause);
        CHECK(strlen(cause) > 10 && strlen(cause) < 127);
        CHECK(strcmp(suspicion_consequence(kind, SUSPECT_INPUT),
                     suspicion_consequence(kind, SUSPECT_TRUTH)) != 0);
    }
}
