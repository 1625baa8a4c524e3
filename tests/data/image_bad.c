/* Damaged, foreign and impossible picture files: one clear line each, and no crash. */
#include "core/error.h"
#include "core/random.h"
#include "tests/data/pictures.h"
#include "tests/unit.h"

static void check_refused(const char *path, int code, const char *text)
{
    Image image;
    CHECK(image_read(path, &image) == -1);
    CHECK(strstr(error_message(), path) != NULL);
    CHECK(image.rgb == NULL);
    CHECK_ERROR(code, text);
}

TEST(damaged_exif_is_ignored)
{
    Image stored = picture_gradient(16, 8);
    for (unsigned keep = 0; keep <= 32; keep++) {
        uint8_t exif[64], *exact = malloc(keep ? keep : 1);
        picture_exif(exif, 6, false);
        exif[10] = keep % 3 ? 8 : 0xF0; /* now and then a directory beyond the end */
        memcpy(exact, exif, keep);
        Image image;
        const char *path = picture_jpeg("cutexif.jpg", stored.rgb, 16, 8, JCS_RGB, exact, keep);
        REQUIRE(image_read(path, &image) == 0);
        CHECK(image.width == (keep > 25 && keep % 3 ? 8 : 16));
        image_free(&image);
        free(exact);
    }
    image_free(&stored);
}

TEST(truncated_pictures_are_refused_wherever_they_end)
{
    Image image = picture_gradient(120, 90);
    CHECK(image_write(unit_scratch("whole.png"), &image) == 0);
    picture_jpeg("whole.jpg", image.rgb, 120, 90, JCS_RGB, NULL, 0);
    picture_webp("whole.webp", &image, false);
    for (size_t percent = 10; percent < 100; percent += 10) {
        check_refused(picture_cut("whole.png", "cut.png", percent), ERROR_FORMAT, "truncated PNG");
        check_refused(picture_cut("whole.jpg", "cut.jpg", percent), ERROR_FORMAT, "truncated JPEG");
        check_refused(picture_cut("whole.webp", "cut.webp", percent), ERROR_FORMAT,
                      "truncated WebP");
    }
    check_refused(picture_cut("whole.png", "cut99.png", 99), ERROR_FORMAT, "truncated PNG");
    check_refused(picture_cut("whole.jpg", "cut99.jpg", 99), ERROR_FORMAT, "truncated JPEG");
    image_free(&image);
}

TEST(files_that_are_no_pictures_are_refused_by_name)
{
    const char *text = unit_scratch("text.png"), *empty = unit_scratch("empty.png");
    CHECK(file_write_whole(text, "hello, world\n", 13) == 0 && file_write_whole(empty, "", 0) == 0);
    check_refused(unit_scratch("missing.png"), ERROR_FILE, "No such file");
    check_refused(unit_scratch("."), ERROR_FILE, "not a regular file");
    check_refused(text, ERROR_FORMAT, "not a PNG, JPEG, WebP or TIFF picture");
    check_refused(empty, ERROR_FORMAT, "the file is empty");
    int width, height;
    CHECK(image_read_size(text, &width, &height) == -1);
    CHECK_ERROR(ERROR_FORMAT, "text.png");
}

TEST(cmyk_jpeg_is_refused_clearly)
{
    uint8_t cmyk[8 * 8 * 4] = {0};
    check_refused(picture_jpeg("cmyk.jpg", cmyk, 8, 8, JCS_CMYK, NULL, 0), ERROR_FORMAT,
                  "CMYK JPEG, convert it to RGB");
}

TEST(a_damaged_png_is_refused)
{
    Image image = picture_gradient(64, 64);
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
    check_refused(path, ERROR_FORMAT,
                  "65536 x 65536 pixels, the limits are 65536 a side and 2^28 in all");
}

/* Reads `path` with some bytes changed, many times: each reading ends well or with an error. */
static void check_survives_changes(const char *path, size_t first)
{
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    REQUIRE(bytes != NULL);
    Random random = random_stream(11, RANDOM_TEST, count, 0);
    for (int round = 0; round < 150; round++) {
        uint8_t *changed = malloc(count);
        memcpy(changed, bytes, count);
        for (int i = 0; i < 1 + round % 4; i++) {
            size_t at = first + random_below(&random, (uint32_t)(count - first));
            changed[at] = (uint8_t)random_word(&random);
        }
        CHECK(file_write_whole(path, changed, count) == 0);
        free(changed);
        Image image;
        int result = image_read(path, &image);
        CHECK(result == 0 ? image.rgb != NULL : error_pending() == ERROR_FORMAT);
        error_clear();
        image_free(&image);
    }
    free(bytes);
}

TEST(changed_bytes_never_crash_a_reader)
{
    Image image = picture_gradient(40, 30);
    uint8_t exif[64];
    unsigned exif_bytes = picture_exif(exif, 6, true);
    /* Changed extents would be legal and large: PNG checks its header, the others start later. */
    check_survives_changes(
        picture_png("f.png", 40, 30, 8, PNG_COLOR_TYPE_RGB, true, image.rgb, 120), 8);
    check_survives_changes(picture_jpeg("f.jpg", image.rgb, 40, 30, JCS_RGB, exif, exif_bytes),
                           180);
    check_survives_changes(picture_webp("f.webp", &image, false), 30);
    check_survives_changes(picture_webp("g.webp", &image, true), 26);
    image_free(&image);
}
