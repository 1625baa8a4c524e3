/* What weights_write_pth writes is what the reader understands. */
#include "core/error.h"
#include "core/file.h"
#include "nets/weights.h"
#include "nets/zip.h"
#include "tests/unit.h"

static Weights *some_weights(void)
{
    Weights *weights = weights_new();
    float value = 0.25f;
    const int64_t shape[5] = {2, 3, 1, 2, 5};
    for (int rank = 0; rank <= 5; rank++) {
        char key[] = "layer.0.weight";
        key[6] = (char)('0' + rank);
        Weight *w = weights_add(weights, key, rank, shape);
        for (int64_t i = 0; i < w->count; i++)
            w->values[i] = value *= -1.0625f;
    }
    return weights;
}

TEST(a_written_pth_is_read_back_with_every_rank)
{
    const char *path = unit_scratch("written.pth");
    Weights *from = some_weights();
    weights_set_text(from, "left", "out");
    CHECK(weights_write_pth(path, from, "params") == 0);
    Weights *to = weights_read(path);
    CHECK_NO_ERROR();
    REQUIRE(to && to->count == from->count && to->text_count == 0);
    for (int i = 0; i < from->count; i++) {
        CHECK(strcmp(from->items[i].key, to->items[i].key) == 0);
        REQUIRE(weight_same_shape(&from->items[i], &to->items[i]));
        CHECK(memcmp(from->items[i].values, to->items[i].values,
                     (size_t)from->items[i].count * sizeof(float)) == 0);
    }
    weights_free(from);
    weights_free(to);
}

TEST(arrays_in_a_written_pth_begin_at_multiples_of_64_bytes)
{
    const char *path = unit_scratch("aligned.pth");
    Weights *weights = some_weights();
    CHECK(weights_write_pth(path, weights, "params") == 0);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    Zip zip;
    REQUIRE(bytes && zip_open(&zip, bytes, count, path) == 0);
    CHECK(zip.count == weights->count + 3);
    for (int i = 0; i < zip.count; i++)
        CHECK((zip.entries[i].bytes - bytes) % 64 == 0);
    const ZipEntry *version = zip_find(&zip, "archive/", 8, "version", 7);
    CHECK(version && version->count == 2 && memcmp(version->bytes, "3\n", 2) == 0);
    zip_close(&zip);
    free(bytes);
    weights_free(weights);
}

TEST(keys_that_no_reader_takes_are_not_written)
{
    const char *path = unit_scratch("bad_keys.pth");
    Weights *weights = weights_new();
    weights_add(weights, "a", 1, (int64_t[]){1});
    weights_add(weights, "a", 1, (int64_t[]){1});
    CHECK(weights_write_pth(path, weights, "params") == -1);
    CHECK_ERROR(ERROR_FORMAT, "bad_keys.pth");
    CHECK(!file_exists(path));
    weights_free(weights);
}
