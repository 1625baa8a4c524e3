#include "data/degrade.h"
#include "core/error.h"
#include "tests/unit.h"

TEST(bicubic_degradation_keeps_a_constant_and_draws_nothing)
{
    Degradation *bicubic = degradation_open("bicubic");
    REQUIRE(bicubic != NULL);
    CHECK(strcmp(degradation_name(bicubic), "bicubic") == 0);
    Image hr = image_new(12, 8), lr = {0};
    memset(hr.rgb, 77, 12 * 8 * 3);
    char *drawn = NULL;
    Random random = random_stream(1, RANDOM_TEST, 0, 0), untouched = random;
    REQUIRE(degradation_apply(bicubic, &hr, 4, &random, &lr, &drawn) == 0);
    CHECK(lr.width == 3 && lr.height == 2);
    for (int i = 0; i < 3 * 2 * 3; i++)
        CHECK(lr.rgb[i] == 77);
    CHECK(strcmp(drawn, "{\"degrade\":\"bicubic\"}") == 0);
    CHECK(memcmp(&random, &untouched, sizeof random) == 0);
    free(drawn);
    image_free(&lr);
    image_free(&hr);
    degradation_free(bicubic);
}

TEST(degradations_refuse_unknown_names_and_extents_that_do_not_fit)
{
    CHECK(degradation_open("bicubik") == NULL);
    CHECK_ERROR(ERROR_CONFIG, "\"bicubik\" is not known; known: bicubic");
    Degradation *bicubic = degradation_open("bicubic");
    Image hr = image_new(10, 8), lr = {0};
    CHECK(degradation_apply(bicubic, &hr, 4, NULL, &lr, NULL) == -1);
    CHECK_ERROR(ERROR_SHAPE, "10x8 pixels are not a multiple of scale 4");
    image_free(&hr);
    degradation_free(bicubic);
}
