/* Thousands of damaged weights files, the same ones in every run, through the fuzz target. */
#include <stdlib.h>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "tests/fuzz/weights.c"
#include "tests/nets/torch_files.h"
#include "tests/unit.h"

/* Overwrites, at most 5 times, a few bytes of the first or last 4 KiB, where structure is. */
static void damage(uint8_t *bytes, size_t count, Random *r)
{
    static const uint64_t likely[] = {0, 1, 0x7f, 0xff, 0x7fffffff, 0xffffffff, INT64_MAX};
    uint32_t window = count < 4096 ? (uint32_t)count : 4096;
    int changes = 1 + (int)random_below(r, 5);
    for (int i = 0; i < changes; i++) {
        size_t at = random_below(r, window);
        if (random_below(r, 2))
            at = count - 1 - at;
        size_t width = (size_t)1 << random_below(r, 4);
        if (width > count - at)
            width = count - at;
        uint64_t value = random_below(r, 2) ? likely[random_below(r, 7)] : random_word(r);
        if (bytes[at] >= '0' && bytes[at] <= '9') /* keeps JSON valid */
            bytes[at] = (uint8_t)('0' + random_below(r, 10));
        else
            memcpy(bytes + at, &value, width);
    }
}

/* Every third copy is cut short as well. */
static void run_mutations(const uint8_t *bytes, size_t count, int times, uint64_t kind)
{
    for (int i = 0; i < times; i++) {
        Random r = random_stream(20, RANDOM_TEST, kind, (uint32_t)i);
        size_t kept = i % 3 == 0 ? 1 + random_below(&r, (uint32_t)count) : count;
        uint8_t *copy = malloc(kept); /* of exactly this size, for the sanitizer */
        memcpy(copy, bytes, kept);
        damage(copy, kept, &r);
        LLVMFuzzerTestOneInput(copy, kept);
        free(copy);
    }
}

TEST(damaged_torch_files_are_survived)
{
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    const TestStorage storage = {"7", values, sizeof values, 6};
    const TestTensor tensors[] = {{"a.weight", "FloatStorage", "7", 6, 0, 2, {2, 3}, {3, 1}},
                                  {"b", "FloatStorage", "7", 6, 0, 2, {3, 2}, {1, 3}}};
    Bytes object = pickle_of_tensors(tensors, 2);
    Bytes zip = torch_zip(&object, &storage, 1), older = torch_older(&object, &storage, 1);
    run_mutations(zip.data, zip.count, 3000, 1);
    run_mutations(older.data, older.count, 3000, 2);
    bytes_free(&zip);
    bytes_free(&older);
    bytes_free(&object);
    CHECK(error_pending() == ERROR_NONE);
}

TEST(damaged_safetensors_are_survived)
{
    const char *path = unit_scratch("damage.safetensors");
    Weights *weights = weights_new();
    weights_add(weights, "a.weight", 2, (int64_t[]){2, 3});
    weights_add(weights, "b", 0, NULL);
    weights_set_text(weights, "format", "pt");
    CHECK(weights_write(path, weights) == 0);
    weights_free(weights);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    REQUIRE(bytes != NULL);
    run_mutations(bytes, count, 3000, 3);
    free(bytes);
    CHECK(error_pending() == ERROR_NONE);
}

TEST(damaged_published_files_are_survived)
{
    static const struct {
        const char *name;
        int times;
    } files[] = {{"weights/lpips-v0.1-alex.pth", 1000},
                 {"weights/realesr-animevideov3-x4.pth", 60},
                 {"weights/realesr-animevideov3-x4-legacy.pth", 60},
                 {"weights/realesr-animevideov3-x4.safetensors", 60}};
    for (int i = 0; i < 4; i++) {
        const char *path = unit_shared(files[i].name);
        if (!path) {
            unit_skip("no shared weights");
            return;
        }
        size_t count;
        uint8_t *bytes = file_read_whole(path, 1 << 24, &count);
        REQUIRE(bytes != NULL);
        run_mutations(bytes, count, files[i].times, 4 + (uint64_t)i);
        free(bytes);
    }
    CHECK(error_pending() == ERROR_NONE);
}
