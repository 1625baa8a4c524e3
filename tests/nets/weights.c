#include "nets/weights.h"
#include "core/error.h"
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
