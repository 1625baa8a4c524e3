#include "data/pairs_select.h"

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "data/pairs_indices.h"
#include "tests/unit.h"

enum { TILES = 4000 };

/* A plan of TILES tiles whose place tells their number; the first `fine` have much texture, the
 * others of two lesser kinds. */
static PairPlan *plan_with(float *textures, int fine)
{
    PairPlan *plan = memory_new(sizeof *plan);
    plan->tile_count = TILES;
    plan->tiles = memory_array(TILES, sizeof *plan->tiles);
    for (int i = 0; i < TILES; i++) {
        plan->tiles[i].x = i;
        textures[i] = i < fine ? 30.0f : i < fine + 300 ? 6.0f : 0.5f;
    }
    return plan;
}

static int count_between(const PairPlan *plan, int first, int end)
{
    int count = 0;
    for (int64_t i = 0; i < plan->tile_count; i++)
        count += plan->tiles[i].x >= first && plan->tiles[i].x < end;
    return count;
}

static int count_disorder(const PairPlan *plan)
{
    int count = 0;
    for (int64_t i = 1; i < plan->tile_count; i++)
        count += plan->tiles[i - 1].x >= plan->tiles[i].x;
    return count;
}

TEST(the_wanted_share_of_flat_tiles_is_kept)
{
    float textures[TILES];
    log_quiet(true);
    PairPlan *plan = plan_with(textures, 1000);
    PairSelection selection = {.texture = 2, .flat = 0.1, .seed = 4};
    REQUIRE(pair_plan_select_by(plan, &selection, textures) == 0);
    CHECK(count_between(plan, 0, 1300) == 1300);
    CHECK_NEAR(count_between(plan, 1300, TILES), 270, 60);
    CHECK(count_disorder(plan) == 0);
    pair_plan_free(plan);

    plan = plan_with(textures, 0);
    selection = (PairSelection){.texture = 100};
    CHECK(pair_plan_select_by(plan, &selection, textures) == -1);
    CHECK_ERROR(ERROR_SHAPE, "all 4000 are flatter than --texture=100");
    pair_plan_free(plan);
}

TEST(textures_share_a_limited_number_of_tiles_evenly)
{
    float textures[TILES];
    log_quiet(true);
    PairPlan *plan = plan_with(textures, 3000);
    PairSelection selection = {.most = 600, .seed = 4};
    REQUIRE(pair_plan_select_by(plan, &selection, textures) == 0);
    CHECK(plan->tile_count == 600 && count_disorder(plan) == 0);
    CHECK(count_between(plan, 0, 3000) == 200);
    CHECK(count_between(plan, 3000, 3300) == 200);
    pair_plan_free(plan);

    /* The class of 300 is too small for its third: the others take over what it lacks. */
    plan = plan_with(textures, 3000);
    selection.most = 1500;
    REQUIRE(pair_plan_select_by(plan, &selection, textures) == 0);
    CHECK(plan->tile_count == 1500);
    CHECK(count_between(plan, 3000, 3300) == 300);
    CHECK(count_between(plan, 0, 3000) == 600);
    pair_plan_free(plan);

    plan = plan_with(textures, 3000);
    selection.most = TILES + 1;
    REQUIRE(pair_plan_select_by(plan, &selection, textures) == 0);
    CHECK(plan->tile_count == TILES);
    pair_plan_free(plan);
}

TEST(another_seed_selects_other_tiles)
{
    float textures[TILES];
    log_quiet(true);
    PairPlan *a = plan_with(textures, 3000), *b = plan_with(textures, 3000);
    REQUIRE(pair_plan_select_by(a, &(PairSelection){.most = 600, .seed = 1}, textures) == 0);
    REQUIRE(pair_plan_select_by(b, &(PairSelection){.most = 600, .seed = 2}, textures) == 0);
    CHECK(memcmp(a->tiles, b->tiles, 600 * sizeof *a->tiles) != 0);
    pair_plan_free(a);
    pair_plan_free(b);
}

static void check_indices(const char *text, int64_t expected, int64_t first, int64_t last)
{
    int64_t count, *indices = pairs_indices(text, 50, 3, &count);
    REQUIRE(indices != NULL);
    CHECK(count == expected);
    CHECK(indices[0] == first && indices[count - 1] == last);
    free(indices);
}

TEST(indices_are_numbers_ranges_all_or_random_ones)
{
    check_indices("7", 1, 7, 7);
    check_indices("3,49,0-4", 7, 3, 4);
    check_indices("all", 50, 0, 49);
    check_indices("random:50", 50, 0, 49);
    check_indices("random:1000", 50, 0, 49);
    int64_t count, *indices = pairs_indices("random:20", 50, 3, &count);
    REQUIRE(indices != NULL && count == 20);
    for (int i = 1; i < 20; i++)
        CHECK(indices[i] > indices[i - 1] && indices[i] < 50);
    free(indices);
}

TEST(indices_that_make_no_sense_are_wrong_usage)
{
    static const char *const BAD[] = {"50",
                                      "-1",
                                      "",
                                      "1,",
                                      "1,,2",
                                      "4-2",
                                      "a",
                                      "random:0",
                                      "random:x",
                                      "random:",
                                      "0-49,0",
                                      "1-",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        int64_t count;
        CHECK(pairs_indices(BAD[i], 50, 0, &count) == NULL);
        CHECK_ERROR(ERROR_USAGE, "--index=");
    }
}
