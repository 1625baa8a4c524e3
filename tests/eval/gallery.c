/* The pictures of the report: exact, and of the right places. */
#include "eval/packed.h"
#include "eval/window.h"
#include "tests/eval/pictures.h"
#include "tests/unit.h"

TEST(packed_pictures_decode_to_the_very_same_pixels)
{
    Image image = test_picture(67, 41, 3), back;
    Packed packed;
    REQUIRE(packed_new(&image, &packed) == 0);
    CHECK(packed.width == 67 && packed.height == 41);
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
        packed_print_uri(&(Packed){1, 1, count, bytes}, stream);
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
