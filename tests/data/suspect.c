/* Detectors of what is wrong with a picture, on pictures made to be wrong. */
#include "data/suspect.h"

#include <math.h>

#include "core/random_fill.h"
#include "data/resample.h"
#include "data/spectrum.h"
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
    CHECK(!suspicion_is_empty(&s) && !suspicion_is_compressed(&s) && !suspicion_is_flat(&s));
    for (int times = 2; times <= 4; times++) {
        Plane large = plane_resample(&sharp, 256 * times, 200 * times, KERNEL_LANCZOS3);
        round_values(&large);
        s = plane_examine(&large);
        CHECK(suspicion_is_empty(&s) && !suspicion_is_compressed(&s));
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
        CHECK(suspicion_is_compressed(&s));
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
    CHECK(suspicion_is_flat(&s) && !suspicion_is_empty(&s));
    plane_free(&p);
    p = plane_new(1, 1);
    s = plane_examine(&p);
    CHECK(suspicion_describe(&s, text, sizeof text) == 1);
    CHECK(strcmp(text, "nearly flat, neighbours differ by 0.0 levels") == 0);
    plane_free(&p);
}
