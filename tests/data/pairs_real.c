#include "data/pairs_real.h"

#include <stdio.h>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "data/image.h"
#include "data/pairs.h"
#include "data/pairs_write.h"
#include "tests/unit.h"

static void save(const char *path, int width, int height, int red)
{
    Image image = image_new(width, height);
    for (int i = 0; i < width * height; i++) {
        image.rgb[3 * i] = (uint8_t)red;
        image.rgb[3 * i + 1] = (uint8_t)(i % width);
        image.rgb[3 * i + 2] = (uint8_t)(i / width);
    }
    REQUIRE(image_write(path, &image) == 0);
    image_free(&image);
}

static PairPlan *plan_of(const char *hr, const char *lr, int step)
{
    StringList arguments = {0};
    string_list_add(&arguments, hr);
    PairPlan *plan = pair_plan_new(&arguments, 8, 2, step, lr);
    string_list_free(&arguments);
    return plan;
}

/* Folders with two HR pictures and the LR versions of both; the caller frees the names. */
static void make_folders(const char *name, char *folders[2])
{
    char text[64];
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s/%s", name, i ? "lr" : "hr");
        folders[i] = memory_copy_string(unit_scratch(text));
        REQUIRE(file_make_directories(folders[i]) == 0);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "%s/%s/%c.png", name, i % 2 ? "lr" : "hr", "ab"[i / 2]);
        save(unit_scratch(text), i % 2 ? 10 : 21, i % 2 ? 6 : 12, 10 * i);
    }
}

static void free_folders(char *folders[2])
{
    free(folders[0]);
    free(folders[1]);
}

TEST(paired_pictures_become_tiles_at_matching_places)
{
    char *folders[2], *path = memory_copy_string(unit_scratch("real.h5"));
    make_folders("real", folders);
    PairPlan *plan = plan_of(folders[0], folders[1], 4);
    REQUIRE(plan != NULL);
    CHECK(plan->tile_count == 2 * 4 * 2);
    PairJob job = {plan, NULL, 8, 0};
    log_quiet(true);
    REQUIRE(pairs_write(path, &job) == 0);
    PairStore *store = pairs_open(path);
    REQUIRE(store != NULL);
    CHECK(strcmp(pairs_info(store)->degradation, PAIRS_REAL) == 0 && !*pairs_recipe(store));
    uint8_t hr[8 * 8 * 3], lr[4 * 4 * 3];
    for (int64_t i = 0; i < plan->tile_count; i++) {
        const TilePlace *place = &plan->tiles[i];
        REQUIRE(pairs_read(store, i, hr, lr) == 0);
        CHECK(place->x % 2 == 0 && place->y % 2 == 0);
        CHECK(hr[1] == place->x && hr[2] == place->y && hr[0] == 20 * place->picture);
        CHECK(lr[1] == place->x / 2 && lr[2] == place->y / 2 && lr[0] == 20 * place->picture + 10);
    }
    char *sample = pairs_sample(store, 15);
    CHECK(sample &&
          strcmp(sample, "{\"source\":\"b.png\",\"lr\":\"b.png\",\"x\":12,\"y\":4}") == 0);
    free(sample);
    pairs_close(store);
    pair_plan_free(plan);
    free(path);
    free_folders(folders);
}

TEST(every_paired_picture_that_does_not_fit_is_named_in_one_line)
{
    char *folders[2];
    make_folders("misfit", folders);
    save(unit_scratch("misfit/lr/a.png"), 9, 6, 0);
    save(unit_scratch("misfit/lr/b.png"), 10, 7, 0);
    CHECK(plan_of(folders[0], folders[1], 8) == NULL);
    CHECK(strstr(error_message(), "a.png (9x6 beside 21x12), ") != NULL);
    CHECK(strstr(error_message(), "b.png (10x7 beside 21x12)") != NULL);
    CHECK_ERROR(ERROR_SHAPE, "2 of 2 pictures do not fit scale 2: ");
    save(unit_scratch("misfit/hr/c.png"), 20, 12, 0);
    save(unit_scratch("misfit/hr/d.png"), 20, 12, 0);
    CHECK(plan_of(folders[0], folders[1], 8) == NULL);
    CHECK_ERROR(ERROR_FILE, "misfit/lr: no picture there for c, d");
    free_folders(folders);
}

TEST(pictures_of_one_stem_cannot_be_told_apart)
{
    char *folders[2];
    make_folders("stems", folders);
    REQUIRE(file_make_directories(unit_scratch("stems/lr/sub")) == 0);
    save(unit_scratch("stems/lr/sub/b.png"), 10, 6, 0);
    CHECK(plan_of(folders[0], folders[1], 8) == NULL);
    CHECK_ERROR(ERROR_FILE, "b.png: has the same stem as ");
    REQUIRE(file_make_directories(unit_scratch("stems/hr/sub")) == 0);
    save(unit_scratch("stems/hr/sub/a.png"), 21, 12, 0);
    CHECK(plan_of(folders[0], folders[1], 8) == NULL);
    CHECK_ERROR(ERROR_FILE, "two pictures have the stem a");
    free_folders(folders);
}
