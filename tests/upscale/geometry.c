/* Which part of a picture is enlarged, and to what extents. */
#include "upscale/geometry.h"

#include "core/error.h"
#include "tests/unit.h"

static CropPlace placed(const char *text, int width, int height)
{
    CropRule rule;
    CropPlace place = {0};
    CHECK(crop_parse(text, &rule) == 0);
    CHECK(crop_place(&rule, width, height, &place) == 0);
    CHECK_NO_ERROR();
    return place;
}

static bool is_place(CropPlace p, int x, int y, int width, int height)
{
    return p.x == x && p.y == y && p.width == width && p.height == height;
}

TEST(a_crop_lies_in_the_middle_or_where_it_is_told)
{
    CHECK(is_place(placed("30x20", 100, 50), 35, 15, 30, 20));
    CHECK(is_place(placed("30x20+0+30", 100, 50), 0, 30, 30, 20));
    CHECK(is_place(placed("100x50+0+0", 100, 50), 0, 0, 100, 50));
}

TEST(an_aspect_ratio_takes_the_largest_part)
{
    CHECK(is_place(placed("1:1", 100, 50), 25, 0, 50, 50));
    CHECK(is_place(placed("1:1", 50, 100), 0, 25, 50, 50));
    CHECK(is_place(placed("16:9", 1600, 900), 0, 0, 1600, 900));
    CHECK(is_place(placed("1:1000", 10, 10), 4, 0, 1, 10));
}

TEST(crops_that_are_none_are_refused)
{
    static const char *const BAD[] = {"",    "10",         "10x",          "0x5",
                                      "5x0", "10x10+1",    "10x10-1-1",    "a:b",
                                      "3:0", "10x10+1+1x", "99999999999x1"};
    CropRule rule;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        CHECK(crop_parse(BAD[i], &rule) == -1);
        CHECK_ERROR(ERROR_USAGE, "--crop");
    }
}

TEST(a_crop_beyond_the_picture_is_refused)
{
    static const char *const BAD[] = {"101x5", "5x51", "10x10+91+0", "10x10+0+41"};
    CropRule rule;
    CropPlace place;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        REQUIRE(crop_parse(BAD[i], &rule) == 0);
        CHECK(crop_place(&rule, 100, 50, &place) == -1);
        CHECK_ERROR(ERROR_SHAPE, "reaches beyond this picture of 100x50");
    }
}

TEST(the_result_has_the_models_extents_or_those_asked_for)
{
    static const Extent NONE = {0, 0};
    Extent e = geometry_target(10, 7, 4, 0, NONE);
    CHECK(e.w == 40 && e.h == 28);
    e = geometry_target(10, 7, 4, 2.5, NONE);
    CHECK(e.w == 25 && e.h == 18);
    e = geometry_target(10, 7, 4, 0, (Extent){100, 35});
    CHECK(e.w == 50 && e.h == 35);
    e = geometry_target(1000, 1, 4, 0, (Extent){10, 10});
    CHECK(e.w == 10 && e.h == 1);
}
