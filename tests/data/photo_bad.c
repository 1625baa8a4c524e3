/* Writing what cannot be written, and streams that fail: one clear line each, and no file. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "data/image.h"
#include "tests/data/photos.h"
#include "tests/unit.h"

static void check_refused(PhotoFormat format, PhotoHeader h, const char *reason)
{
    const char *path = unit_scratch("refused");
    CHECK(photo_check_header(format, &h) == -1);
    CHECK_ERROR(ERROR_SHAPE, reason);
    CHECK(photo_begin(path, format, &h, &(PhotoSettings){0}) == NULL && !file_exists(path));
    CHECK_ERROR(ERROR_SHAPE, path);
}

TEST(what_a_format_cannot_hold_is_refused_before_work_begins)
{
    check_refused(PHOTO_WEBP, (PhotoHeader){16384, 1, 3, 8, {.unit = 0}},
                  "16384 x 1 pixels: WebP holds at most 16383 a side");
    check_refused(PHOTO_JPEG, (PhotoHeader){1, 65501, 3, 8, {.unit = 0}},
                  "1 x 65501 pixels: JPEG holds at most 65500 a side");
    check_refused(PHOTO_JPEG, (PhotoHeader){5, 5, 4, 8, {.unit = 0}}, "JPEG holds no transparency");
    check_refused(PHOTO_JPEG, (PhotoHeader){5, 5, 2, 8, {.unit = 0}}, "JPEG holds no transparency");
    check_refused(PHOTO_JPEG, (PhotoHeader){5, 5, 3, 16, {.unit = 0}}, "JPEG holds 8 bits, not 16");
    check_refused(PHOTO_WEBP, (PhotoHeader){5, 5, 3, 16, {.unit = 0}}, "WebP holds 8 bits, not 16");
    check_refused(PHOTO_PNG, (PhotoHeader){0, 5, 3, 8, {.unit = 0}}, "no picture");
    check_refused(PHOTO_TIFF, (PhotoHeader){5, 5, 5, 8, {.unit = 0}}, "no picture");
    PhotoHeader tall = {100000, 1, 4, 16, {.unit = 0}};
    CHECK(photo_check_header(PHOTO_PNG, &tall) == 0 && photo_check_header(PHOTO_TIFF, &tall) == 0);
}

static const PhotoHeader SMALL = {200, 100, 3, 8, {.unit = 0}};

TEST(an_abandoned_or_unfinished_picture_leaves_no_file)
{
    uint8_t *samples = picture_samples(&SMALL);
    for (int format = PHOTO_PNG; format < PHOTO_FORMATS; format++) {
        const char *folder = unit_scratch("unfinished"), *path = unit_scratch("unfinished/picture");
        FileList list = {0};
        CHECK(file_make_directories(folder) == 0);
        PhotoWriter *w = photo_begin(path, (PhotoFormat)format, &SMALL, &(PhotoSettings){0});
        CHECK(photo_rows(w, samples, 40) == 0);
        photo_abandon(w);
        CHECK_NO_ERROR();
        w = photo_begin(path, (PhotoFormat)format, &SMALL, &(PhotoSettings){0});
        CHECK(photo_rows(w, samples, 99) == 0);
        CHECK(photo_rows(w, samples, 2) == -1);
        CHECK_ERROR(ERROR_SHAPE, "picture: more rows than the 100 of the picture");
        CHECK(photo_commit(w) == -1);
        CHECK_ERROR(ERROR_SHAPE, "picture: 99 of 100 rows were written");
        CHECK(file_list(folder, true, &list) == 0 && list.count == 0);
        file_list_free(&list);
    }
    photo_abandon(NULL);
    free(samples);
}

/* A device that is always full. Small pictures fail only when they are flushed, larger ones before.
 */
static void check_full(PhotoFormat format, PhotoHeader h)
{
    uint8_t *samples = picture_samples(&h);
    FILE *full = fopen("/dev/full", "wb");
    PhotoWriter *w = photo_begin_stream(full, "the disk", format, &h, &(PhotoSettings){0});
    bool whole = w && photo_rows(w, samples, h.height) == 0;
    if (!whole)
        photo_abandon(w);
    CHECK(!whole || photo_commit(w) == -1);
    CHECK_ERROR(ERROR_FILE, "the disk: cannot write: No space left on device");
    fclose(full);
    free(samples);
}

TEST(a_full_disk_is_an_error_that_says_so)
{
    for (int format = PHOTO_PNG; format < PHOTO_FORMATS; format++) {
        check_full((PhotoFormat)format, (PhotoHeader){20, 10, 3, 8, {.unit = 0}});
        check_full((PhotoFormat)format, (PhotoHeader){300, 300, 3, 8, {.unit = 0}});
    }
}

TEST(pictures_go_through_pipes_both_ways)
{
    PhotoHeader h = {64, 48, 3, 8, {.unit = 0}};
    uint8_t *samples = picture_samples(&h);
    for (int format = PHOTO_PNG; format < PHOTO_FORMATS; format++) {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        pid_t child = fork();
        if (child == 0) {
            FILE *to = fdopen(ends[1], "wb");
            PhotoSettings settings = {.lossless = true, .quality = 100};
            PhotoWriter *w = photo_begin_stream(to, "pipe", (PhotoFormat)format, &h, &settings);
            _exit(w && photo_rows(w, samples, h.height) == 0 && photo_commit(w) == 0 ? 0 : 1);
        }
        close(ends[1]);
        FILE *from = fdopen(ends[0], "rb");
        Photo photo;
        int status;
        CHECK(photo_read_stream(from, "pipe", &photo) == 0);
        fclose(from);
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        CHECK(photo.format == (PhotoFormat)format && photo.header.width == h.width);
        if (format != PHOTO_JPEG)
            CHECK(memcmp(photo.pixels, samples, picture_sample_bytes(&h)) == 0);
        photo_free(&photo);
    }
    free(samples);
}

TEST(formats_are_told_by_extension)
{
    static const struct {
        const char *path;
        PhotoFormat format;
    } NAMES[] = {{"a.PNG", PHOTO_PNG},   {"a.b/c.jpg", PHOTO_JPEG}, {"x.jpeg", PHOTO_JPEG},
                 {"x.webp", PHOTO_WEBP}, {"x.tif", PHOTO_TIFF},     {"x.TIFF", PHOTO_TIFF}};
    PhotoFormat format;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        CHECK(photo_format_of(NAMES[i].path, &format) && format == NAMES[i].format);
    CHECK(image_is_named_like_one("x.TIF") && image_is_named_like_one("x.tiff"));
    CHECK(!photo_format_of("x.gif", &format) && !photo_format_of("png", &format));
    CHECK(strcmp(photo_format_name(PHOTO_WEBP), "WebP") == 0);
    CHECK(strcmp(photo_format_extension(PHOTO_JPEG), "jpg") == 0);
}
