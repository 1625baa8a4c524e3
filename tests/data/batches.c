#include "data/batches.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/hdf5_chunks.h"
#include "data/hdf5_file.h"
#include "tests/data/stores.h"
#include "tests/unit.h"

enum { TILE = 32, SCALE = 2, CROP = 6, SIDE = CROP * SCALE };
enum { LR_BYTES = CROP * CROP * 3, HR_BYTES = SIDE * SIDE * 3 };

static PairSource *open_store(const char *name, int count, int tile, int scale)
{
    char *path = memory_copy_string(unit_scratch(name));
    store_make(path, &(StoreSpec){.count = count, .width = tile, .height = tile, .scale = scale});
    PairSource *store = pair_source_stored(path);
    free(path);
    REQUIRE(store != NULL);
    return store;
}

static BatchPlan plan_of(int batch)
{
    return (BatchPlan){.seed = 11, .batch = batch, .count = batch, .crop = CROP};
}

/* Samples of `steps` steps, one after another: each LR crop, then its HR crop. */
static uint8_t *collect(PairSource *store, const BatchPlan *plan, int threads, int steps)
{
    BatchSource source = {store, 1};
    Batches *batches = batches_open(&source, 1, plan, threads);
    REQUIRE(batches != NULL);
    uint8_t *all = memory_array((size_t)(steps * plan->count), LR_BYTES + HR_BYTES), *at = all;
    for (int step = 0; step < steps; step++) {
        const uint8_t *lr, *hr;
        REQUIRE(batches_next(batches, &lr, &hr, NULL) == 0);
        for (int64_t k = 0; k < plan->count; k++, at += LR_BYTES + HR_BYTES) {
            memcpy(at, lr + k * LR_BYTES, LR_BYTES);
            memcpy(at + LR_BYTES, hr + k * HR_BYTES, HR_BYTES);
        }
    }
    batches_close(batches);
    return all;
}

/* Every HR pixel must come from the place that its LR pixel shows. */
static int misplaced(const uint8_t *lr, const uint8_t *hr)
{
    int wrong = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const uint8_t *h = hr + 3 * (y * SIDE + x);
            const uint8_t *l = lr + 3 * (y / SCALE * CROP + x / SCALE);
            wrong += h[0] / SCALE != l[0] || h[1] / SCALE != l[1] || h[2] != l[2];
        }
    return wrong;
}

TEST(crops_of_both_resolutions_show_the_same_place_in_all_eight_orientations)
{
    PairSource *store = open_store("places.h5", 5, TILE, SCALE);
    BatchPlan plan = plan_of(16);
    uint8_t *samples = collect(store, &plan, 2, 40);
    int orientations[8] = {0}, tiles[5] = {0}, lowest = 255, highest = 0;
    for (int i = 0; i < 16 * 40; i++) {
        const uint8_t *lr = samples + (size_t)i * (LR_BYTES + HR_BYTES);
        CHECK(misplaced(lr, lr + LR_BYTES) == 0);
        const uint8_t *right = lr + 3, *below = lr + 3 * CROP;
        int turned = right[0] == lr[0];
        int along = turned ? right[1] > lr[1] : right[0] > lr[0];
        int down = turned ? below[0] > lr[0] : below[1] > lr[1];
        orientations[turned << 2 | along << 1 | down]++;
        tiles[lr[2]]++;
        for (int p = 0; p < CROP * CROP; p++) {
            lowest = lr[3 * p] < lowest ? lr[3 * p] : lowest;
            highest = lr[3 * p] > highest ? lr[3 * p] : highest;
        }
    }
    CHECK(lowest == 2 && highest == TILE / SCALE - 3);
    for (int i = 0; i < 8; i++)
        CHECK(orientations[i] > 40 && orientations[i] < 120);
    for (int i = 0; i < 5; i++)
        CHECK(tiles[i] > 80);
    free(samples);
    pair_source_close(store);
}

TEST(samples_do_not_depend_on_threads_ranks_or_where_reading_starts)
{
    PairSource *store = open_store("pure.h5", 9, TILE, SCALE);
    const size_t sample = LR_BYTES + HR_BYTES;
    BatchPlan plan = plan_of(7);
    uint8_t *one = collect(store, &plan, 1, 12), *many = collect(store, &plan, 5, 12);
    CHECK(memcmp(one, many, 12 * 7 * sample) == 0);
    plan.first_step = 8;
    uint8_t *resumed = collect(store, &plan, 3, 4);
    CHECK(memcmp(one + 8 * 7 * sample, resumed, 4 * 7 * sample) == 0);
    plan.first_step = 0;
    plan.first = 4;
    plan.count = 3;
    uint8_t *second_rank = collect(store, &plan, 2, 12);
    for (size_t step = 0; step < 12; step++)
        CHECK(memcmp(one + (step * 7 + 4) * sample, second_rank + step * 3 * sample, 3 * sample) ==
              0);
    free(one);
    free(many);
    free(resumed);
    free(second_rank);
    pair_source_close(store);
}

TEST(another_seed_or_attempt_draws_other_samples)
{
    PairSource *store = open_store("seeds.h5", 9, TILE, SCALE);
    const size_t bytes = 8 * (LR_BYTES + HR_BYTES);
    BatchPlan plan = plan_of(8), other_seed = plan, other_attempt = plan;
    other_seed.seed++;
    other_attempt.attempt++;
    uint8_t *a = collect(store, &plan, 1, 1), *b = collect(store, &other_seed, 1, 1);
    uint8_t *c = collect(store, &other_attempt, 1, 1);
    CHECK(memcmp(a, b, bytes) != 0);
    CHECK(memcmp(a, c, bytes) != 0);
    CHECK(memcmp(b, c, bytes) != 0);
    free(a);
    free(b);
    free(c);
    pair_source_close(store);
}

TEST(stores_are_drawn_from_by_their_weights)
{
    /* Tiles tell their store: the second has only one, number 0; the first starts at 0 too, so
     * count tiles above 0 (half of the first store's). */
    BatchSource sources[3] = {{open_store("w0.h5", 2, TILE, SCALE), 3},
                              {open_store("w1.h5", 1, 2 * TILE, SCALE), 1},
                              {open_store("w2.h5", 200, TILE, SCALE), 0}};
    BatchPlan plan = plan_of(1000);
    Batches *batches = batches_open(sources, 3, &plan, 2);
    REQUIRE(batches != NULL);
    const uint8_t *lr, *hr;
    REQUIRE(batches_next(batches, &lr, &hr, NULL) == 0);
    int ones = 0, above = 0;
    for (int k = 0; k < 1000; k++) {
        ones += lr[k * LR_BYTES + 2] == 1;
        above += lr[k * LR_BYTES + 2] > 1;
    }
    CHECK_NEAR(ones, 375, 60);
    CHECK(above == 0);
    batches_close(batches);
    for (int i = 0; i < 3; i++)
        pair_source_close(sources[i].source);
}

TEST(stores_that_do_not_fit_are_refused_by_name)
{
    BatchSource sources[2] = {{open_store("fit.h5", 2, TILE, 2), 1},
                              {open_store("other.h5", 2, TILE, 4), 1}};
    BatchPlan plan = plan_of(4);
    CHECK(batches_open(sources, 2, &plan, 1) == NULL);
    CHECK(strstr(error_message(), "fit.h5 has scale 2") != NULL);
    CHECK_ERROR(ERROR_CONFIG, "other.h5: scale 4, but ");
    plan.crop = 13;
    CHECK(batches_open(sources, 1, &plan, 1) == NULL);
    CHECK_ERROR(ERROR_CONFIG, "fit.h5: tiles of 16x16 low-resolution pixels are too small for "
                              "crops of 13, which need 17");
    plan.crop = 12;
    sources[0].weight = 0;
    CHECK(batches_open(sources, 1, &plan, 1) == NULL);
    CHECK_ERROR(ERROR_CONFIG, "all weights");
    sources[0].weight = -1;
    CHECK(batches_open(sources, 1, &plan, 1) == NULL);
    CHECK_ERROR(ERROR_CONFIG, "fit.h5: weight -1");
    pair_source_close(sources[0].source);
    pair_source_close(sources[1].source);
}

TEST(lines_of_a_tile_are_those_of_the_whole_tile_at_every_reading)
{
    char *path = memory_copy_string(unit_scratch("lines.h5"));
    store_make(path, &(StoreSpec){.count = 70, .width = 24, .height = TILE, .scale = SCALE});
    PairStore *store = pairs_open(path);
    REQUIRE(store != NULL);
    uint8_t *hr = memory_new(pairs_tile_bytes(store)), *lr = memory_new(pairs_tile_bytes(store));
    uint8_t *scratch = memory_new(pairs_tile_bytes(store));
    for (int reading = 0; reading < 3; reading++)
        for (int tile = 0; tile < 70; tile++) {
            int first = tile % 9;
            REQUIRE(pairs_read(store, tile, hr, lr) == 0);
            const uint8_t *lines = pairs_read_lines(store, PAIR_HR, tile, first, 7, scratch);
            CHECK(lines && memcmp(lines, hr + 24 * 3 * first, 24 * 3 * 7) == 0);
            lines = pairs_read_lines(store, PAIR_LR, tile, first, 7, scratch);
            CHECK(lines && memcmp(lines, lr + 12 * 3 * first, 12 * 3 * 7) == 0);
        }
    CHECK(pairs_read_lines(store, PAIR_LR, 70, 0, 1, scratch) == NULL);
    CHECK_ERROR(ERROR_SHAPE, "no tile 70 among 70");
    free(hr);
    free(lr);
    free(scratch);
    pairs_close(store);
    free(path);
}

TEST(a_damaged_tile_reaches_the_trainer_as_an_error_of_its_step)
{
    char *path = memory_copy_string(unit_scratch("bad.h5"));
    store_make(path, &(StoreSpec){.count = 1, .width = TILE, .height = TILE, .scale = SCALE});
    hid_t file = hdf5_open(path), set = H5Dopen2(file, "lr", H5P_DEFAULT);
    int descriptor = open(path, O_RDONLY);
    uint64_t address;
    REQUIRE(hdf5_chunk_addresses(set, descriptor, 1, TILE * TILE * 3 / 4 + 4, &address) == 0);
    close(descriptor);
    H5Dclose(set);
    H5Fclose(file);
    store_damage(path, (long)address);
    BatchSource source = {pair_source_stored(path), 1};
    BatchPlan plan = plan_of(4);
    Batches *batches = batches_open(&source, 1, &plan, 2);
    const uint8_t *lr, *hr;
    for (int step = 0; step < 6; step++) {
        CHECK(batches_next(batches, &lr, &hr, NULL) == -1);
        CHECK_ERROR(ERROR_FORMAT, "bad.h5: /lr[0] is damaged");
    }
    batches_close(batches);
    pair_source_close(source.source);
    free(path);
}

TEST(a_rank_without_samples_gets_empty_steps)
{
    BatchSource source = {open_store("none.h5", 1, TILE, SCALE), 1};
    BatchPlan plan = plan_of(4);
    plan.count = 0;
    Batches *batches = batches_open(&source, 1, &plan, 2);
    REQUIRE(batches != NULL);
    const uint8_t *lr, *hr;
    double waited = -1;
    CHECK(batches_next(batches, &lr, &hr, &waited) == 0);
    CHECK(waited >= 0);
    batches_close(batches);
    pair_source_close(source.source);
}

TEST(augmented_samples_are_the_same_on_any_number_of_threads)
{
    PairSource *store = open_store("augmented.h5", 9, TILE, SCALE);
    BatchPlan plan = plan_of(8);
    uint8_t *plain = collect(store, &plan, 1, 3);
    plan.mixup = plan.cutblur = 0.5;
    uint8_t *one = collect(store, &plan, 1, 3), *four = collect(store, &plan, 4, 3);
    size_t bytes = (size_t)(3 * plan.count) * (LR_BYTES + HR_BYTES);
    CHECK(memcmp(one, four, bytes) == 0);
    int changed = 0;
    for (int64_t k = 0; k < 3 * plan.count; k++) {
        size_t at = (size_t)k * (LR_BYTES + HR_BYTES);
        changed += memcmp(one + at, plain + at, LR_BYTES) != 0;
    }
    CHECK(changed > 4 && changed < 24);
    free(plain);
    free(one);
    free(four);
    pair_source_close(store);
}
