#include "data/degrade.h"
#include "core/error.h"
#include "tests/unit.h"

TEST(bicubic_degradation_keeps_a_constant)
{
    Degradation *bicubic = degradation_open("bicubic");
    REQUIRE(bicubic != NULL);
    CHECK(strcmp(degradation_name(bicubic), "bicubic") == 0);
    Image hr = image_new(12, 8), lr = {0};
    memset(hr.rgb, 77, 12 * 8 * 3);
    REQUIRE(degradation_apply(bicubic, &hr, 4, 1, &lr) == 0);
    CHECK(lr.width == 3 && lr.height == 2);
    for (int i = 0; i < 3 * 2 * 3; i++)
        CHECK(lr.rgb[i] == 77);
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
    CHECK(degradation_apply(bicubic, &hr, 4, 1, &lr) == -1);
    CHECK_ERROR(ERROR_SHAPE, "10x8 pixels are not a multiple of scale 4");
    image_free(&hr);
    degradation_free(bicubic);
}
