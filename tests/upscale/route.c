/* Classes of pictures made to be of them. The share of right answers on a labelled set is judged by
 * experiments/routing. */
#include "upscale/route/route.h"

#include "data/degrade.h"
#include "data/resample.h"
#include "data/synth.h"
#include "tests/pictures.h"
#include "tests/unit.h"

enum { SEED = 77, PICTURES = 6 }; /* a seed that nothing was fitted on */

static bool is_photographic(RouteClass class)
{
    return class == ROUTE_PHOTO || class == ROUTE_TEXTURE || class == ROUTE_PORTRAIT;
}

static Image degraded(const Image *image, const char *step)
{
    Image result = {0};
    char text[256];
    snprintf(text, sizeof text, "{\"name\":\"test\",\"about\":\"\",\"steps\":[%s]}", step);
    Degradation *d = degradation_parse(text, "test");
    REQUIRE(d && degradation_apply(d, image, 1, 4, &result) == 0);
    degradation_free(d);
    return result;
}

static RouteClass class_of(const Image *image)
{
    RouteVerdict v = route_classify(image);
    CHECK(v.confidence > 0.05 && v.confidence <= 1);
    return v.class;
}

TEST(procedural_screenshots_are_text)
{
    for (uint32_t i = 0; i < PICTURES; i++) {
        Image image = synth_picture_of(SYNTH_SCREENSHOT, SEED, i, 420, 300);
        CHECK(class_of(&image) == ROUTE_TEXT);
        image_free(&image);
    }
}

TEST(procedural_drawings_are_line_art)
{
    for (uint32_t i = 0; i < PICTURES; i++) {
        Image image = synth_picture_of(SYNTH_DRAWING, SEED, i, 420, 300);
        CHECK(class_of(&image) == ROUTE_LINE_ART);
        image_free(&image);
    }
}

TEST(dead_leaves_are_photographic)
{
    int right = 0;
    for (uint32_t i = 0; i < PICTURES; i++) {
        Image image = synth_picture(SEED, i, 420, 300);
        right += is_photographic(class_of(&image));
        image_free(&image);
    }
    CHECK(right >= PICTURES - 1); /* some are drawn with noise */
}

TEST(noise_and_coarse_jpeg_are_damage_whatever_the_picture_shows)
{
    static const char *const STEPS[] = {
        "{\"jpeg\":{\"quality\":25}}", "{\"noise\":{\"sigma\":15,\"colour\":\"gray\"}}",
        "{\"noise\":{\"sigma\":12,\"colour\":\"colour\"}},{\"jpeg\":{\"quality\":40}}"};
    static const SynthKind KINDS[] = {SYNTH_LEAVES, SYNTH_SCREENSHOT, SYNTH_DRAWING};
    for (int k = 0; k < 3; k++)
        for (int s = 0; s < 3; s++) {
            Image image = synth_picture_of(KINDS[k], SEED, (uint32_t)s, 420, 300);
            Image worse = degraded(&image, STEPS[s]);
            CHECK(class_of(&worse) == ROUTE_DAMAGED);
            image_free(&image);
            image_free(&worse);
        }
}

TEST(the_steps_of_jpeg_are_found_wherever_its_blocks_begin)
{
    static const struct {
        const char *step;
        double strength;
    } CASES[] = {{"{\"jpeg\":{\"quality\":25}}", 2},
                 {"{\"jpeg\":{\"quality\":50}}", 1},
                 {"{\"jpeg\":{\"quality\":75}}", 0.5}};
    Image image = synth_picture(SEED, 1, 420, 300);
    for (int i = 0; i < 3; i++) {
        Image saved = degraded(&image, CASES[i].step), cut = image_crop(&saved, 3, 5, 400, 280);
        RouteLuma whole = route_luma(&saved), part = route_luma(&cut);
        CHECK_NEAR(route_jpeg_strength(&whole), CASES[i].strength, 0.15);
        CHECK_NEAR(route_jpeg_strength(&part), CASES[i].strength, 0.15);
        route_luma_free(&whole);
        route_luma_free(&part);
        image_free(&saved);
        image_free(&cut);
    }
    RouteLuma luma = route_luma(&image);
    CHECK(route_jpeg_strength(&luma) < 0.3);
    route_luma_free(&luma);
    image_free(&image);
}

TEST(large_pictures_are_known_by_parts_of_them)
{
    for (int k = 0; k < 2; k++) {
        SynthKind kind = k ? SYNTH_DRAWING : SYNTH_SCREENSHOT;
        Image tile = synth_picture_of(kind, SEED, 3, 512, 400), large = image_new(2048, 1600);
        for (int y = 0; y < 1600; y++)
            for (int x = 0; x < 2048; x += 512)
                memcpy(large.rgb + 3 * ((size_t)y * 2048 + (size_t)x),
                       tile.rgb + 3 * (size_t)(y % 400) * 512, 3 * 512);
        CHECK(class_of(&large) == (k ? ROUTE_LINE_ART : ROUTE_TEXT));
        image_free(&tile);
        image_free(&large);
    }
}

TEST(pictures_of_any_extents_have_a_class_and_finite_features)
{
    static const int SIZES[][2] = {{1, 1}, {3, 700}, {17, 17}, {18, 18}, {40, 30}, {9000, 130}};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        Image image = image_new(SIZES[i][0], SIZES[i][1]);
        RouteFeatures features = route_features(&image);
        for (RouteFeature f = 0; f < FEATURE_COUNT; f++) {
            double scaled = route_feature_scaled(&features, f);
            CHECK(scaled >= 0 && scaled <= 1);
        }
        RouteVerdict v = route_judge(&features);
        CHECK(v.class < ROUTE_CLASSES);
        CHECK((strcmp(v.reasons, "too small to tell") == 0) == (i < 5));
        image_free(&image);
    }
}

TEST(what_decided_is_told_in_words)
{
    Image image = synth_picture_of(SYNTH_SCREENSHOT, SEED, 1, 420, 300);
    RouteVerdict v = route_classify(&image);
    CHECK(strstr(v.reasons, "%") != NULL && strstr(v.reasons, "; ") != NULL);
    Image noisy = test_noisy(&image, 20);
    v = route_classify(&noisy);
    CHECK(v.class == ROUTE_DAMAGED && strlen(v.reasons) > 10);
    image_free(&image);
    image_free(&noisy);
}

TEST(photographs_are_photographic)
{
    static const char *const NAMES[] = {"photos/set5/bird.png", "photos/set5/butterfly.png"};
    if (!unit_shared(NAMES[0])) {
        unit_skip("needs the shared photographs");
        return;
    }
    for (int i = 0; i < 2; i++) {
        Image image;
        REQUIRE(image_read(unit_shared(NAMES[i]), &image) == 0);
        CHECK(is_photographic(class_of(&image)));
        image_free(&image);
    }
}
