#include "data/pairs_parts.h"

#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "data/pairs.h"
#include "data/pairs_write.h"
#include "tests/unit.h"

enum { TILE = 8, TILES = 12 };

/* A job of twelve tiles that needs no pictures. */
typedef struct Bench {
    TilePlace tiles[TILES];
    PlannedPicture picture;
    PairPlan plan;
    PairJob job;
    PairLayout layout;
    uint8_t *records; /* of all tiles */
    char *path;
} Bench;

static void begin(Bench *b, const char *name)
{
    *b = (Bench){.picture = {.path = "a.png", .source = "a.png", .width = 96, .height = 8}};
    for (int i = 0; i < TILES; i++)
        b->tiles[i] = (TilePlace){0, i * TILE, 0};
    b->plan = (PairPlan){&b->picture, 1, TILE, 2, b->tiles, TILES};
    b->job = (PairJob){&b->plan, degradation_open("bicubic"), 8, 1};
    b->layout = pair_layout(&b->job);
    b->records = memory_array(TILES, b->layout.record_bytes);
    for (int i = 0; i < TILES; i++) {
        uint8_t *record = b->records + (size_t)i * b->layout.record_bytes;
        memset(record + b->layout.hr_at, i + 1, b->layout.hr_bytes);
        memset(record + b->layout.lr_at, 2 * i + 1, b->layout.lr_bytes);
        snprintf((char *)record + b->layout.sample_at, b->layout.sample_bytes, "{\"x\":%d}", i);
        pair_record_seal(&b->layout, i, record);
    }
    b->path = memory_copy_string(unit_scratch(name));
}

static void end(Bench *b)
{
    degradation_free((Degradation *)b->job.degradation);
    free(b->records);
    free(b->path);
}

static PairParts *open_parts(const Bench *b, int64_t expected_missing)
{
    PairParts *parts = pair_parts_open(b->path, &b->job);
    REQUIRE(parts != NULL);
    int64_t missing;
    pair_parts_missing(parts, &missing);
    CHECK(missing == expected_missing);
    return parts;
}

/* Appends the first `count` missing tiles. */
static void append(const Bench *b, PairParts *parts, int count)
{
    int64_t missing;
    const int64_t *indices = pair_parts_missing(parts, &missing);
    for (int i = 0; i < count; i++)
        REQUIRE(pair_parts_append(parts, b->records + (size_t)indices[i] * b->layout.record_bytes,
                                  1) == 0);
}

/* The part file of a run of rank 0. */
static char *part_of(const Bench *b, int run)
{
    return memory_print("%s.parts/%06d-00000.part", b->path, run);
}

static void change_byte(const char *path, long offset)
{
    FILE *file = fopen(path, "r+b");
    REQUIRE(file != NULL);
    fseek(file, offset, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, offset, SEEK_SET);
    fputc(byte ^ 0x40, file);
    fclose(file);
}

TEST(records_of_earlier_runs_are_found_again)
{
    Bench b;
    begin(&b, "found.h5");
    PairParts *parts = open_parts(&b, TILES);
    append(&b, parts, 5);
    pair_parts_close(parts);
    parts = open_parts(&b, TILES - 5);
    append(&b, parts, 3);
    pair_parts_close(parts);
    parts = open_parts(&b, TILES - 8);
    append(&b, parts, TILES - 8);
    uint8_t *record = memory_new(b.layout.record_bytes);
    for (int i = 0; i < TILES; i++) {
        CHECK(pair_parts_read(parts, i, record) == 0);
        CHECK(memcmp(record, b.records + (size_t)i * b.layout.record_bytes,
                     b.layout.record_bytes) == 0);
    }
    free(record);
    pair_parts_remove(parts);
    pair_parts_close(parts);
    char *folder = memory_print("%s.parts", b.path);
    CHECK(!file_exists(folder));
    free(folder);
    end(&b);
}

TEST(torn_and_damaged_records_count_as_missing)
{
    Bench b;
    begin(&b, "torn.h5");
    PairParts *parts = open_parts(&b, TILES);
    append(&b, parts, 6);
    pair_parts_close(parts);
    char *part = part_of(&b, 1);
    long header = 48, bytes = (long)b.layout.record_bytes;
    REQUIRE(truncate(part, header + 6 * bytes - 1) == 0);
    parts = open_parts(&b, TILES - 5);
    pair_parts_close(parts);
    change_byte(part, header + 2 * bytes + (long)b.layout.hr_at + 7);
    change_byte(part, header + 3 * bytes + 6);
    parts = open_parts(&b, TILES - 3);
    int64_t missing;
    const int64_t *indices = pair_parts_missing(parts, &missing);
    CHECK(indices[0] == 2 && indices[1] == 3 && indices[2] == 5);
    pair_parts_close(parts);

    /* Killed while the header was written, or never written out before the power went. */
    REQUIRE(truncate(part, header - 1) == 0);
    pair_parts_close(open_parts(&b, TILES));
    REQUIRE(truncate(part, 0) == 0 && truncate(part, header + 3 * bytes) == 0);
    parts = open_parts(&b, TILES);
    pair_parts_remove(parts);
    pair_parts_close(parts);
    free(part);
    end(&b);
}

TEST(parts_of_another_command_are_refused)
{
    Bench b;
    begin(&b, "other.h5");
    PairParts *parts = open_parts(&b, TILES);
    append(&b, parts, 2);
    pair_parts_close(parts);
    b.job.seed++;
    CHECK(pair_parts_open(b.path, &b.job) == NULL);
    CHECK_ERROR(ERROR_CONFIG, "other.h5.parts: holds what another command has made");
    b.job.seed--;
    b.picture.stamp.modified++;
    CHECK(pair_parts_open(b.path, &b.job) == NULL);
    CHECK_ERROR(ERROR_CONFIG, "remove the folder");
    b.picture.stamp.modified--;
    parts = open_parts(&b, TILES - 2);
    pair_parts_remove(parts);
    pair_parts_close(parts);
    end(&b);
}

TEST(two_runs_do_not_write_the_same_store)
{
    Bench b;
    begin(&b, "twice.h5");
    PairParts *parts = open_parts(&b, TILES);
    CHECK(pair_parts_open(b.path, &b.job) == NULL);
    CHECK_ERROR(ERROR_FILE, "twice.h5.parts: another run is writing there");
    append(&b, parts, 1);
    pair_parts_remove(parts);
    pair_parts_close(parts);
    end(&b);
}

TEST(everything_that_determines_a_store_is_in_its_digest)
{
    Bench b;
    begin(&b, "digest.h5");
    uint64_t all[9][4];
    int count = 0, same = 0;
    pair_job_digest(&b.job, all[count++]);
    b.job.seed++, pair_job_digest(&b.job, all[count++]);
    b.job.depth = 16, pair_job_digest(&b.job, all[count++]);
    b.plan.scale = 4, pair_job_digest(&b.job, all[count++]);
    b.tiles[7].x++, pair_job_digest(&b.job, all[count++]);
    b.plan.tile_count--, pair_job_digest(&b.job, all[count++]);
    b.picture.stamp.bytes++, pair_job_digest(&b.job, all[count++]);
    b.picture.source = "b.png", pair_job_digest(&b.job, all[count++]);
    const Degradation *bicubic = b.job.degradation;
    b.job.degradation = NULL, pair_job_digest(&b.job, all[count++]);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            same += memcmp(all[i], all[j], sizeof all[i]) == 0;
    CHECK(same == 0);
    b.job.degradation = bicubic;
    end(&b);
}
