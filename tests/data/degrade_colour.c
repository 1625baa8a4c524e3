/* Tones, colours and palettes. */
#include <math.h>

#include "core/random_fill.h"
#include "data/degrade.h"
#include "data/degrade/palette.h"
#include "tests/data/steps.h"
#include "tests/unit.h"

static Picture ramp_after(Workspace *work, const char *step)
{
    Picture p = picture_take(work, 256, 4);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 1024; i++)
            p.planes[c][i] = (float)(i % 256 / (c + 1));
    step_apply(step, work, &p);
    return p;
}

TEST(colour_does_nothing_by_default)
{
    Workspace *work = workspace_new();
    Picture p = ramp_after(work, "{\"colour\":{}}");
    for (int i = 0; i < 256; i++)
        CHECK(p.planes[0][i] == (float)i && p.planes[2][i] == (float)(i / 3));
    workspace_free(work);
}

TEST(gamma_is_the_power_it_says)
{
    Workspace *work = workspace_new();
    Picture p = ramp_after(work, "{\"colour\":{\"gamma\":2.2}}");
    for (int i = 0; i < 256; i++)
        CHECK_NEAR(p.planes[0][i], 255 * pow(i / 255.0, 2.2), 0.01);
    workspace_free(work);
}

TEST(fading_lifts_black_and_lowers_white_and_casts_shift)
{
    Workspace *work = workspace_new();
    Picture p = ramp_after(work, "{\"colour\":{\"fade\":0.2,\"red\":10,\"blue\":-20}}");
    CHECK_NEAR(p.planes[0][0], 40, 1e-3);
    CHECK_NEAR(p.planes[1][0], 30, 1e-3);
    CHECK_NEAR(p.planes[2][0], 10, 1e-3);
    CHECK_NEAR(p.planes[0][255], 0.8 * 255 + 40, 1e-3);
    workspace_free(work);
}

TEST(no_saturation_is_luma_in_all_channels)
{
    Workspace *work = workspace_new();
    Picture p = ramp_after(work, "{\"colour\":{\"saturation\":0}}");
    for (int i = 0; i < 256; i++) {
        CHECK_NEAR(p.planes[0][i], 0.299 * i + 0.587 * (i / 2) + 0.114 * (i / 3), 1e-3);
        CHECK(p.planes[0][i] == p.planes[1][i] && p.planes[0][i] == p.planes[2][i]);
    }
    workspace_free(work);
}

/* How many different colours there are, up to 300. */
static int count_colours(const Picture *p)
{
    float seen[300][3];
    int count = 0;
    for (size_t i = 0; i < picture_pixels(p); i++) {
        int at = 0;
        while (at < count && (seen[at][0] != p->planes[0][i] || seen[at][1] != p->planes[1][i] ||
                              seen[at][2] != p->planes[2][i]))
            at++;
        if (at == count && count < 300) {
            for (int c = 0; c < 3; c++)
                seen[count][c] = p->planes[c][i];
            count++;
        }
    }
    return count;
}

TEST(a_palette_has_no_more_colours_than_asked_for_and_little_error)
{
    Workspace *work = workspace_new();
    Picture before = ramp_after(work, "{\"colour\":{}}");
    CHECK(count_colours(&before) == 256);
    for (int colours = 2; colours <= 16; colours *= 2) {
        char step[96];
        double error = 0;
        snprintf(step, sizeof step, "{\"quantise\":{\"colours\":%d}}", colours);
        Picture p = ramp_after(work, step);
        CHECK(count_colours(&p) <= colours && count_colours(&p) > colours / 2);
        for (int i = 0; i < 256; i++)
            error += fabsf(p.planes[0][i] - before.planes[0][i]) / 256;
        CHECK(error < 300.0 / colours);
    }
    workspace_free(work);
}

TEST(few_colours_survive_a_palette_as_they_are)
{
    Workspace *work = workspace_new();
    Picture p = picture_take(work, 16, 16);
    for (int i = 0; i < 256; i++) {
        p.planes[0][i] = (float)(i % 4 * 80 + 3);
        p.planes[1][i] = (float)(i / 64 * 60 + 1);
        p.planes[2][i] = 77;
    }
    step_apply("{\"quantise\":{\"colours\":16,\"dither\":\"diffusion\"}}", work, &p);
    for (int i = 0; i < 256; i++)
        CHECK(p.planes[0][i] == (float)(i % 4 * 80 + 3) && p.planes[2][i] == 77);
    workspace_free(work);
}

/* By the plain formula, of levels rounded to halves. */
static int nearest_by_definition(const Palette *palette, const float wanted[3])
{
    int nearest = 0;
    double best = INFINITY;
    for (int i = 0; i < palette->count; i++) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            double level = floor(2 * fmin(fmax(wanted[c], 0), 255) + 0.5) / 2;
            sum += (c == 0 ? 2 : c == 1 ? 4 : 1) * pow(palette->colours[i][c] - level, 2);
        }
        if (sum < best) {
            best = sum;
            nearest = i;
        }
    }
    return nearest;
}

TEST(the_nearest_colour_of_a_palette_is_the_one_of_the_plain_formula)
{
    enum { COUNT = 3000 };
    static float random[3 * COUNT];
    Workspace *work = workspace_new();
    Picture p = picture_take(work, 64, 64);
    for (int c = 0; c < 3; c++) {
        random_fill_uniform(5, (uint64_t)c, p.planes[c], 4096);
        for (int i = 0; i < 4096; i++)
            p.planes[c][i] = floorf(p.planes[c][i] * 256);
    }
    random_fill_uniform(5, 3, random, 3 * COUNT);
    for (int colours = 3; colours <= 256; colours = colours * 3 - 4) {
        Palette palette;
        palette_make(&palette, &p, colours, work);
        CHECK(palette.count == colours);
        for (int i = 0; i < COUNT; i++) {
            float wanted[3], found[3];
            for (int c = 0; c < 3; c++)
                wanted[c] = random[3 * i + c] * 300 - 20;
            palette_nearest(&palette, wanted, found);
            int nearest = nearest_by_definition(&palette, wanted);
            CHECK(memcmp(found, palette.colours[nearest], sizeof found) == 0);
        }
    }
    workspace_free(work);
}

TEST(levels_are_even_steps_and_dithering_keeps_the_mean)
{
    static const char *const DITHERS[] = {"ordered", "diffusion"};
    Workspace *work = workspace_new();
    Picture p = ramp_after(work, "{\"quantise\":{\"kind\":\"levels\",\"colours\":2}}");
    for (int i = 0; i < 256; i++)
        CHECK(p.planes[0][i] == (i < 128 ? 0.0f : 255.0f));
    for (int k = 0; k < 2; k++) {
        char step[128];
        double mean = 0;
        snprintf(step, sizeof step,
                 "{\"quantise\":{\"kind\":\"levels\",\"colours\":3,\"dither\":\"%s\"}}",
                 DITHERS[k]);
        Picture flat = picture_take(work, 64, 64);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 4096; i++)
                flat.planes[c][i] = 40;
        step_apply(step, work, &flat);
        for (int i = 0; i < 4096; i++)
            mean += flat.planes[1][i] / 4096;
        CHECK_NEAR(mean, 40, 1.5);
    }
    workspace_free(work);
}
