#include "nets/weights.h"
#include "core/error.h"
#include "core/file.h"
#include "nets/elements.h"
#include "nets/weights_files.h"
#include "tests/unit.h"

static bool same_weights(const Weights *a, const Weights *b)
{
    if (a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i++) {
        const Weight *x = &a->items[i], *y = weights_find(b, x->key);
        if (!y || !weight_same_shape(x, y) ||
            memcmp(x->values, y->values, (size_t)x->count * sizeof *x->values) != 0)
            return false;
    }
    return true;
}

TEST(the_three_published_files_hold_the_same_weights)
{
    static const char *const names[] = {"weights/realesr-animevideov3-x4.safetensors",
                                        "weights/realesr-animevideov3-x4.pth",
                                        "weights/realesr-animevideov3-x4-legacy.pth"};
    Weights *read[3];
    for (int i = 0; i < 3; i++) {
        const char *path = unit_shared(names[i]);
        if (!path) {
            unit_skip("no shared weights");
            return;
        }
        read[i] = weights_read(path);
        CHECK_NO_ERROR();
        REQUIRE(read[i] != NULL);
    }
    CHECK(read[0]->count == 53);
    const Weight *first = weights_find(read[0], "body.0.weight");
    REQUIRE(first != NULL);
    CHECK(first->rank == 4 && first->shape[0] == 64 && first->shape[1] == 3 &&
          first->shape[2] == 3 && first->shape[3] == 3 && first->count == 1728);
    CHECK(same_weights(read[0], read[1]));
    CHECK(same_weights(read[0], read[2]));
    for (int i = 0; i < 3; i++)
        weights_free(read[i]);
}

/* The sums are those of REFERENCE.md, from the published LPIPS files. */
TEST(lpips_layers_have_the_published_sums)
{
    static const struct {
        const char *file;
        int count;
        double sums[7];
    } nets[] = {
        {"weights/lpips-v0.1-alex.pth", 5, {2.349532, 16.143027, 39.268439, 27.197178, 20.317177}},
        {"weights/lpips-v0.1-vgg.pth", 5, {6.925992, 8.858334, 17.515006, 51.521323, 47.034854}},
        {"weights/lpips-v0.1-squeeze.pth",
         7,
         {5.690101, 1.185279, 16.326565, 71.012624, 37.370723, 24.262872, 17.590553}},
    };
    for (int n = 0; n < 3; n++) {
        const char *path = unit_shared(nets[n].file);
        if (!path) {
            unit_skip("no shared weights");
            return;
        }
        Weights *weights = weights_read(path);
        CHECK_NO_ERROR();
        REQUIRE(weights != NULL);
        CHECK(weights->count == nets[n].count);
        for (int i = 0; i < nets[n].count; i++) {
            char key[] = "lin0.model.1.weight";
            key[3] = (char)('0' + i);
            const Weight *w = weights_find(weights, key);
            REQUIRE(w != NULL);
            CHECK(w->rank == 4 && w->shape[0] == 1 && w->shape[2] == 1 && w->shape[3] == 1);
            double sum = 0;
            for (int64_t c = 0; c < w->count; c++)
                sum += w->values[c];
            CHECK_RELATIVE(sum, nets[n].sums[i], 1e-6);
        }
        weights_free(weights);
    }
}

TEST(missing_files_and_folders_are_named)
{
    CHECK(weights_read("/nowhere/model.pth") == NULL);
    CHECK_ERROR(ERROR_FILE, "/nowhere/model.pth");
    CHECK(weights_read("/") == NULL);
    CHECK_ERROR(ERROR_FILE, "/: not a regular file");
}

TEST(copies_share_nothing_with_the_original)
{
    Weights *weights = weights_new();
    weights_add(weights, "a", 1, (int64_t[]){2})->values[0] = 3;
    weights_set_text(weights, "format", "pt");
    Weights *copy = weights_copy(weights);
    CHECK(same_weights(weights, copy));
    weights_find(copy, "a")->values[0] = 4;
    weights_set_text(copy, "format", "other");
    CHECK(weights->items[0].values[0] == 3 && strcmp(weights_text(weights, "format"), "pt") == 0);
    CHECK(strcmp(weights_text(copy, "format"), "other") == 0 && copy->text_count == 1);
    CHECK(weights_find(copy, "b") == NULL && weights_text(copy, "b") == NULL);
    weights_free(weights);
    weights_free(copy);
    weights_free(NULL);
}

TEST(shapes_differ_by_rank_or_extent)
{
    Weight a = {.rank = 2, .shape = {2, 3}}, b = {.rank = 2, .shape = {3, 2}};
    Weight c = {.rank = 1, .shape = {2}};
    CHECK(weight_same_shape(&a, &a) && !weight_same_shape(&a, &b) && !weight_same_shape(&a, &c));
}

TEST(products_of_extents_are_checked_for_overflow)
{
    int64_t product;
    CHECK(weights_product(0, NULL, &product) && product == 1);
    CHECK(weights_product(3, (int64_t[]){2, 3, 4}, &product) && product == 24);
    CHECK(weights_product(2, (int64_t[]){5, 0}, &product) && product == 0);
    CHECK(!weights_product(2, (int64_t[]){1ll << 32, 1ll << 32}, &product));
    CHECK(!weights_product(2, (int64_t[]){1ll << 31, 1ll << 31}, &product));
    CHECK(!weights_product(1, (int64_t[]){-1}, &product));
}

TEST(half_precision_numbers_have_their_ieee_values)
{
    static const uint16_t bits[] = {0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400,
                                    0x03ff, 0x0001, 0x8001, 0x7c00, 0xfc00, 0x3555};
    const float expected[] = {0,         -0.0f,          1,        -2,        65504,
                              0x1p-14f,  0x1.ff8p-15f,   0x1p-24f, -0x1p-24f, INFINITY,
                              -INFINITY, 0.333251953125f};
    float values[12];
    element_convert(ELEMENT_F16, (const uint8_t *)bits, 12, values);
    CHECK(memcmp(values, expected, sizeof expected) == 0);
    element_convert(ELEMENT_F16, (const uint8_t *)&(uint16_t){0x7e01}, 1, values);
    CHECK(isnan(values[0]));
}

TEST(brain_floats_are_the_upper_half_of_float32)
{
    static const uint16_t bits[] = {0x3f80, 0xc049, 0x0001, 0x7f80, 0x8000};
    const float expected[] = {1, -3.140625f, 0x1p-133f, INFINITY, -0.0f};
    float values[5];
    element_convert(ELEMENT_BF16, (const uint8_t *)bits, 5, values);
    CHECK(memcmp(values, expected, sizeof expected) == 0);
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(an_array_that_memory_lacks_for_is_an_error_and_is_not_there)
{
    Weights *weights = weights_new();
    const int64_t small[] = {2, 3}, large[] = {1 << 20, 1 << 20, 1 << 8};
    Weight *w = weights_ask(weights, "small", 2, small);
    CHECK(w && w->count == 6 && w->values[0] == 0 && w->values[5] == 0);
    CHECK(weights_ask(weights, "large", 3, large) == NULL && weights->count == 1);
    CHECK_ERROR(ERROR_MEMORY, "out of memory");
    weights_free(weights);
}
#endif
