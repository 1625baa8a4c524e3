/* The memory that large tensors lie in. */
#include "core/error.h"
#include "core/random.h"
#include "tensor/tensor.h"
#include "tests/unit.h"

enum { TENSORS = 40, STEPS = 400, MOST = 60000 };

static bool on_host(void)
{
    Tensor *t = tensor_zeros(1, (int64_t[]){1});
    bool result = tensor_data(t) != NULL;
    tensor_free(t);
    return result;
}

static bool holds_only(Tensor *t, float value)
{
    const float *values = tensor_data(t);
    for (int64_t i = 0; i < tensor_count(t); i++)
        if (values[i] != value)
            return false;
    return true;
}

TEST(tensors_that_come_and_go_never_share_memory)
{
    Tensor *tensors[TENSORS] = {NULL};
    if (!on_host()) {
        unit_skip("tensors do not lie in host memory");
        return;
    }
    Random random = random_stream(3, RANDOM_TEST, 0, 0);
    for (int step = 0; step < STEPS; step++) {
        int i = (int)random_below(&random, TENSORS);
        if (tensors[i])
            CHECK(holds_only(tensors[i], (float)i));
        tensor_free(tensors[i]);
        int64_t count = 1 + (int64_t)random_below(&random, MOST);
        tensors[i] = tensor_zeros(1, &count);
        tensor_fill(tensors[i], i);
    }
    for (int i = 0; i < TENSORS; i++) {
        if (tensors[i])
            CHECK(holds_only(tensors[i], (float)i));
        tensor_free(tensors[i]);
    }
    CHECK_NO_ERROR();
}

TEST(the_most_memory_that_tensors_took_is_known)
{
    int64_t count = 1 << 24, bytes = count * (int64_t)sizeof(float);
    tensor_free(tensor_zeros(1, &count));
    int64_t most = tensor_memory_most(false);
    if (most == 0) {
        unit_skip("tensors do not lie in a region of their own here");
        return;
    }
    CHECK(most >= bytes);
    tensor_free(tensor_zeros(1, &count));
    CHECK(tensor_memory_most(false) == most);
    Tensor *a = tensor_zeros(1, &count), *b = tensor_zeros(1, &count);
    CHECK(tensor_memory_most(false) >= 2 * bytes);
    tensor_free(a);
    tensor_free(b);
    most = tensor_memory_most(true);
    CHECK(tensor_memory_most(false) <= most - 2 * bytes);
}
