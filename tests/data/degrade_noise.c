/* What noise, grain and dust add. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/random_fill.h"
#include "data/degrade.h"
#include "data/degrade/poisson.h"
#include "tests/data/steps.h"
#include "tests/unit.h"

enum { EDGE = 256, PIXELS = EDGE * EDGE };

typedef struct Moments {
    double mean, deviation;
} Moments;

static Moments moments_of(const float *values, size_t count)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - sum) * (values[i] - sum) / (double)count;
    return (Moments){sum, sqrt(squares)};
}

/* Mean of a(x, y) * b(x + dx, y) over their deviations. */
static double correlation(const float *a, const float *b, int dx)
{
    Moments ma = moments_of(a, PIXELS), mb = moments_of(b, PIXELS);
    double sum = 0;
    for (int y = 0; y < EDGE; y++)
        for (int x = 0; x < EDGE - dx; x++)
            sum += (a[y * EDGE + x] - ma.mean) * (b[y * EDGE + x + dx] - mb.mean);
    return sum / (EDGE * (EDGE - dx)) / ma.deviation / mb.deviation;
}

static Picture flat_after(Workspace *work, float level, const char *step)
{
    Picture p = picture_take(work, EDGE, EDGE);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < PIXELS; i++)
            p.planes[c][i] = level;
    step_apply(step, work, &p);
    return p;
}

TEST(noise_on_a_flat_field_has_the_deviation_asked_for)
{
    static const struct {
        const char *step;
        float level;
        double deviation;
    } CASES[] = {
        {"{\"noise\":{\"kind\":\"gaussian\",\"sigma\":12.5}}", 120, 12.5},
        {"{\"noise\":{\"kind\":\"speckle\",\"sigma\":20}}", 102, 8},
        {"{\"noise\":{\"kind\":\"sensor\",\"shot\":0.5,\"read\":3}}", 100, 7.6811},
        /* One level: one photon stands for 255, so that 51 is a mean of 0.2. */
        {"{\"noise\":{\"kind\":\"poisson\",\"scale\":0.05}}", 51, 0.05 * 255 * 0.44721},
    };
    Workspace *work = workspace_new();
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        Picture p = flat_after(work, CASES[i].level, CASES[i].step);
        for (int c = 0; c < 3; c++) {
            Moments m = moments_of(p.planes[c], PIXELS);
            CHECK_NEAR(m.mean, CASES[i].level, 4 * CASES[i].deviation / EDGE);
            CHECK_NEAR(m.deviation, CASES[i].deviation, 0.015 * CASES[i].deviation);
        }
        CHECK_NEAR(correlation(p.planes[0], p.planes[1], 0), 0, 4.0 / EDGE);
        CHECK_NEAR(correlation(p.planes[0], p.planes[0], 1), 0, 4.0 / EDGE);
    }
    workspace_free(work);
}

TEST(gray_noise_is_the_same_in_all_channels)
{
    static const char *const STEPS[] = {
        "{\"noise\":{\"kind\":\"gaussian\",\"sigma\":9,\"colour\":\"gray\"}}",
        "{\"noise\":{\"kind\":\"poisson\",\"scale\":0.1,\"colour\":\"gray\"}}"};
    Workspace *work = workspace_new();
    for (int i = 0; i < 2; i++) {
        Picture p = flat_after(work, 120, STEPS[i]);
        CHECK(moments_of(p.planes[0], PIXELS).deviation > 5);
        CHECK(memcmp(p.planes[0], p.planes[1], PIXELS * sizeof(float)) == 0);
        CHECK(memcmp(p.planes[0], p.planes[2], PIXELS * sizeof(float)) == 0);
    }
    workspace_free(work);
}

/* The chi-square of counted values against the distribution, with cells of at least 8 expected. */
static double chi_square(const float *noise, size_t count, double mean, double level, int *cells)
{
    double probability = exp(-mean), chi = 0, expected = 0, seen = 0, left = (double)count;
    int *histogram = memory_array(1024, sizeof *histogram);
    for (size_t i = 0; i < count; i++)
        histogram[(int)floor((noise[i] + level) / 255 * 256 + 0.5)]++;
    *cells = 0;
    for (int k = 0; k < 1024; probability *= mean / ++k) {
        expected += probability * (double)count;
        seen += histogram[k];
        left -= probability * (double)count;
        if (expected >= 8 && left >= 8) {
            chi += (seen - expected) * (seen - expected) / expected;
            expected = seen = 0;
            (*cells)++;
        }
    }
    free(histogram);
    return chi;
}

TEST(poisson_noise_has_the_poisson_distribution)
{
    enum { COUNT = 400000 };
    float *values = memory_array(COUNT, sizeof *values), *noise = memory_array(COUNT, 4);
    uint32_t *words = memory_array(COUNT, sizeof *words);
    const int LEVELS[] = {1, 7, 100, 255};
    for (int k = 0; k < 4; k++) {
        int cells;
        for (int i = 0; i < COUNT; i++)
            values[i] = (float)LEVELS[k];
        random_fill_words(77, (uint64_t)k, words, COUNT);
        poisson_noise(values, COUNT, 256, 1, words, noise);
        double chi = chi_square(noise, COUNT, LEVELS[k] * 256 / 255.0, LEVELS[k], &cells);
        /* Mean cells, deviation sqrt(2 cells): 4 of these above. */
        CHECK(cells > 4 && chi < cells + 4 * sqrt(2 * cells));
    }
    free(values);
    free(noise);
    free(words);
}

TEST(photons_are_the_distinct_levels_rounded_up_to_a_power_of_two)
{
    float a[300], b[300];
    for (int i = 0; i < 300; i++) {
        a[i] = (float)(i % 5) + 0.2f;
        b[i] = (float)(i % 130);
    }
    const float *planes[] = {a, b};
    CHECK(poisson_photons(planes, 1, 300) == 8);
    CHECK(poisson_photons(planes + 1, 1, 300) == 256);
    CHECK(poisson_photons(planes + 1, 1, 128) == 128);
    CHECK(poisson_photons(planes, 2, 300) == 256);
    CHECK(poisson_photons(planes, 1, 1) == 1);
}

TEST(grain_hangs_together_and_is_strongest_in_midtones)
{
    Workspace *work = workspace_new();
    const char *film = "{\"grain\":{\"strength\":10,\"size\":1.5,\"colour\":0.25}}";
    Picture middle = flat_after(work, 127.5f, film), dark = flat_after(work, 25.5f, film);
    CHECK_NEAR(moments_of(middle.planes[1], PIXELS).deviation, 10, 0.4);
    CHECK_NEAR(moments_of(dark.planes[1], PIXELS).deviation, 3.6, 0.15);
    /* Of a Gaussian's grain, exp(-d^2 / 4 size^2). */
    CHECK_NEAR(correlation(middle.planes[0], middle.planes[0], 2), 0.6412, 0.04);
    CHECK_NEAR(correlation(middle.planes[0], middle.planes[2], 0), 0.75, 0.04);
    Picture flat = flat_after(work, 25.5f, "{\"grain\":{\"tones\":\"flat\",\"strength\":5}}");
    CHECK_NEAR(moments_of(flat.planes[0], PIXELS).deviation, 5, 0.2);
    workspace_free(work);
}

TEST(dust_covers_little_and_in_the_tone_asked_for)
{
    Workspace *work = workspace_new();
    Picture light = flat_after(work, 100, "{\"dust\":{\"tone\":\"light\",\"specks\":20}}");
    Picture dark = flat_after(work, 100, "{\"dust\":{\"tone\":\"dark\",\"scratches\":5}}");
    int covered = 0, darker = 0, wrong = 0;
    for (int i = 0; i < PIXELS; i++) {
        wrong += !(light.planes[0][i] >= 100 && dark.planes[0][i] <= 100);
        covered += light.planes[0][i] > 110;
        darker += dark.planes[0][i] < 90;
    }
    CHECK(wrong == 0);
    CHECK(covered > 40 && covered < PIXELS / 50);
    CHECK(darker > 40 && darker < PIXELS / 50);
    Picture none = flat_after(work, 100, "{\"dust\":{\"specks\":0,\"scratches\":0}}");
    CHECK(moments_of(none.planes[0], PIXELS).deviation == 0);
    workspace_free(work);
}
