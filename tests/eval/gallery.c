/* The pictures of the report: exact, within their budget, and of the right places. */
#include "eval/exhibits.h"
#include "eval/overlay.h"
#include "eval/packed.h"
#include "eval/window.h"
#include "tests/pictures.h"
#include "tests/unit.h"

TEST(packed_pictures_decode_to_the_very_same_pixels)
{
    Image image = test_picture(67, 41, 3), back;
    Packed packed;
    REQUIRE(packed_new(&image, &packed) == 0);
    REQUIRE(image_decode(packed.bytes, packed.count, "packed", &back) == 0);
    CHECK(back.width == 67 && back.height == 41);
    CHECK(memcmp(image.rgb, back.rgb, 67 * 41 * 3) == 0);
    image_free(&back);
    image_free(&image);
    packed_free(&packed);
}

TEST(packed_pictures_print_as_data_uris)
{
    uint8_t bytes[] = {'M', 'a', 'n', 'M'};
    char text[64] = "";
    for (size_t count = 2; count <= 4; count++) {
        FILE *stream = fmemopen(text, sizeof text, "w");
        packed_print_uri(&(Packed){count, bytes}, stream);
        fclose(stream);
        const char *expected[] = {"TWE=", "TWFu", "TWFuTQ=="};
        CHECK(strcmp(text + strlen("data:image/webp;base64,"), expected[count - 2]) == 0);
    }
}

TEST(windows_lie_where_there_is_most_and_on_whole_input_pixels)
{
    Plane plane = plane_new(90, 60);
    for (int y = 33; y < 40; y++)
        for (int x = 70; x < 80; x++)
            plane.values[y * 90 + x] = 2;
    double sum;
    Window w = window_of_most(&plane, 18, 12, 3, 0, &sum);
    CHECK(w.x <= 70 && w.x + w.width >= 80 && w.y <= 33 && w.y + w.height >= 40);
    CHECK(w.x % 3 == 0 && w.y % 3 == 0);
    CHECK(sum == 2 * 7 * 10);
    plane_free(&plane);
}

TEST(windows_keep_off_the_border_where_there_is_room)
{
    Plane plane = plane_new(40, 40);
    plane.values[0] = 100;
    Window inside = window_of_most(&plane, 16, 16, 4, 5, NULL);
    CHECK(inside.x == 8 && inside.y == 8);
    Window whole = window_of_most(&plane, 40, 40, 4, 5, NULL);
    CHECK(whole.x == 0 && whole.y == 0);
    plane_free(&plane);
}

/* A set of pictures of one size; names are not needed. */
static PictureSet set_of(int count, int *widths, int *heights, int width, int height)
{
    for (int i = 0; i < count; i++) {
        widths[i] = width;
        heights[i] = height;
    }
    return (PictureSet){.scale = 4, .count = count, .widths = widths, .heights = heights};
}

static Image unpack(const Packed *packed)
{
    Image image = {0};
    image_decode(packed->bytes, packed->count, "tile", &image);
    CHECK_NO_ERROR();
    return image;
}

static bool is_same(const Image *a, const Image *b)
{
    return a->width == b->width && a->height == b->height &&
           memcmp(a->rgb, b->rgb, (size_t)a->width * (size_t)a->height * 3) == 0;
}

TEST(galleries_hold_as_many_pictures_spread_over_the_set_as_fit)
{
    int widths[100], heights[100], sources[] = {TILE_INPUT, 0, 1, TILE_TRUTH};
    PictureSet set = set_of(100, widths, heights, 480, 320);
    Gallery some = gallery_new(&set, sources, 4, 3000000, 16, 4096);
    CHECK(some.count == 4 && some.shots[3].picture == 75);
    Gallery one = gallery_new(&set, sources, 4, 1000, 16, 4096);
    CHECK(one.count == 1);
    Gallery few = gallery_new(&set, sources, 4, 1000000000, 3, 4096);
    CHECK(few.count == 3 && few.shots[1].picture == 33);
    gallery_free(&some);
    gallery_free(&one);
    gallery_free(&few);
}

TEST(galleries_show_the_very_pixels_of_input_methods_and_truth)
{
    int width, height, sources[] = {TILE_INPUT, 1, TILE_TRUTH};
    PictureSet set = set_of(1, &width, &height, 96, 64);
    PicturePair picture = {.hr = test_picture(96, 64, 5), .lr = test_picture(24, 16, 6)};
    Image sr[2] = {test_picture(96, 64, 7), test_picture(96, 64, 8)};
    Plane energy = plane_new(96, 64);
    Gallery gallery = gallery_new(&set, sources, 3, 1000000, 4, 4096);
    REQUIRE(gallery_take(&gallery, 0, &picture, &energy, sr) == 0);
    REQUIRE(gallery_gather(&gallery) == 0);
    const Image *expected[] = {&picture.lr, &sr[1], &picture.hr};
    for (int t = 0; t < 3; t++) {
        Image tile = unpack(&gallery.shots[0].tiles[t]);
        CHECK(is_same(&tile, expected[t]));
        image_free(&tile);
    }
    gallery_free(&gallery);
    plane_free(&energy);
    image_free(&sr[0]);
    image_free(&sr[1]);
    picture_free(&picture);
}

TEST(galleries_cut_a_picture_that_is_too_large_around_the_most_detail)
{
    int width, height, sources[] = {TILE_INPUT, TILE_TRUTH};
    PictureSet set = set_of(1, &width, &height, 512, 384);
    Image flat = image_new(512, 384);
    PicturePair picture = {.hr = test_noisy(&flat, 60), .lr = image_new(128, 96)};
    Plane energy = plane_new(512, 384);
    energy.values[300 * 512 + 400] = 1;
    Gallery gallery = gallery_new(&set, sources, 2, 100000, 4, 4096);
    REQUIRE(gallery_take(&gallery, 0, &picture, &energy, NULL) == 0);
    const Shot *shot = &gallery.shots[0];
    const Window *w = &shot->window;
    CHECK(shot->tiles[0].count + shot->tiles[1].count <= 100000);
    CHECK(w->width >= 64 && w->width < 400 && w->width % 4 == 0 && w->x % 4 == 0);
    CHECK(w->x <= 400 && w->x + w->width > 400 && w->y <= 300 && w->y + w->height > 300);
    CHECK(shot->focus.x <= 400 && shot->focus.x + shot->focus.width > 400);
    CHECK(shot->focus.width <= 48 && shot->focus.x >= w->x);
    Image tile = unpack(&shot->tiles[1]), truth = window_crop(w, &picture.hr, 1);
    CHECK(is_same(&tile, &truth));
    image_free(&tile);
    image_free(&truth);
    image_free(&flat);
    gallery_free(&gallery);
    plane_free(&energy);
    picture_free(&picture);
}

TEST(overlays_are_blue_where_dark_or_lost_and_red_where_bright_or_invented)
{
    Plane luma = plane_new(8, 4), blue = plane_new(8, 4), red = plane_new(8, 4);
    blue.values[1] = 20 * OVERLAY_HALF;
    red.values[2] = 20 * OVERLAY_HALF;
    Image image = overlay_paint(&(Window){0, 0, 8, 4}, &luma, &blue, &red);
    const uint8_t *none = image.rgb, *dark = image.rgb + 3, *bright = image.rgb + 6;
    CHECK(none[0] == none[1] && none[1] == none[2]);
    CHECK(dark[2] > 200 && dark[0] < 60);
    CHECK(bright[0] > 200 && bright[2] < 60);
    image_free(&image);
    plane_free(&luma);
    plane_free(&blue);
    plane_free(&red);
}

/* A picture with four quarters: texture, flat ground, an edge, flat ground. */
static Image quarters(void)
{
    Image image = image_new(256, 256);
    for (int y = 0; y < 256; y++)
        for (int x = 0; x < 256; x++) {
            int level = 120;
            if (x < 128 && y < 128)
                level = 60 + (x * 7919 + y * 104729 + x * y * 31) % 120;
            else if (x >= 128 && y >= 128)
                level = x < 192 ? 40 : 200;
            memset(image.rgb + (y * 256 + x) * 3, level, 3);
        }
    return image;
}

static void add_square(Image *image, int left, int top, int extent, int by, bool texture)
{
    for (int y = top; y < top + extent; y++)
        for (int x = left; x < left + extent; x++)
            for (int c = 0; c < 3; c++) {
                uint8_t *level = image->rgb + (y * image->width + x) * 3 + c;
                *level =
                    (uint8_t)(*level + (texture && (x * 13 + y * 7 + x * y) % 5 < 2 ? -by : by));
            }
}

/* Judges two methods on one picture and chooses the worst places. */
static Places places_of(const MethodList *methods, const PicturePair *picture, const Image *sr)
{
    Measurement measurement;
    Evidence evidence[2];
    Places places = places_new(methods, 4);
    Reference *reference = reference_new_full(&picture->hr, &picture->lr, 4, 4);
    for (int k = 0; k < 2; k++)
        CHECK(metrics_measure(reference, &sr[k], &measurement, &evidence[k]) == 0);
    CHECK(places_take(&places, 0, picture, reference, sr, evidence) == 0);
    CHECK(places_gather(&places) == 0);
    CHECK_NO_ERROR();
    for (int k = 0; k < 2; k++)
        evidence_free(&evidence[k]);
    reference_free(reference);
    return places;
}

static bool holds(const Window *w, int x, int y)
{
    return w->x <= x && w->x + w->width > x && w->y <= y && w->y + w->height > y;
}

TEST(worst_places_are_found_where_each_failing_was_put)
{
    Method items[] = {{.name = "smooth", .kind = "model"}, {.name = "liar", .kind = "images"}};
    MethodList methods = {.items = items, .count = 2};
    PicturePair picture = {.hr = quarters(), .lr = image_new(64, 64)};
    Image sr[2] = {test_blurred(&picture.hr, 2), image_copy(&picture.hr)};
    add_square(&sr[1], 190, 40, 24, 30, true);  /* texture on flat ground */
    add_square(&sr[1], 40, 190, 24, 40, false); /* a patch that is too bright */
    add_square(&sr[1], 194, 170, 6, 50, false); /* a halo beside the edge */
    Places places = places_of(&methods, &picture, sr);
    const PlaceList *lists = places.lists;
    REQUIRE(lists[PLACE_SMOOTHED].count >= 1 && lists[PLACE_INVENTED].count >= 1);
    REQUIRE(lists[PLACE_HALO].count >= 1 && lists[PLACE_CONTRADICTION].count >= 2);
    CHECK(lists[PLACE_SMOOTHED].items[0].method == 0);
    CHECK(lists[PLACE_SMOOTHED].items[0].window.x < 128);
    CHECK(lists[PLACE_SMOOTHED].items[0].window.y < 128);
    CHECK(lists[PLACE_INVENTED].items[0].method == 1);
    CHECK(holds(&lists[PLACE_INVENTED].items[0].window, 200, 50));
    CHECK(lists[PLACE_HALO].items[0].method == 1);
    CHECK(holds(&lists[PLACE_HALO].items[0].window, 196, 172));
    CHECK(lists[PLACE_CONTRADICTION].items[0].method == 1);
    CHECK(holds(&lists[PLACE_CONTRADICTION].items[0].window, 52, 200));
    CHECK(lists[PLACE_CONTRADICTION].items[0].score > lists[PLACE_CONTRADICTION].items[1].score);
    CHECK(lists[PLACE_CONTRADICTION].items[1].method == 0);
    for (int t = 0; t < PLACE_TILES; t++)
        CHECK(lists[PLACE_HALO].items[0].tiles[t].count > 0);
    places_free(&places);
    image_free(&sr[0]);
    image_free(&sr[1]);
    picture_free(&picture);
}

TEST(worst_places_of_baselines_are_shown_only_where_there_is_nothing_else)
{
    Method items[] = {{.name = "bicubic", .kind = "baseline"}, {.name = "model", .kind = "model"}};
    MethodList methods = {.items = items, .count = 2};
    PicturePair picture = {.hr = quarters(), .lr = image_new(64, 64)};
    Image sr[2] = {test_blurred(&picture.hr, 3), image_copy(&picture.hr)};
    Places places = places_of(&methods, &picture, sr);
    CHECK(places.lists[PLACE_SMOOTHED].count == 0); /* the model makes no mistake */
    places_free(&places);
    items[1].kind = "baseline";
    places = places_of(&methods, &picture, sr);
    CHECK(places.lists[PLACE_SMOOTHED].count == 1);
    places_free(&places);
    image_free(&sr[0]);
    image_free(&sr[1]);
    picture_free(&picture);
}

TEST(dials_go_from_one_model_over_the_blends_to_the_other)
{
    Method items[] = {{.name = "b", .kind = "model"},
                      {.name = "0.75", .kind = "blend", .alpha = 0.75, .ends = {3, 0}},
                      {.name = "0.25", .kind = "blend", .alpha = 0.25, .ends = {3, 0}},
                      {.name = "a", .kind = "model"}};
    MethodList methods = {.items = items, .count = 4};
    int path[4];
    REQUIRE(blend_path(&methods, path) == 4);
    CHECK(path[0] == 3 && path[1] == 2 && path[2] == 1 && path[3] == 0);
    CHECK(blend_alpha(&methods, path, 0) == 0 && blend_alpha(&methods, path, 1) == 0.25);
    CHECK(blend_alpha(&methods, path, 3) == 1);
    methods = (MethodList){.items = items, .count = 1};
    CHECK(blend_path(&methods, path) == 0);
}
