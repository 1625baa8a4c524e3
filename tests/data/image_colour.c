/* Colour profiles, sixteen bits, and orientation in every format. */
#include <lcms2.h>
#include <stdlib.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "tests/data/photos.h"
#include "tests/data/pictures.h"
#include "tests/unit.h"

enum { WIDTH = 3, HEIGHT = 2 };

typedef struct Bytes {
    uint8_t *bytes;
    cmsUInt32Number count;
} Bytes;

/* A profile with the primaries of Adobe RGB (1998), or gray, of the given gamma. */
static Bytes make_profile(bool gray, double gamma)
{
    PhotoBlock profile = picture_profile(gray, gamma);
    return (Bytes){profile.bytes, (cmsUInt32Number)profile.count};
}

static Bytes srgb_profile(void)
{
    Bytes made = {0};
    cmsHPROFILE profile = cmsCreate_sRGBProfile();
    cmsSaveProfileToMem(profile, NULL, &made.count);
    made.bytes = memory_array(made.count, 1);
    cmsSaveProfileToMem(profile, made.bytes, &made.count);
    cmsCloseProfile(profile);
    return made;
}

/* A PNG with what may stand before its pixels; either may be empty. */
static const char *png_with(const char *name, int depth, int colour, const void *rows,
                            Bytes profile, Bytes exif)
{
    const char *path = unit_scratch(name);
    FILE *stream = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, stream);
    png_set_IHDR(png, info, WIDTH, HEIGHT, depth, colour, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (profile.count > 0)
        png_set_iCCP(png, info, "test", 0, profile.bytes, profile.count);
    if (exif.count > 0)
        png_set_eXIf_1(png, info, exif.count, exif.bytes);
    png_write_info(png, info);
    if (depth == 16)
        png_set_swap(png);
    size_t stride = WIDTH * (size_t)(colour == PNG_COLOR_TYPE_GRAY ? 1 : 3) * (size_t)depth / 8;
    for (size_t y = 0; y < HEIGHT; y++)
        png_write_row(png, (png_const_bytep)rows + y * stride);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
    return path;
}

static const uint8_t COLOURS[WIDTH * HEIGHT * 3] = {0,   255, 0,   200, 120, 60,  90, 90, 90,
                                                    255, 255, 255, 30,  60,  200, 0,  0,  0};

TEST(sixteen_bit_png_is_read_exactly)
{
    uint16_t words[WIDTH * HEIGHT * 3];
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        words[i] = (uint16_t)(i * 3677 + 5);
    Image16 image;
    REQUIRE(image_read16(png_with("16.png", 16, PNG_COLOR_TYPE_RGB, words, (Bytes){0}, (Bytes){0}),
                         &image) == 0);
    CHECK(memcmp(image.rgb, words, sizeof words) == 0);
    image16_free(&image);
    REQUIRE(image_read16(png_with("8.png", 8, PNG_COLOR_TYPE_RGB, COLOURS, (Bytes){0}, (Bytes){0}),
                         &image) == 0);
    CHECK(image.rgb[3] == 200 * 257 && image.rgb[4] == 120 * 257 && image.rgb[17] == 0);
    image16_free(&image);
}

static void check_wide_gamut(const Image *image)
{
    /* Adobe RGB (200, 120, 60) in sRGB, by the two standards' formulas. */
    const uint8_t *p = image->rgb + 3;
    CHECK(abs(p[0] - 225) <= 3 && abs(p[1] - 119) <= 3 && abs(p[2] - 49) <= 4);
    for (int c = 0; c < 3; c++) {
        CHECK(abs(image->rgb[6 + c] - 89) <= 2); /* gray stays gray */
        CHECK(image->rgb[9 + c] >= 254 && image->rgb[15 + c] <= 1);
    }
    CHECK(image->rgb[0] <= 1 && image->rgb[1] == 255);
}

TEST(colours_of_an_embedded_profile_become_srgb)
{
    Bytes profile = make_profile(false, 2.19921875);
    Image image;
    const char *path = png_with("adobe.png", 8, PNG_COLOR_TYPE_RGB, COLOURS, profile, (Bytes){0});
    REQUIRE(image_read(path, &image) == 0);
    check_wide_gamut(&image);
    image_free(&image);
    uint16_t words[WIDTH * HEIGHT * 3];
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        words[i] = (uint16_t)(COLOURS[i] * 257);
    Image16 deep;
    path = png_with("deep.png", 16, PNG_COLOR_TYPE_RGB, words, profile, (Bytes){0});
    REQUIRE(image_read16(path, &deep) == 0 && image_read(path, &image) == 0);
    check_wide_gamut(&image);
    bool fractions = false;
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        fractions = fractions || deep.rgb[i] % 257 != 0;
    CHECK(fractions);
    image16_free(&deep);
    image_free(&image);
    free(profile.bytes);
}

TEST(srgb_and_damaged_profiles_leave_the_pixels_as_stored)
{
    Bytes profile = srgb_profile();
    for (int k = 0; k < 2; k++) {
        Image image;
        REQUIRE(
            image_read(png_with("srgb.png", 8, PNG_COLOR_TYPE_RGB, COLOURS, profile, (Bytes){0}),
                       &image) == 0);
        CHECK(memcmp(image.rgb, COLOURS, sizeof COLOURS) == 0);
        image_free(&image);
        memset(profile.bytes + 400, 0xEE, profile.count - 400);
    }
    free(profile.bytes);
}

TEST(a_gray_profile_s_gamma_is_applied)
{
    uint8_t levels[WIDTH * HEIGHT] = {0, 50, 100, 150, 200, 255};
    Bytes profile = make_profile(true, 1.0);
    Image image;
    REQUIRE(image_read(png_with("gray.png", 8, PNG_COLOR_TYPE_GRAY, levels, profile, (Bytes){0}),
                       &image) == 0);
    /* Linear 0.392 is 0.660 in sRGB. */
    CHECK(abs(image.rgb[6] - 168) <= 1 && image.rgb[6] == image.rgb[7]);
    CHECK(image.rgb[0] == 0 && image.rgb[15] == 255);
    image_free(&image);
    free(profile.bytes);
}

TEST(png_and_webp_come_out_upright_too)
{
    uint8_t app1[64];
    unsigned bytes = picture_exif(app1, 6, true);
    Bytes tiff = {app1 + 6, bytes - 6}; /* without "Exif" */
    Image stored = {WIDTH, HEIGHT, NULL}, image;
    stored.rgb = memory_array(sizeof COLOURS, 1);
    memcpy(stored.rgb, COLOURS, sizeof COLOURS);
    const char *paths[2] = {
        png_with("turned.png", 8, PNG_COLOR_TYPE_RGB, COLOURS, (Bytes){0}, tiff),
        unit_scratch("turned.webp")};
    size_t count;
    uint8_t *plain = file_read_whole(picture_webp("plain.webp", &stored, true), 1 << 20, &count);
    WebPData exif = {tiff.bytes, tiff.count}, data = {plain, count}, whole;
    WebPMux *mux = WebPMuxCreate(&data, 1);
    WebPMuxSetChunk(mux, "EXIF", &exif, 1);
    REQUIRE(WebPMuxAssemble(mux, &whole) == WEBP_MUX_OK);
    REQUIRE(file_write_whole(paths[1], whole.bytes, whole.size) == 0);
    for (int k = 0; k < 2; k++) {
        int width, height;
        REQUIRE(image_read(paths[k], &image) == 0);
        REQUIRE(image_read_size(paths[k], &width, &height) == 0);
        CHECK(image.width == HEIGHT && image.height == WIDTH);
        CHECK(width == HEIGHT && height == WIDTH);
        /* Stored top left comes to the top right, stored bottom left to the top left. */
        CHECK(memcmp(image.rgb + 3, COLOURS, 3) == 0);
        CHECK(memcmp(image.rgb, COLOURS + 9, 3) == 0);
        image_free(&image);
    }
    WebPDataClear(&whole);
    WebPMuxDelete(mux);
    free(plain);
    image_free(&stored);
}

TEST(a_progressive_jpeg_of_countless_scans_is_refused)
{
    enum { SCANS = 200 };
    const char *path = unit_scratch("scans.jpg");
    FILE *stream = fopen(path, "wb");
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    static jpeg_scan_info scans[SCANS];
    uint8_t row[16 * 1] = {0};
    JSAMPROW rows = row;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, stream);
    jpeg.image_width = jpeg.image_height = 16;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    scans[0] = (jpeg_scan_info){.comps_in_scan = 1};
    /* 63 coefficients, each in its own scan, and refined three times. */
    int count = 1;
    for (int k = 1; k <= 63; k++)
        scans[count++] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = k, .Se = k, .Al = 1};
    for (int k = 1; k <= 63; k++)
        scans[count++] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = k, .Se = k, .Ah = 1};
    jpeg.scan_info = scans;
    jpeg.num_scans = count;
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < 16)
        jpeg_write_scanlines(&jpeg, &rows, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(stream);
    Image image;
    CHECK(image_read(path, &image) == -1);
    CHECK_ERROR(ERROR_FORMAT, "more than 100 scans");
}
