#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "data/checksum.h"
#include "data/hdf5_chunks.h"
#include "data/hdf5_file.h"
#include "data/pairs.h"
#include "data/pairs_write.h"
#include "tests/data/stores.h"
#include "tests/unit.h"

TEST(checksums_are_those_of_big_endian_words)
{
    const uint8_t four[] = {1, 2, 3, 4}, three[] = {1, 2, 3}, ones[] = {255, 255, 255, 255};
    CHECK(checksum_fletcher32(four, 4) == 0x05080406);
    CHECK(checksum_fletcher32(three, 3) == 0x05040402);
    CHECK(checksum_fletcher32(ones, 4) == 0xFFFFFFFF);
    CHECK(checksum_fletcher32(four, 0) == 0);
}

TEST(checksums_equal_the_definition_at_every_length)
{
    uint8_t bytes[20000];
    Random random = random_stream(1, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = random_below(&random, 3) == 0 ? 255 : (uint8_t)random_word(&random);
    uint64_t first = 0, second = 0;
    int wrong = 0;
    for (size_t count = 0; count + 2 <= sizeof bytes; count += 2) {
        uint32_t expected = (uint32_t)((second + 65534) % 65535 + 1) << 16 |
                            (uint32_t)((first + 65534) % 65535 + 1);
        wrong += checksum_fletcher32(bytes, count) != (count == 0 ? 0 : expected);
        first = (first + 256u * bytes[count] + bytes[count + 1]) % 65535;
        second = (second + first) % 65535;
    }
    CHECK(wrong == 0);
}

/* A picture whose pixel (x, y) is (x, y, number) modulo 256. */
static void save_picture(const char *path, int width, int height, int number)
{
    Image image = image_new(width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *p = image.rgb + 3 * ((size_t)y * (size_t)width + (size_t)x);
            p[0] = (uint8_t)x, p[1] = (uint8_t)y, p[2] = (uint8_t)number;
        }
    REQUIRE(image_write(path, &image) == 0);
    image_free(&image);
}

static PairPlan *plan_folder(const char *folder, int tile, int scale)
{
    StringList arguments = {0};
    string_list_add(&arguments, folder);
    PairPlan *plan = pair_plan_new(&arguments, tile, scale, tile, NULL);
    string_list_free(&arguments);
    return plan;
}

TEST(plans_lay_a_centred_grid_on_every_picture)
{
    char *folder = memory_copy_string(unit_scratch("plan"));
    REQUIRE(file_make_directories(unit_scratch("plan/sub")) == 0);
    save_picture(unit_scratch("plan/a.png"), 70, 40, 0);
    save_picture(unit_scratch("plan/sub/b.png"), 33, 64, 1);
    PairPlan *plan = plan_folder(folder, 32, 4);
    REQUIRE(plan != NULL);
    CHECK(plan->picture_count == 2);
    CHECK(plan->tile_count == 4);
    CHECK(strcmp(plan->pictures[1].source, "sub/b.png") == 0);
    TilePlace second = plan->tiles[1], last = plan->tiles[3];
    CHECK(second.picture == 0 && second.x == 3 + 32 && second.y == 4);
    CHECK(last.picture == 1 && last.x == 0 && last.y == 32);
    pair_plan_free(plan);
    free(folder);
}

TEST(plans_count_and_name_pictures_smaller_than_a_tile)
{
    char *folder = memory_copy_string(unit_scratch("small"));
    REQUIRE(file_make_directories(folder) == 0);
    save_picture(unit_scratch("small/a.png"), 64, 64, 0);
    save_picture(unit_scratch("small/b.png"), 64, 31, 0);
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "small/c%d.png", i);
        save_picture(unit_scratch(name), 8, 9, 0);
    }
    CHECK(plan_folder(folder, 32, 4) == NULL);
    CHECK(strstr(error_message(), "b.png (64x31), ") && strstr(error_message(), ", ...: "));
    CHECK_ERROR(ERROR_SHAPE, "5 of 6 pictures smaller than a tile of 32x32");
    free(folder);
}

TEST(a_written_store_holds_the_pictures_tiles_and_their_bicubic_reduction)
{
    char *folder = memory_copy_string(unit_scratch("whole"));
    char *path = memory_copy_string(unit_scratch("whole.h5"));
    REQUIRE(file_make_directories(folder) == 0);
    save_picture(unit_scratch("whole/a.png"), 26, 13, 5);
    save_picture(unit_scratch("whole/b.png"), 12, 25, 6);
    PairPlan *plan = plan_folder(folder, 12, 4);
    Degradation *bicubic = degradation_open("bicubic");
    log_quiet(true);
    PairJob job = {plan, bicubic, 8, 3};
    REQUIRE(plan && bicubic && pairs_write(path, &job) == 0);
    PairStore *store = pairs_open(path);
    REQUIRE(store != NULL);
    const PairInfo *info = pairs_info(store);
    CHECK(info->count == 4 && info->scale == 4 && info->seed == 3);
    CHECK(info->hr_width == 12 && info->hr_height == 12);
    CHECK(strcmp(info->degradation, "bicubic") == 0);

    /* Tile 3: the lower one of b.png. LR rows have 27 bytes, an odd number. */
    uint8_t hr[12 * 12 * 3], lr[3 * 3 * 3];
    REQUIRE(pairs_read(store, 3, hr, lr) == 0);
    CHECK(hr[0] == 0 && hr[1] == 12 && hr[2] == 6);
    CHECK(hr[3 * 143] == 11 && hr[3 * 143 + 1] == 23);
    Image tile = {12, 12, hr}, reduced = {0};
    REQUIRE(degradation_apply(bicubic, &tile, 4, 1, &reduced) == 0);
    CHECK(memcmp(lr, reduced.rgb, sizeof lr) == 0);
    image_free(&reduced);
    char *sample = pairs_sample(store, 3);
    CHECK(sample &&
          strstr(sample, "{\"source\":\"b.png\",\"x\":0,\"y\":12,"
                         "\"drawn\":{\"steps\":[{\"resize\":{\"kernel\":\"bicubic\",") == sample);
    free(sample);
    CHECK(pairs_read(store, 4, hr, lr) == -1);
    CHECK_ERROR(ERROR_SHAPE, "no tile 4 among 4");
    pairs_close(store);
    degradation_free(bicubic);
    pair_plan_free(plan);
    free(path);
    free(folder);
}

/* A picture as tiles of 12 pixels at step 8, stored with 16 bits. */
TEST(a_store_of_16_bits_keeps_fractions_and_reads_as_bytes_too)
{
    char *path = memory_copy_string(unit_scratch("deep.h5"));
    char *picture = memory_copy_string(unit_scratch("deep.png"));
    save_picture(picture, 28, 12, 5);
    StringList arguments = {0};
    string_list_add(&arguments, picture);
    PairPlan *plan = pair_plan_new(&arguments, 12, 4, 8, NULL);
    string_list_free(&arguments);
    Degradation *bicubic = degradation_open("bicubic");
    REQUIRE(plan && bicubic && plan->tile_count == 3);
    PairJob job = {plan, bicubic, 16, 3};
    log_quiet(true);
    REQUIRE(pairs_write(path, &job) == 0);
    PairStore *store = pairs_open(path);
    REQUIRE(store != NULL && pairs_info(store)->depth == 16);
    Workspace *work = workspace_new();
    Picture hr, lr;
    uint8_t bytes[2][12 * 12 * 3], rounded[12 * 12 * 3];
    REQUIRE(pairs_read_pictures(store, 1, work, &hr, &lr) == 0);
    REQUIRE(pairs_read(store, 1, bytes[0], bytes[1]) == 0);
    CHECK(hr.width == 12 && lr.width == 3);
    CHECK(hr.planes[0][0] == 8 && hr.planes[1][12] == 1 && hr.planes[2][5] == 5);
    /* Bicubic of the ramp 8..19, mirrored at its ends: between levels. */
    CHECK(lr.planes[0][0] != floorf(lr.planes[0][0]));
    picture_to_bytes(&hr, rounded);
    CHECK(memcmp(rounded, bytes[0], sizeof rounded) == 0);
    picture_to_bytes(&lr, rounded);
    CHECK(memcmp(rounded, bytes[1], 3 * 3 * 3) == 0);
    workspace_free(work);
    pairs_close(store);
    degradation_free(bicubic);
    pair_plan_free(plan);
    free(picture);
    free(path);
}

/* Compares hdf5_chunk_addresses with HDF5's own answers. */
static void check_addresses(const char *path, int rows, uint64_t chunk_bytes)
{
    hid_t file = hdf5_open(path), set = H5Dopen2(file, "hr", H5P_DEFAULT);
    int descriptor = open(path, O_RDONLY);
    uint64_t *addresses = memory_array((size_t)rows, sizeof *addresses);
    REQUIRE(hdf5_chunk_addresses(set, descriptor, rows, chunk_bytes, addresses) == 0);
    int wrong = 0;
    for (int i = 0; i < rows; i++) {
        hsize_t offset[4] = {(hsize_t)i}, bytes;
        haddr_t address;
        unsigned mask;
        REQUIRE(H5Dget_chunk_info_by_coord(set, offset, &mask, &address, &bytes) >= 0);
        wrong += address != addresses[i] || bytes != chunk_bytes;
    }
    CHECK(wrong == 0);
    free(addresses);
    close(descriptor);
    H5Dclose(set);
    H5Fclose(file);
}

TEST(chunk_addresses_are_those_that_hdf5_tells)
{
    /* 5000 chunks make a B-tree of three levels. */
    char *path = memory_copy_string(unit_scratch("many.h5"));
    store_make(path, &(StoreSpec){.count = 5000, .width = 4, .height = 2, .scale = 2});
    check_addresses(path, 5000, 4 * 2 * 3 + 4);
    store_make(path, &(StoreSpec){
                         .count = 300, .width = 4, .height = 2, .scale = 2, .latest_format = true});
    check_addresses(path, 300, 4 * 2 * 3 + 4);
    free(path);
}

TEST(a_damaged_tile_is_named_when_it_is_read)
{
    char *path = memory_copy_string(unit_scratch("damaged.h5"));
    store_make(path, &(StoreSpec){.count = 3, .width = 8, .height = 8, .scale = 2});
    hid_t file = hdf5_open(path), set = H5Dopen2(file, "hr", H5P_DEFAULT);
    uint64_t addresses[3];
    int descriptor = open(path, O_RDONLY);
    REQUIRE(hdf5_chunk_addresses(set, descriptor, 3, 8 * 8 * 3 + 4, addresses) == 0);
    close(descriptor);
    H5Dclose(set);
    H5Fclose(file);
    store_damage(path, (long)addresses[1] + 17);
    PairStore *store = pairs_open(path);
    REQUIRE(store != NULL);
    uint8_t hr[8 * 8 * 3], lr[4 * 4 * 3];
    CHECK(pairs_read(store, 0, hr, lr) == 0);
    CHECK(pairs_read(store, 1, NULL, lr) == 0);
    CHECK(pairs_read(store, 1, hr, lr) == -1);
    CHECK_ERROR(ERROR_FORMAT, "damaged.h5: /hr[1] is damaged");
    pairs_close(store);
    free(path);
}

static void check_refused(const StoreSpec *spec, const char *message)
{
    store_make(unit_scratch("refused.h5"), spec);
    CHECK(pairs_open(unit_scratch("refused.h5")) == NULL);
    CHECK(strstr(error_message(), "refused.h5: ") != NULL);
    CHECK_ERROR(ERROR_FORMAT, message);
}

TEST(stores_of_the_wrong_structure_are_refused)
{
    StoreSpec good = {.count = 3, .width = 8, .height = 4, .scale = 2}, bad = good;
    bad.version = 1;
    check_refused(&bad, "made by an older version of this program, make it again");
    bad.version = 3;
    check_refused(&bad, "pair store of version 3, this program reads version 2");
    bad = good;
    bad.lr_rows = 2;
    check_refused(&bad, "/hr, /lr and /sample have 3, 2 and 3 rows");
    bad = good;
    bad.lr_edge = 3;
    check_refused(&bad, "tiles of 8x4 and 3x2 do not fit scale 2");
    bad = good;
    bad.no_checksums = true;
    check_refused(&bad, "dataset /hr: is not stored one tile a chunk with Fletcher32 checksums");
}

TEST(files_that_are_no_stores_are_refused_in_one_line)
{
    CHECK(pairs_open(unit_scratch("absent.h5")) == NULL);
    CHECK_ERROR(ERROR_FILE, "absent.h5: cannot read: No such file");
    REQUIRE(file_write_whole(unit_scratch("text.h5"), "hello, world", 12) == 0);
    CHECK(pairs_open(unit_scratch("text.h5")) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "text.h5: not an HDF5 file");
    REQUIRE(file_write_whole(unit_scratch("text.h5"), "", 0) == 0);
    CHECK(pairs_open(unit_scratch("text.h5")) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "text.h5: not an HDF5 file");
    hid_t empty = hdf5_create_in_memory();
    REQUIRE(hdf5_write_memory(empty, unit_scratch("empty.h5")) == 0);
    H5Fclose(empty);
    CHECK(pairs_open(unit_scratch("empty.h5")) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "empty.h5: attribute version is missing");
}

TEST(truncated_stores_are_refused)
{
    char *path = memory_copy_string(unit_scratch("short.h5"));
    store_make(path, &(StoreSpec){.count = 20, .width = 16, .height = 16, .scale = 2});
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 24, &count);
    REQUIRE(bytes != NULL);
    for (size_t left = 7; left < count; left += count / 7) {
        REQUIRE(file_write_whole(path, bytes, left) == 0);
        CHECK(pairs_open(path) == NULL);
        CHECK(!strchr(error_message(), '\n') && !strstr(error_message(), "no reason"));
        CHECK_ERROR(ERROR_FORMAT, "short.h5: ");
    }
    free(bytes);
    free(path);
}

TEST(attributes_of_the_wrong_kind_are_refused_by_name)
{
    hid_t file = hdf5_create_in_memory();
    int64_t value;
    char text[8];
    REQUIRE(hdf5_put_integer(file, "number", -5) == 0 &&
            hdf5_put_string(file, "text", "12345678") == 0);
    REQUIRE(hdf5_put_string(file, "nothing", "") == 0);
    CHECK(hdf5_get_integer(file, "number", &value) == 0 && value == -5);
    CHECK(hdf5_get_string(file, "nothing", text, sizeof text) == 0 && text[0] == 0);
    CHECK(hdf5_get_integer(file, "text", &value) == -1);
    CHECK_ERROR(ERROR_FORMAT, "attribute text is not one integer");
    CHECK(hdf5_get_string(file, "text", text, sizeof text) == -1);
    CHECK_ERROR(ERROR_FORMAT, "attribute text is too long");
    CHECK(hdf5_get_string(file, "absent", text, sizeof text) == -1);
    CHECK_ERROR(ERROR_FORMAT, "attribute absent is missing");
    H5Fclose(file);
}
