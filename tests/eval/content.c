#include "eval/content.h"
#include "tests/pictures.h"
#include "tests/unit.h"

enum { EXTENT = 96 };

/* The share of one class where a gray pattern fills the picture. */
static double share_of(float (*pattern)(int x, int y), ContentClass content)
{
    Plane luma = plane_new(EXTENT, EXTENT);
    double shares[CONTENT_CLASSES];
    for (int y = 0; y < EXTENT; y++)
        for (int x = 0; x < EXTENT; x++)
            luma.values[y * EXTENT + x] = pattern(x, y);
    Content c = content_of(&luma);
    content_shares(&c, 8, shares);
    CHECK_NEAR(shares[0] + shares[1] + shares[2] + shares[3], 1, 1e-12);
    content_free(&c);
    plane_free(&luma);
    return shares[content];
}

static float ramp(int x, int y)
{
    return 60 + 0.8f * (float)x + 0.3f * (float)y;
}

static float noisy(int x, int y)
{
    uint32_t h = (uint32_t)(x * 7919 + y * 104729) * 2654435761u;
    h = (h ^ h >> 15) * 2246822519u;
    h = (h ^ h >> 13) * 3266489917u;
    return 100 + (float)(h >> 24) / 4;
}

static float stripes(int x, int y)
{
    return 120 + 30 * sinf(0.35f * (float)(x + 2 * y));
}

/* Strokes two pixels wide and their gaps, both ways, as letters have. */
static float strokes(int x, int y)
{
    int cell_x = x % 12, cell_y = y % 14;
    bool ink = (cell_x / 2 == 1 || cell_y / 2 == 2 || cell_y / 2 == 5) && cell_x < 9 && cell_y < 12;
    return ink ? 30 : 225;
}

TEST(every_place_is_told_by_what_it_shows)
{
    CHECK(share_of(ramp, CONTENT_FLAT) == 1);
    CHECK(share_of(noisy, CONTENT_TEXTURE) > 0.9);
    CHECK(share_of(stripes, CONTENT_EDGE) > 0.95);
    CHECK(share_of(strokes, CONTENT_TEXT) > 0.9);
    CHECK(share_of(noisy, CONTENT_TEXT) == 0 && share_of(stripes, CONTENT_TEXT) == 0);
}

TEST(photographs_hold_little_that_is_taken_for_text)
{
    static const char *const NAMES[] = {"photos/train/100075.jpg", "photos/train/104022.jpg",
                                        "photos/set5/baby.png", "photos/set5/head.png"};
    for (int i = 0; i < 4; i++) {
        Image image;
        double shares[CONTENT_CLASSES];
        const char *path = unit_shared(NAMES[i]);
        if (!path) {
            unit_skip("the shared photographs are not here");
            return;
        }
        REQUIRE(image_read(path, &image) == 0);
        Plane luma = image_luma(&image);
        Content c = content_of(&luma);
        content_shares(&c, 4, shares);
        CHECK(shares[CONTENT_TEXT] < 0.05);
        CHECK(shares[CONTENT_FLAT] > 0.05 && shares[CONTENT_EDGE] > 0.05 &&
              shares[CONTENT_TEXTURE] > 0.05);
        content_free(&c);
        plane_free(&luma);
        image_free(&image);
    }
}
