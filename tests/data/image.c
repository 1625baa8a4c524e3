/* Picture files of every kind, good and bad. The fixtures are written here, by the libraries. */
#include "data/image.h"

#include <stdio.h>

#include <jpeglib.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>
#include <webp/encode.h>

#include "core/error.h"
#include "tests/unit.h"

/* Every pixel differs, neighbours only a little. */
static Image gradient(int width, int height)
{
    Image image = image_new(width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *p = image.rgb + ((size_t)y * (size_t)width + (size_t)x) * 3;
            p[0] = (uint8_t)(255 * x / width);
            p[1] = (uint8_t)(255 * y / height);
            p[2] = (uint8_t)(127 * (x + y) / (width + height));
        }
    return image;
}

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

/* A PNG of `depth` bits and `colour` type from rows of `stride` bytes. */
static const char *write_png(const char *name, int width, int height, int depth, int colour,
                             bool interlaced, const uint8_t *rows, size_t stride)
{
    const char *path = unit_scratch(name);
    FILE *stream = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, stream);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth, colour,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_color palette[3] = {{10, 20, 30}, {40, 50, 60}, {250, 240, 230}};
    png_byte opacity[3] = {255, 0, 128};
    if (colour == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 3);
        png_set_tRNS(png, info, opacity, 3, NULL);
    }
    png_set_gAMA(png, info, 0.7);
    png_write_info(png, info);
    int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < height; y++)
            png_write_row(png, rows + (size_t)y * stride);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
    return path;
}

/* A JPEG; `space` JCS_RGB (stored as YCbCr), JCS_GRAYSCALE or JCS_CMYK; exif may be NULL. */
static const char *write_jpeg(const char *name, const uint8_t *rows, int width, int height,
                              J_COLOR_SPACE space, const uint8_t *exif, unsigned exif_bytes)
{
    const char *path = unit_scratch(name);
    FILE *stream = fopen(path, "wb");
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, stream);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 98, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    if (exif)
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, exif_bytes);
    for (int y = 0; y < height; y++) {
        JSAMPROW row = (JSAMPROW)(rows + (size_t)y * (size_t)(width * jpeg.input_components));
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(stream);
    return path;
}

static const char *write_webp(const char *name, const Image *image, bool lossless)
{
    uint8_t *bytes = NULL;
    size_t count = lossless ? WebPEncodeLosslessRGB(image->rgb, image->width, image->height,
                                                    image->width * 3, &bytes)
                            : WebPEncodeRGB(image->rgb, image->width, image->height,
                                            image->width * 3, 95, &bytes);
    const char *path = unit_scratch(name);
    CHECK(count > 0 && file_write_whole(path, bytes, count) == 0);
    WebPFree(bytes);
    return path;
}

/* The first `percent` of a scratch file, under another name. */
static const char *cut(const char *whole, const char *name, size_t percent)
{
    size_t count;
    uint8_t *bytes = file_read_whole(unit_scratch(whole), 1 << 24, &count);
    const char *shorter = unit_scratch(name);
    CHECK(file_write_whole(shorter, bytes, count * percent / 100) == 0);
    free(bytes);
    return shorter;
}

static void check_refused(const char *path, int code, const char *text)
{
    Image image;
    CHECK(image_read(path, &image) == -1);
    CHECK(strstr(error_message(), path) != NULL);
    CHECK(image.rgb == NULL);
    CHECK_ERROR(code, text);
}

TEST(a_written_picture_reads_back_the_same)
{
    Image image = gradient(37, 23), back;
    const char *path = unit_scratch("written.png");
    REQUIRE(image_write(path, &image) == 0 && image_read(path, &back) == 0);
    CHECK(back.width == 37 && back.height == 23 && largest_difference(&image, &back) == 0);
    image_free(&back);
    image_free(&image);
}

TEST(writing_into_a_missing_folder_fails_and_leaves_nothing)
{
    Image image = gradient(4, 4);
    CHECK(image_write(unit_scratch("nowhere/a.png"), &image) == -1);
    CHECK_ERROR(ERROR_FILE, "nowhere/a.png");
    image_free(&image);
}

TEST(sixteen_bit_png_is_rounded_to_eight)
{
    uint8_t row[12] = {0x00, 0x7F, 0x00, 0x81, 0x80, 0x80, 0xFF, 0x7F, 0xFF, 0xFF, 0x12, 0x34};
    const char *path = write_png("deep.png", 2, 1, 16, PNG_COLOR_TYPE_RGB, false, row, 12);
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
    REQUIRE(image_read(write_png("g8.png", 3, 1, 8, PNG_COLOR_TYPE_GRAY, false, levels, 3),
                       &image) == 0);
    CHECK(pixel_is(&image, 1, 0, 100, 100, 100)); /* gamma is not applied */
    image_free(&image);
    REQUIRE(image_read(write_png("g1.png", 2, 1, 1, PNG_COLOR_TYPE_GRAY, false, &bits, 1),
                       &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 0, 0, 0) && pixel_is(&image, 1, 0, 255, 255, 255));
    image_free(&image);
}

TEST(palette_png_keeps_the_colours_under_transparency)
{
    uint8_t indices[3] = {0, 1, 2};
    Image image;
    REQUIRE(image_read(write_png("p.png", 3, 1, 8, PNG_COLOR_TYPE_PALETTE, false, indices, 3),
                       &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 10, 20, 30) && pixel_is(&image, 1, 0, 40, 50, 60) &&
          pixel_is(&image, 2, 0, 250, 240, 230));
    image_free(&image);
}

TEST(alpha_is_dropped_from_png)
{
    uint8_t rgba[8] = {1, 2, 3, 0, 200, 100, 50, 128}, ga[4] = {77, 0, 88, 255};
    Image image;
    REQUIRE(image_read(write_png("rgba.png", 2, 1, 8, PNG_COLOR_TYPE_RGBA, false, rgba, 8),
                       &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 1, 2, 3) && pixel_is(&image, 1, 0, 200, 100, 50));
    image_free(&image);
    REQUIRE(image_read(write_png("ga.png", 2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, false, ga, 4),
                       &image) == 0);
    CHECK(pixel_is(&image, 0, 0, 77, 77, 77));
    image_free(&image);
}

TEST(interlaced_png_reads_like_a_plain_one)
{
    Image image = gradient(19, 13), back;
    REQUIRE(image_read(write_png("adam7.png", 19, 13, 8, PNG_COLOR_TYPE_RGB, true, image.rgb, 57),
                       &back) == 0);
    CHECK(largest_difference(&image, &back) == 0);
    image_free(&back);
    image_free(&image);
}

TEST(jpeg_reads_colour_and_gray)
{
    Image image = gradient(40, 30), back;
    REQUIRE(image_read(write_jpeg("c.jpg", image.rgb, 40, 30, JCS_RGB, NULL, 0), &back) == 0);
    CHECK(back.width == 40 && back.height == 30 && largest_difference(&image, &back) < 24);
    image_free(&back);
    uint8_t gray[64];
    memset(gray, 90, sizeof gray);
    REQUIRE(image_read(write_jpeg("g.jpg", gray, 8, 8, JCS_GRAYSCALE, NULL, 0), &back) == 0);
    CHECK(pixel_is(&back, 3, 3, 90, 90, 90));
    image_free(&back);
    image_free(&image);
}

/* The content of an APP1 segment that says `orientation`, in either byte order. */
static unsigned make_exif(uint8_t *to, int orientation, bool big_endian)
{
    static const uint8_t BIG[] = {'E', 'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                                  1,   0x12, 0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};
    static const uint8_t LITTLE[] = {'E',  'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0,
                                     0x12, 1,   3,   0,   1, 0, 0,   0,   0,  0, 0, 0, 0, 0, 0, 0};
    memcpy(to, big_endian ? BIG : LITTLE, sizeof BIG);
    to[big_endian ? 25 : 24] = (uint8_t)orientation;
    return sizeof BIG;
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
        unsigned bytes = make_exif(exif, o, o % 2);
        const char *path = write_jpeg("exif.jpg", stored.rgb, 48, 32, JCS_RGB, exif, bytes);
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

TEST(damaged_exif_is_ignored)
{
    Image stored = gradient(16, 8);
    for (unsigned keep = 0; keep <= 32; keep++) {
        uint8_t exif[64], *exact = malloc(keep ? keep : 1);
        make_exif(exif, 6, false);
        exif[10] = keep % 3 ? 8 : 0xF0; /* now and then a directory beyond the end */
        memcpy(exact, exif, keep);
        Image image;
        const char *path = write_jpeg("cutexif.jpg", stored.rgb, 16, 8, JCS_RGB, exact, keep);
        REQUIRE(image_read(path, &image) == 0);
        CHECK(image.width == (keep > 25 && keep % 3 ? 8 : 16));
        image_free(&image);
        free(exact);
    }
    image_free(&stored);
}

TEST(webp_reads_lossless_exactly_and_lossy_nearly)
{
    Image image = gradient(40, 30), back;
    REQUIRE(image_read(write_webp("a.webp", &image, true), &back) == 0);
    CHECK(back.width == 40 && back.height == 30 && largest_difference(&image, &back) == 0);
    image_free(&back);
    REQUIRE(image_read(write_webp("b.webp", &image, false), &back) == 0);
    CHECK(largest_difference(&image, &back) < 24);
    image_free(&back);
    image_free(&image);
}

TEST(the_size_comes_from_the_header_alone)
{
    Image image = gradient(400, 300);
    CHECK(image_write(unit_scratch("size.png"), &image) == 0);
    write_jpeg("size.jpg", image.rgb, 400, 300, JCS_RGB, NULL, 0);
    write_webp("size.webp", &image, false);
    const char *paths[4] = {cut("size.png", "half.png", 50), cut("size.jpg", "half.jpg", 50),
                            cut("size.webp", "half.webp", 50), unit_scratch("size.png")};
    for (int i = 0; i < 4; i++) {
        int width = 0, height = 0;
        CHECK(image_read_size(paths[i], &width, &height) == 0);
        CHECK(width == 400 && height == 300);
        CHECK_NO_ERROR();
    }
    image_free(&image);
}

TEST(truncated_pictures_are_refused_wherever_they_end)
{
    Image image = gradient(120, 90);
    CHECK(image_write(unit_scratch("whole.png"), &image) == 0);
    write_jpeg("whole.jpg", image.rgb, 120, 90, JCS_RGB, NULL, 0);
    write_webp("whole.webp", &image, false);
    for (size_t percent = 10; percent < 100; percent += 10) {
        check_refused(cut("whole.png", "cut.png", percent), ERROR_FORMAT, "truncated PNG");
        check_refused(cut("whole.jpg", "cut.jpg", percent), ERROR_FORMAT, "truncated JPEG");
        check_refused(cut("whole.webp", "cut.webp", percent), ERROR_FORMAT, "truncated WebP");
    }
    check_refused(cut("whole.png", "cut99.png", 99), ERROR_FORMAT, "truncated PNG");
    check_refused(cut("whole.jpg", "cut99.jpg", 99), ERROR_FORMAT, "truncated JPEG");
    image_free(&image);
}

TEST(files_that_are_no_pictures_are_refused_by_name)
{
    const char *text = unit_scratch("text.png"), *empty = unit_scratch("empty.png");
    CHECK(file_write_whole(text, "hello, world\n", 13) == 0 && file_write_whole(empty, "", 0) == 0);
    check_refused(unit_scratch("missing.png"), ERROR_FILE, "No such file");
    check_refused(unit_scratch("."), ERROR_FILE, "not a regular file");
    check_refused(text, ERROR_FORMAT, "not a PNG, JPEG or WebP picture");
    check_refused(empty, ERROR_FORMAT, "the file is empty");
    int width, height;
    CHECK(image_read_size(text, &width, &height) == -1);
    CHECK_ERROR(ERROR_FORMAT, "text.png");
}

TEST(cmyk_jpeg_is_refused_clearly)
{
    uint8_t cmyk[8 * 8 * 4] = {0};
    check_refused(write_jpeg("cmyk.jpg", cmyk, 8, 8, JCS_CMYK, NULL, 0), ERROR_FORMAT,
                  "CMYK JPEG, convert it to RGB");
}

TEST(a_damaged_png_is_refused)
{
    Image image = gradient(64, 64);
    const char *path = unit_scratch("flip.png");
    CHECK(image_write(path, &image) == 0);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    bytes[count / 2] ^= 0x10;
    CHECK(file_write_whole(path, bytes, count) == 0);
    check_refused(path, ERROR_FORMAT, "damaged PNG");
    free(bytes);
    image_free(&image);
}

TEST(a_png_that_claims_too_many_pixels_is_refused_before_allocating)
{
    /* 65536 x 65536, its checksum right. */
    static const uint8_t HUGE[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D',
                                   'R',  0,   1,   0,   0,  0,  1,  0,  0, 8, 2, 0,  0,   0};
    uint8_t bytes[64] = {0};
    memcpy(bytes, HUGE, sizeof HUGE);
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 12; i < sizeof HUGE; i++) {
        crc ^= HUGE[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    for (int i = 0; i < 4; i++)
        bytes[sizeof HUGE + (size_t)i] = (uint8_t)(~crc >> (24 - 8 * i));
    memcpy(bytes + sizeof HUGE + 4, "\0\0\0\0IDAT", 8);
    const char *path = unit_scratch("huge.png");
    CHECK(file_write_whole(path, bytes, sizeof bytes) == 0);
    check_refused(path, ERROR_FORMAT, "65536 x 65536 pixels, the limit is 2^28");
}

TEST(folders_list_their_pictures_sorted_and_recursively)
{
    Image image = gradient(2, 2);
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
    CHECK_ERROR(ERROR_FILE, "no PNG, JPEG or WebP pictures");
    CHECK(image_list(unit_scratch("absent"), &list) == -1);
    CHECK_ERROR(ERROR_FILE, "absent: no such file or folder");
    file_list_free(&list);
    image_free(&image);
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
    Image image = gradient(20, 10), part = image_crop(&image, 5, 3, 7, 4);
    CHECK(part.width == 7 && part.height == 4);
    CHECK(memcmp(pixel(&part, 0, 0), pixel(&image, 5, 3), 21) == 0);
    CHECK(memcmp(pixel(&part, 6, 3), pixel(&image, 11, 6), 3) == 0);
    image_free(&part);
    image_free(&image);
}
