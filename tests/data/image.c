/* Pictures in memory and good picture files of every kind. */
#include "data/image.h"

#include <stdio.h>

#include "core/error.h"
#include "tests/data/pictures.h"
#include "tests/unit.h"

/* A level of that opacity before white, rounded. */
#define OVER_WHITE(level, alpha) (((level) * (alpha) + 255 * (255 - (alpha)) + 127) / 255)

static const uint8_t *pixel(const Image *image, int x, int y)
{
    return image->rgb + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
}

static bool pixel_is(const Image *image, int x, int y, int r, int g, int b)
{
    const uint8_t *p = pixel(image, x, y);
    bool good = p[0] == r && p[1] == g && p[2] == b;
    if (!good)
        printf("pixel %d,%d is %d %d %d\n", x, y, p[0], p[1], p[2]);
    return good;
}

static int largest_difference(const Image *a, const Image *b)
{
    int largest = 0;
    for (size_t i = 0; i < (size_t)a->width * (size_t)a->height * 3; i++)
        largest = abs(a->rgb[i] - b->rgb[i]) > largest ? abs(a->rgb[i] - b->rgb[i]) : largest;
    return largest;
}

TEST(a_written_picture_reads_back_the_same)
{
    Image image = picture_gradient(37, 23), back;
    const char *path = unit_scratch("written.png");
    REQUIRE(image_write(path, &image) == 0 && image_read(path, &back) == 0);
    CHECK(back.width == 37 && back.height == 23 && largest_difference(&image, &back) == 0);
    image_free(&back);
    image_free(&image);
}

TEST(writing_into_a_missing_folder_fails_and_leaves_nothing)
{
    Image image = picture_gradient(4, 4);
    CHECK(image_write(unit_scratch("nowhere/a.png"), &image) == -1);
    CHECK_ERROR(ERROR_FILE, "nowhere/a.png");
    image_free(&image);
}

TEST(sixteen_bit_png_is_rounded_to_eight)
{
    uint8_t row[12] = {0x00, 0x7F, 0x00, 0x81, 0x80, 0x80, 0xFF, 0x7F, 0xFF, 0xFF, 0x12, 0x34};
    const char *path = picture_png("deep.png", 2, 1, 16, PNG_COLOR_TYPE_RGB, false, row, 12);
    Image image;
    REQUIRE(image_read(path, &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 0, 1, 128)); /* v / 257: 0.494, 0.502, 128 */
    CHECK(pixel_is(&image, 1, 0, 255, 255, 18));
    image_free(&image);
}

TEST(gray_png_of_one_and_eight_bits_fills_three_channels)
{
    uint8_t levels[3] = {0, 100, 255}, bits = 0x40;
    Image image;
    REQUIRE(image_read(picture_png("g8.png", 3, 1, 8, PNG_COLOR_TYPE_GRAY, false, levels, 3),
                       &image) == 0);
    CHECK(pixel_is(&image, 1, 0, 100, 100, 100)); /* gamma is not applied */
    image_free(&image);
    REQUIRE(image_read(picture_png("g1.png", 2, 1, 1, PNG_COLOR_TYPE_GRAY, false, &bits, 1),
                       &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 0, 0, 0) && pixel_is(&image, 1, 0, 255, 255, 255));
    image_free(&image);
}

TEST(a_palette_s_transparent_colours_are_laid_over_white)
{
    uint8_t indices[3] = {0, 1, 2};
    Image image;
    REQUIRE(image_read(picture_png("p.png", 3, 1, 8, PNG_COLOR_TYPE_PALETTE, false, indices, 3),
                       &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 10, 20, 30) && pixel_is(&image, 1, 0, 255, 255, 255));
    CHECK(pixel_is(&image, 2, 0, OVER_WHITE(250, 128), OVER_WHITE(240, 128), OVER_WHITE(230, 128)));
    image_free(&image);
}

TEST(what_is_not_opaque_is_laid_over_white)
{
    uint8_t rgba[8] = {1, 2, 3, 0, 200, 100, 50, 128}, ga[4] = {77, 0, 88, 255};
    Image image;
    REQUIRE(image_read(picture_png("rgba.png", 2, 1, 8, PNG_COLOR_TYPE_RGBA, false, rgba, 8),
                       &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 255, 255, 255));
    CHECK(pixel_is(&image, 1, 0, OVER_WHITE(200, 128), OVER_WHITE(100, 128), OVER_WHITE(50, 128)));
    image_free(&image);
    REQUIRE(image_read(picture_png("ga.png", 2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, false, ga, 4),
                       &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 255, 255, 255) && pixel_is(&image, 1, 0, 88, 88, 88));
    image_free(&image);
}

TEST(interlaced_png_reads_like_a_plain_one)
{
    Image image = picture_gradient(19, 13), back;
    REQUIRE(image_read(picture_png("adam7.png", 19, 13, 8, PNG_COLOR_TYPE_RGB, true, image.rgb, 57),
                       &back) == 0);
    CHECK(largest_difference(&image, &back) == 0);
    image_free(&back);
    image_free(&image);
}

TEST(jpeg_reads_colour_and_gray)
{
    Image image = picture_gradient(40, 30), back;
    REQUIRE(image_read(picture_jpeg("c.jpg", image.rgb, 40, 30, JCS_RGB, NULL, 0), &back) == 0);
    CHECK(back.width == 40 && back.height == 30 && largest_difference(&image, &back) < 24);
    image_free(&back);
    uint8_t gray[64];
    memset(gray, 90, sizeof gray);
    REQUIRE(image_read(picture_jpeg("g.jpg", gray, 8, 8, JCS_GRAYSCALE, NULL, 0), &back) == 0);
    CHECK(pixel_is(&back, 3, 3, 90, 90, 90));
    image_free(&back);
    image_free(&image);
}

TEST(all_eight_exif_orientations_come_out_upright)
{
    /* Where the stored picture's red top left corner belongs: row 0 or 1, column 0 or 1 (last). */
    static const struct {
        bool turned, right, bottom;
    } EXPECTED[9] = {{0},       {0, 0, 0}, {0, 1, 0}, {0, 1, 1}, {0, 0, 1},
                     {1, 0, 0}, {1, 1, 0}, {1, 1, 1}, {1, 0, 1}};
    Image stored = image_new(48, 32);
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 16; x++) {
            stored.rgb[(y * 48 + x) * 3] = 255;            /* top left red */
            stored.rgb[(y * 48 + 47 - x) * 3 + 1] = 255;   /* top right green */
            stored.rgb[((31 - y) * 48 + x) * 3 + 2] = 255; /* bottom left blue */
        }
    for (int o = 1; o <= 8; o++) {
        uint8_t exif[64];
        unsigned bytes = picture_exif(exif, o, o % 2);
        const char *path = picture_jpeg("exif.jpg", stored.rgb, 48, 32, JCS_RGB, exif, bytes);
        Image image;
        int width, height;
        REQUIRE(image_read(path, &image) == 0 && image_read_size(path, &width, &height) == 0);
        CHECK(image.width == (EXPECTED[o].turned ? 32 : 48));
        CHECK(width == image.width && height == image.height);
        int x = EXPECTED[o].right ? image.width - 4 : 3,
            y = EXPECTED[o].bottom ? image.height - 4 : 3;
        const uint8_t *p = pixel(&image, x, y);
        CHECK(p[0] > 200 && p[1] < 60 && p[2] < 60);
        /* The stored top right corner: along x from the red one, along y where turned. */
        int gx = EXPECTED[o].turned ? x : image.width - 1 - x;
        int gy = EXPECTED[o].turned ? image.height - 1 - y : y;
        p = pixel(&image, gx, gy);
        CHECK(p[1] > 200 && p[0] < 60 && p[2] < 60);
        image_free(&image);
    }
    image_free(&stored);
}

TEST(webp_reads_lossless_exactly_and_lossy_nearly)
{
    Image image = picture_gradient(40, 30), back;
    REQUIRE(image_read(picture_webp("a.webp", &image, true), &back) == 0);
    CHECK(back.width == 40 && back.height == 30 && largest_difference(&image, &back) == 0);
    image_free(&back);
    REQUIRE(image_read(picture_webp("b.webp", &image, false), &back) == 0);
    CHECK(largest_difference(&image, &back) < 24);
    image_free(&back);
    image_free(&image);
}

TEST(the_size_comes_from_the_header_alone)
{
    Image image = picture_gradient(400, 300);
    CHECK(image_write(unit_scratch("size.png"), &image) == 0);
    picture_jpeg("size.jpg", image.rgb, 400, 300, JCS_RGB, NULL, 0);
    picture_webp("size.webp", &image, false);
    const char *paths[4] = {picture_cut("size.png", "half.png", 50),
                            picture_cut("size.jpg", "half.jpg", 50),
                            picture_cut("size.webp", "half.webp", 50), unit_scratch("size.png")};
    for (int i = 0; i < 4; i++) {
        int width = 0, height = 0;
        CHECK(image_read_size(paths[i], &width, &height) == 0);
        CHECK(width == 400 && height == 300);
        CHECK_NO_ERROR();
    }
    image_free(&image);
}

TEST(folders_list_their_pictures_sorted_and_recursively)
{
    Image image = picture_gradient(2, 2);
    const char *folder = unit_scratch("folder");
    CHECK(file_make_directories(unit_scratch("folder/b")) == 0 &&
          file_make_directories(unit_scratch("bare")) == 0);
    CHECK(image_write(unit_scratch("folder/c.png"), &image) == 0 &&
          image_write(unit_scratch("folder/b/z.PNG"), &image) == 0 &&
          image_write(unit_scratch("folder/a.png"), &image) == 0 &&
          file_write_whole(unit_scratch("folder/notes.txt"), "x", 1) == 0);
    FileList list = {0};
    REQUIRE(image_list(folder, &list) == 0);
    REQUIRE(list.count == 3);
    CHECK(strcmp(file_name(list.paths[0]), "a.png") == 0);
    CHECK(strcmp(file_name(list.paths[1]), "z.PNG") == 0);
    CHECK(strcmp(file_name(list.paths[2]), "c.png") == 0);
    CHECK(image_list(list.paths[0], &list) == 0 && list.count == 4);
    CHECK(image_list(unit_scratch("bare"), &list) == -1);
    CHECK_ERROR(ERROR_FILE, "no PNG, JPEG, WebP or TIFF pictures");
    CHECK(image_list(unit_scratch("absent"), &list) == -1);
    CHECK_ERROR(ERROR_FILE, "absent: no such file or folder");
    file_list_free(&list);
    image_free(&image);
}

/* AddressSanitizer sees what was listed by then if nobody frees it. */
TEST(folders_nested_too_deeply_are_refused)
{
    char path[512] = "deep";
    CHECK(file_make_directories(unit_scratch(path)) == 0);
    CHECK(file_write_whole(unit_scratch("deep/notes.txt"), "x", 1) == 0);
    for (int i = 0; i < 66; i++)
        strcat(path, "/in");
    CHECK(file_make_directories(unit_scratch(path)) == 0);
    for (int i = 0; i < 40; i++) /* there too, as folders are read in any order */
        path[strlen(path) - 3] = 0;
    strcat(path, "/notes.txt");
    CHECK(file_write_whole(unit_scratch(path), "x", 1) == 0);
    FileList list = {0};
    CHECK(image_list(unit_scratch("deep"), &list) == -1 && list.count == 0);
    CHECK_ERROR(ERROR_FILE, "folders are nested too deeply");
    file_list_free(&list);
}

TEST(luma_of_black_and_white_spans_the_studio_range)
{
    Image image = image_new(3, 1);
    memset(image.rgb + 3, 255, 3);
    image.rgb[6] = 255;
    Plane luma = image_luma(&image);
    CHECK_NEAR(luma.values[0], 16, 0);
    CHECK_NEAR(luma.values[1], 235, 1e-5);
    CHECK_NEAR(luma.values[2], 81.481, 1e-5);
    plane_free(&luma);
    image_free(&image);
}

TEST(channels_round_half_up_and_clip)
{
    Plane planes[3];
    for (int c = 0; c < 3; c++)
        planes[c] = plane_new(2, 1);
    planes[0].values[0] = 1.5f, planes[1].values[0] = 2.4999f, planes[2].values[0] = -3;
    planes[0].values[1] = 300, planes[1].values[1] = 254.5f, planes[2].values[1] = 0.49f;
    Image image = image_from_channels(planes);
    CHECK(pixel_is(&image, 0, 0, 2, 2, 0) && pixel_is(&image, 1, 0, 255, 255, 0));
    Plane red = image_channel(&image, 0);
    CHECK(red.values[0] == 2 && red.values[1] == 255);
    plane_free(&red);
    for (int c = 0; c < 3; c++)
        plane_free(&planes[c]);
    image_free(&image);
}

TEST(a_crop_holds_the_pixels_of_its_place)
{
    Image image = picture_gradient(20, 10), part = image_crop(&image, 5, 3, 7, 4);
    CHECK(part.width == 7 && part.height == 4);
    CHECK(memcmp(pixel(&part, 0, 0), pixel(&image, 5, 3), 21) == 0);
    CHECK(memcmp(pixel(&part, 6, 3), pixel(&image, 11, 6), 3) == 0);
    image_free(&part);
    image_free(&image);
}
