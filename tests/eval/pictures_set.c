#include "core/error.h"
#include "eval/folder.h"
#include "eval/pictures.h"
#include "tests/pictures.h"
#include "tests/unit.h"

/* A folder of procedural pictures named a.png, b.png, ... of these extents. */
static char *make_folder(const char *name, int count, int width, int height)
{
    char *folder = strdup(unit_scratch(name));
    file_make_directories(folder);
    for (int i = 0; i < count; i++) {
        char file[] = {(char)('a' + i), '.', 'p', 'n', 'g', 0};
        char *path = file_join(folder, file);
        Image image = test_picture(width, height, (uint32_t)i);
        CHECK(image_write(path, &image) == 0);
        image_free(&image);
        free(path);
    }
    return folder;
}

TEST(truth_is_cropped_to_multiples_of_the_scale_and_shrunk)
{
    char *folder = make_folder("truth", 2, 51, 34);
    PictureSet set;
    PicturePair picture;
    REQUIRE(picture_set_open(&set, folder, NULL, "bicubic", 4) == 0);
    CHECK(set.count == 2);
    CHECK(strcmp(set.names[1], "b.png") == 0);
    CHECK(strcmp(set.stems[1], "b") == 0);
    REQUIRE(picture_read(&set, 1, &picture) == 0);
    CHECK(picture.hr.width == 48 && picture.hr.height == 32);
    CHECK(picture.lr.width == 12 && picture.lr.height == 8);
    picture_free(&picture);
    picture_set_close(&set);
    free(folder);
}

TEST(given_inputs_must_have_the_truths_extents_over_the_scale)
{
    char *truth = make_folder("truth2", 2, 48, 32), *lr = make_folder("lr2", 2, 12, 9);
    PictureSet set;
    CHECK(picture_set_open(&set, truth, lr, NULL, 4) == -1);
    CHECK_ERROR(ERROR_SHAPE, "12x9 pixels, but a.png at scale 4 needs 12x8");
    free(truth);
    free(lr);
}

TEST(a_folder_without_all_pictures_is_refused_naming_the_missing)
{
    char *truth = make_folder("truth3", 3, 48, 32), *other = make_folder("other3", 1, 48, 32);
    PictureSet set;
    REQUIRE(picture_set_open(&set, truth, NULL, "bicubic", 4) == 0);
    CHECK(picture_match(&set, other) == NULL);
    CHECK_ERROR(ERROR_FILE, "other3: no picture there for b, c");
    picture_set_close(&set);
    free(truth);
    free(other);
}

TEST(a_folder_of_other_sizes_is_refused_naming_both)
{
    char *truth = make_folder("truth4", 2, 51, 34), *other = make_folder("other4", 2, 96, 64);
    PictureSet set;
    MethodList methods = {0};
    REQUIRE(picture_set_open(&set, truth, NULL, "bicubic", 4) == 0);
    CHECK(method_from_folder(method_list_add(&methods, "other", "images", other), &set) == -1);
    CHECK_ERROR(ERROR_SHAPE, "96x64 pixels where a.png has 48x32");
    method_list_free(&methods);
    picture_set_close(&set);
    free(truth);
    free(other);
}

TEST(a_folder_of_uncropped_pictures_is_cropped_like_the_truth)
{
    char *truth = make_folder("truth5", 2, 51, 34);
    PictureSet set;
    PicturePair picture;
    MethodList methods = {0};
    Image sr;
    REQUIRE(picture_set_open(&set, truth, NULL, "bicubic", 4) == 0);
    Method *method = method_list_add(&methods, "same", "images", truth);
    REQUIRE(method_from_folder(method, &set) == 0);
    REQUIRE(picture_read(&set, 1, &picture) == 0);
    MethodInput input = {1, "b.png", &picture.lr, &picture.hr, 4};
    REQUIRE(method->upscale(method->context, &input, &sr) == 0);
    CHECK(sr.width == 48 && sr.height == 32);
    CHECK(memcmp(sr.rgb, picture.hr.rgb, 48 * 32 * 3) == 0);
    image_free(&sr);
    picture_free(&picture);
    method_list_free(&methods);
    picture_set_close(&set);
    free(truth);
}

TEST(pictures_smaller_than_one_input_pixel_are_refused)
{
    char *truth = make_folder("truth6", 1, 40, 3);
    PictureSet set;
    CHECK(picture_set_open(&set, truth, NULL, "bicubic", 4) == -1);
    CHECK_ERROR(ERROR_SHAPE, "40x3 pixels are too few for scale 4");
    free(truth);
}
