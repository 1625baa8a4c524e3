/* Colours under transparent pixels. */
#include "upscale/hidden.h"

#include "tests/unit.h"

enum { W = 9, H = 7 };

TEST(hidden_pixels_take_the_colours_of_the_nearest_visible_one)
{
    uint8_t rgba[W * H * 4] = {0};
    static const uint8_t RED[] = {200, 10, 20, 255}, BLUE[] = {1, 2, 250, 3};
    memcpy(rgba + 4 * (3 * W + 1), RED, 4);
    memcpy(rgba + 4 * (3 * W + 7), BLUE, 4);
    hidden_fill(rgba, W, H, 4, 8);
    for (int i = 0; i < W * H; i++) {
        int x = i % W;
        CHECK(rgba[4 * i + 3] == (i == 3 * W + 1 ? 255 : i == 3 * W + 7 ? 3 : 0));
        if (x != 4) /* as near to both */
            CHECK(memcmp(rgba + 4 * i, x < 4 ? RED : BLUE, 3) == 0);
    }
}

TEST(visible_pixels_and_pictures_without_any_stay_as_they_are)
{
    uint16_t gray[W * H * 2], before[W * H * 2];
    for (int i = 0; i < W * H * 2; i++)
        before[i] = gray[i] = (uint16_t)(i % 2 ? 1 : 900 * i);
    hidden_fill(gray, W, H, 2, 16);
    CHECK(memcmp(gray, before, sizeof gray) == 0);
    for (int i = 1; i < W * H * 2; i += 2)
        before[i] = gray[i] = 0;
    hidden_fill(gray, W, H, 2, 16);
    CHECK(memcmp(gray, before, sizeof gray) == 0);
}
