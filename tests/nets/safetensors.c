#include <stdio.h>

#include "core/error.h"
#include "core/file.h"
#include "nets/weights_files.h"
#include "tests/nets/torch_files.h"
#include "tests/unit.h"

/* A file with this header and `count` bytes of zeros as data. */
static Bytes file_of(const char *header, size_t count)
{
    Bytes file = {0};
    uint8_t zeros[64] = {0};
    bytes_number(&file, strlen(header), 8);
    bytes_text(&file, header);
    bytes_add(&file, zeros, count);
    return file;
}

static void check_refused(const char *header, size_t count, const char *message)
{
    Bytes file = file_of(header, count);
    CHECK(weights_parse(file.data, file.count, "f.safetensors") == NULL);
    CHECK_ERROR(ERROR_FORMAT, message);
    bytes_free(&file);
}

#define TENSOR(dtype, shape, offsets)                                                              \
    "{\"a\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

TEST(headers_that_lie_are_refused_with_file_and_field)
{
    check_refused(TENSOR("F32", "[2]", "[0,8]"), 7, "f.safetensors: tensor a: data_offsets 0 to 8");
    check_refused(TENSOR("F32", "[2]", "[0,8]"), 9, "f.safetensors: 1 bytes of data belong to no");
    check_refused(TENSOR("F32", "[2]", "[4,12]"), 12, "tensor a: data_offsets leave a gap");
    check_refused(TENSOR("F32", "[2]", "[8,0]"), 8, "tensor a: data_offsets 8 to 0 are outside");
    check_refused(TENSOR("F32", "[3]", "[0,8]"), 8, "tensor a: data_offsets give 8 bytes");
    check_refused(TENSOR("F32", "[2]", "[-4,4]"), 8, "tensor a: data_offsets must be two whole");
    check_refused(TENSOR("F32", "[2]", "[0]"), 8, "tensor a: data_offsets must be two whole");
    check_refused(TENSOR("F32", "[2]", "[0,8.5]"), 8, "tensor a: data_offsets must be two whole");
    check_refused(TENSOR("F8_E4M3", "[2]", "[0,2]"), 2, "tensor a: cannot read dtype F8_E4M3");
    check_refused(TENSOR("F32", "[-2]", "[0,8]"), 8, "tensor a: shape must hold whole numbers");
    check_refused(TENSOR("F32", "[1.5]", "[0,8]"), 8, "tensor a: shape must hold whole numbers");
    check_refused(TENSOR("F32", "2", "[0,8]"), 8, "tensor a: no shape");
    check_refused(TENSOR("F32", "[4294967296,4294967296]", "[0,8]"), 8, "shape is too large");
    check_refused(TENSOR("F64", "[2305843009213693952]", "[0,8]"), 8, "shape must hold whole");
    check_refused(TENSOR("F32", "[1,1,1,1,1,2]", "[0,8]"), 8, "more than 5 dimensions");
    check_refused("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "tensor a: no dtype");
    check_refused("{\"a\":7}", 0, "tensor a: no dtype");
    check_refused("{\"\":{}}", 0, "a tensor has an empty key");
    check_refused("{\"a\\u001b\":{}}", 0, "tensor key \"a?\" has control characters");
    check_refused("{\"__metadata__\":{\"format\":1}}", 0, "__metadata__.format is not a string");
    check_refused("{\"__metadata__\":[]}", 0, "__metadata__ is not an object");
    check_refused("{}", 0, "f.safetensors: holds no tensors");
    check_refused("{\"a\":", 0, "f.safetensors: header: line 1: not valid JSON");
    check_refused("{\"a\":1,\"a\":2}", 0, "f.safetensors: header: key \"a\" appears twice");
    check_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                  "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
                  3, "f.safetensors: tensor b: data_offsets leave a gap or overlap");
}

TEST(header_lengths_that_lie_are_refused)
{
    static const uint64_t lengths[] = {1000, UINT64_MAX, UINT64_MAX - 7, 1u << 31};
    for (int i = 0; i < 4; i++) {
        Bytes file = file_of(TENSOR("F32", "[2]", "[0,8]"), 8);
        memcpy(file.data, &lengths[i], 8);
        CHECK(weights_parse(file.data, file.count, "f.safetensors") == NULL);
        CHECK_ERROR(ERROR_FORMAT, "f.safetensors: header length is ");
        bytes_free(&file);
    }
}

TEST(headers_of_too_many_names_are_refused_but_long_texts_are_not)
{
    Bytes header = {0}, text = {0};
    bytes_text(&header, "{");
    bytes_text(&text, "{\"__metadata__\":{\"a\":\"\\\"");
    for (int i = 0; i < 50000; i++) {
        bytes_text(&header, "\"a\":1,");
        bytes_text(&text, ":");
    }
    bytes_text(&text, "\"}}");
    bytes_number(&header, 0, 1);
    bytes_number(&text, 0, 1);
    check_refused((const char *)header.data, 0, "f.safetensors: header has more than 40000 names");
    check_refused((const char *)text.data, 0, "f.safetensors: holds no tensors");
    bytes_free(&header);
    bytes_free(&text);
}

TEST(files_of_neither_format_are_refused)
{
    static const char *const contents[] = {"", "{", "<html><body>", "\x89PNG\r\n\x1a\n"};
    for (int i = 0; i < 4; i++) {
        CHECK(weights_parse((const uint8_t *)contents[i], strlen(contents[i]), "f") == NULL);
        CHECK_ERROR(ERROR_FORMAT, "f: neither a safetensors nor a torch weights file");
    }
}

TEST(every_dtype_becomes_float32)
{
    const struct {
        const char *dtype;
        size_t bytes;
        const void *data;
        float expected[2];
    } cases[] = {
        {"F32", 4, (const float[]){1.5f, -2}, {1.5f, -2}},
        {"F64", 8, (const double[]){1.5, -2}, {1.5f, -2}},
        {"F16", 2, (const uint16_t[]){0x3e00, 0xc000}, {1.5f, -2}},
        {"BF16", 2, (const uint16_t[]){0x3fc0, 0xc000}, {1.5f, -2}},
        {"I64", 8, (const int64_t[]){3, -2}, {3, -2}},
        {"I32", 4, (const int32_t[]){3, -2}, {3, -2}},
        {"I16", 2, (const int16_t[]){3, -2}, {3, -2}},
        {"I8", 1, (const int8_t[]){3, -2}, {3, -2}},
        {"U8", 1, (const uint8_t[]){3, 254}, {3, 254}},
        {"BOOL", 1, (const uint8_t[]){0, 1}, {0, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[128];
        snprintf(header, sizeof header, TENSOR("%s", "[2]", "[0,%zu]"), cases[i].dtype,
                 2 * cases[i].bytes);
        Bytes file = file_of(header, 0);
        bytes_add(&file, cases[i].data, 2 * cases[i].bytes);
        Weights *weights = weights_parse(file.data, file.count, "f.safetensors");
        CHECK_NO_ERROR();
        REQUIRE(weights != NULL);
        CHECK(memcmp(weights->items[0].values, cases[i].expected, 8) == 0);
        weights_free(weights);
        bytes_free(&file);
    }
}

/* Two arrays, a scalar, an empty array, and texts that need escapes. */
static Weights *sample(void)
{
    Weights *weights = weights_new();
    Weight *w = weights_add(weights, "z.weight", 4, (int64_t[]){2, 3, 1, 1});
    for (int i = 0; i < 6; i++)
        w->values[i] = (float)(1.0 / (i + 3));
    w->values[4] = -0.0f;
    w->values[5] = INFINITY;
    weights_add(weights, "a.bias", 1, (int64_t[]){2})->values[1] = 0x1p-149f;
    weights_add(weights, "scalar", 0, NULL)->values[0] = 7;
    weights_add(weights, "empty", 2, (int64_t[]){0, 5});
    weights_set_text(weights, "format", "pt");
    weights_set_text(weights, "unmush.graph", "{\"type\":\"srvgg\",\"n\":\"\\u00e4 \n\\\"\"}");
    return weights;
}

TEST(weights_written_and_read_again_are_the_same_bit_for_bit)
{
    const char *path = unit_scratch("round.safetensors");
    Weights *written = sample();
    CHECK(weights_write(path, written) == 0);
    Weights *read = weights_read(path);
    CHECK_NO_ERROR();
    REQUIRE(read != NULL);
    REQUIRE(read->count == written->count && read->text_count == 2);
    for (int i = 0; i < read->count; i++) {
        const Weight *a = &read->items[i], *b = &written->items[i];
        CHECK(strcmp(a->key, b->key) == 0 && weight_same_shape(a, b));
        CHECK(memcmp(a->values, b->values, (size_t)a->count * sizeof *a->values) == 0);
    }
    for (int i = 0; i < 2; i++)
        CHECK(strcmp(weights_text(read, written->texts[i].key), written->texts[i].value) == 0);
    weights_free(read);
    weights_free(written);
}

TEST(headers_are_padded_to_eight_bytes)
{
    const char *path = unit_scratch("padded.safetensors");
    Weights *written = sample();
    size_t count;
    CHECK(weights_write(path, written) == 0);
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    REQUIRE(bytes != NULL);
    uint64_t length;
    memcpy(&length, bytes, 8);
    CHECK(length % 8 == 0 && bytes[8] == '{');
    CHECK(count == 8 + length + 9 * sizeof(float));
    free(bytes);
    weights_free(written);
}

TEST(what_cannot_be_read_again_is_not_written)
{
    const char *path = unit_scratch("never.safetensors");
    Weights *weights = sample();
    weights_add(weights, "scalar", 0, NULL);
    CHECK(weights_write(path, weights) == -1);
    CHECK_ERROR(ERROR_FORMAT, "never.safetensors: tensor scalar appears twice");
    CHECK(!file_exists(path));
    weights_free(weights);
    weights = sample();
    CHECK(weights_write("/nowhere/x.safetensors", weights) == -1);
    CHECK_ERROR(ERROR_FILE, "/nowhere/x.safetensors");
    weights_free(weights);
}

TEST(safetensors_cut_anywhere_are_refused)
{
    const char *path = unit_scratch("cut.safetensors");
    Weights *weights = sample();
    CHECK(weights_write(path, weights) == 0);
    weights_free(weights);
    size_t whole;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &whole);
    REQUIRE(bytes != NULL);
    for (size_t count = 0; count < whole; count++) {
        uint8_t *cut = malloc(count ? count : 1); /* of exactly this size, for the sanitizer */
        memcpy(cut, bytes, count);
        CHECK(weights_parse(cut, count, "cut") == NULL);
        CHECK_ERROR(ERROR_FORMAT, "cut: ");
        free(cut);
    }
    free(bytes);
}
