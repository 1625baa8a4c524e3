#include "eval/spectra.h"
#include "core/random.h"
#include "tests/pictures.h"
#include "tests/unit.h"

static Plane noise(int width, int height, uint64_t key)
{
    Plane p = plane_new(width, height);
    Random random = random_stream(9, RANDOM_TEST, key, 0);
    for (int i = 0; i < width * height; i++)
        p.values[i] = (float)(128 + 20 * random_normal(&random));
    return p;
}

TEST(a_plane_has_its_own_power_in_phase)
{
    Plane p = noise(200, 150, 0);
    Spectrum *s = spectrum_new(&p, 4);
    double power[SPECTRA_BANDS], coherence[SPECTRA_BANDS];
    REQUIRE(s != NULL);
    spectrum_compare(s, &p, power, coherence);
    for (int k = 0; k < SPECTRA_BANDS; k++) {
        CHECK_NEAR(power[k], 1, 1e-9);
        CHECK_NEAR(coherence[k], 1, 1e-9);
    }
    spectrum_free(s);
    plane_free(&p);
}

/* Twice as strong, with as much unrelated noise: power 4 + 4, and half of it is the truth's. */
TEST(power_is_a_ratio_of_squares_and_unrelated_power_is_incoherent)
{
    Plane truth = noise(420, 300, 1), other = noise(420, 300, 2);
    Spectrum *s = spectrum_new(&truth, 0);
    double power[SPECTRA_BANDS], coherence[SPECTRA_BANDS];
    for (int i = 0; i < 420 * 300; i++)
        other.values[i] = 2 * (truth.values[i] - 128) + 2 * (other.values[i] - 128);
    spectrum_compare(s, &other, power, coherence);
    CHECK_NEAR(spectrum_above(power, 4), 8, 0.3);
    CHECK_NEAR(spectrum_above(coherence, 4), 0.5, 0.03);
    spectrum_free(s);
    plane_free(&truth);
    plane_free(&other);
}

/* A wave of 8 pixels lies at 64 / 8 = 8 turns a block, band 7. */
TEST(a_wave_lies_in_the_band_of_its_frequency_in_every_direction)
{
    for (int direction = 0; direction < 3; direction++) {
        Plane truth = noise(128, 128, 3), sr = plane_new(128, 128);
        double power[SPECTRA_BANDS], coherence[SPECTRA_BANDS], angle = direction * 0.7;
        for (int i = 0; i < 128 * 128; i++) {
            double along = cos(angle) * (i % 128) + sin(angle) * (i / 128);
            sr.values[i] = (float)(128 + 40 * sin(2 * 3.14159265358979 * along / 8));
        }
        Spectrum *s = spectrum_new(&truth, 0);
        spectrum_compare(s, &sr, power, coherence);
        for (int k = 0; k < SPECTRA_BANDS; k++)
            CHECK(k >= 5 && k <= 9 ? power[7] >= power[k] : power[k] < 0.05 * power[7]);
        spectrum_free(s);
        plane_free(&truth);
        plane_free(&sr);
    }
}

TEST(small_planes_have_no_spectrum_and_flat_ones_none_that_is_defined)
{
    Plane small = noise(70, 63, 4), flat = plane_new(64, 64);
    double power[SPECTRA_BANDS], coherence[SPECTRA_BANDS];
    CHECK(spectrum_new(&small, 0) == NULL);
    Spectrum *s = spectrum_new(&flat, 0);
    REQUIRE(s != NULL);
    spectrum_compare(s, &flat, power, coherence);
    CHECK(isnan(power[5]) && isnan(coherence[5]) && isnan(spectrum_above(power, 4)));
    spectrum_free(s);
    plane_free(&small);
    plane_free(&flat);
}

TEST(above_the_input_are_the_bands_that_it_cannot_carry)
{
    double bands[SPECTRA_BANDS];
    for (int k = 0; k < SPECTRA_BANDS; k++)
        bands[k] = k < 8 ? 100 : 3; /* the ninth band is the first above a quarter */
    CHECK_NEAR(spectrum_above(bands, 4), 3, 1e-12);
    bands[20] = NAN;
    CHECK_NEAR(spectrum_above(bands, 4), 3, 1e-12);
    CHECK(spectrum_above(bands, 5) > 3);
}
