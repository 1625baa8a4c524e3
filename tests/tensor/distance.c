/* Sums of absolute differences in one pass against libtorch's operations. */
#include "core/error.h"
#include "core/random.h"
#include "tensor/tensor.h"
#include "tests/unit.h"

enum { N = 2, C = 3, H = 111, W = 103 }; /* more than one part, no multiple of a vector */

static Tensor *picture(int seed, TensorType type)
{
    const int64_t shape[] = {N, C, H, W};
    float *values = calloc(N * C * H * W, sizeof *values);
    Random random = random_stream((uint64_t)seed, RANDOM_TEST, 0, 0);
    for (int i = 0; i < N * C * H * W; i++) /* eighths: some are equal */
        values[i] = (float)floor(random_uniform(&random) * 32) / 8;
    Tensor *t = tensor_from_floats(values, 4, shape);
    free(values);
    return tensor_to_type(t, type);
}

static double largest_difference(Tensor *a, Tensor *b)
{
    const int64_t count = tensor_count(a);
    REQUIRE(a && b && tensor_count(b) == count);
    double *x = calloc((size_t)count, sizeof *x), *y = calloc((size_t)count, sizeof *y);
    REQUIRE(tensor_to_doubles(a, x, count) == 0 && tensor_to_doubles(b, y, count) == 0);
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(x[i] - y[i]));
    free(x);
    free(y);
    return largest;
}

static void check(TensorType type, bool same_order)
{
    tensor_scope_begin();
    Tensor *a = tensor_leaf(picture(1, type)), *b = tensor_leaf(picture(2, type));
    Tensor *c = tensor_leaf(tensor_to_type(a, TENSOR_DOUBLE));
    Tensor *d = tensor_leaf(tensor_to_type(b, TENSOR_DOUBLE));
    Tensor *sum = tensor_distance(a, same_order ? b : tensor_channels_last(b));
    Tensor *expected = tensor_sum(tensor_absolute(tensor_subtract(c, d)));
    CHECK_RELATIVE(tensor_item(sum), tensor_item(expected), 1e-7);
    tensor_backward(tensor_affine(sum, 0.375, 0));
    tensor_backward(tensor_affine(expected, 0.375, 0));
    CHECK(largest_difference(tensor_gradient(a), tensor_gradient(c)) == 0);
    CHECK(largest_difference(tensor_gradient(b), tensor_gradient(d)) == 0);
    tensor_scope_end();
    CHECK_NO_ERROR();
}

TEST(distances_and_their_gradients_are_those_of_plain_operations)
{
    check(TENSOR_FLOAT, true);
    check(TENSOR_FLOAT, false);
    check(TENSOR_BF16, true);
    check(TENSOR_DOUBLE, true);
}

/* Nothing but what a gradient was multiplied with: |a - b| is straight on both sides. */
TEST(gradients_of_distances_can_be_recorded)
{
    tensor_scope_begin();
    Tensor *a = tensor_leaf(picture(1, TENSOR_FLOAT)), *b = picture(2, TENSOR_FLOAT);
    Tensor *scale = tensor_leaf(tensor_from_floats((float[]){3}, 1, (int64_t[]){1}));
    Tensor *loss = tensor_multiply(tensor_distance(a, b), scale);
    Tensor *gradient = tensor_gradient_with_graph(tensor_sum(loss), a);
    tensor_backward(tensor_sum(tensor_square(gradient)));
    double signs = tensor_item(tensor_sum(tensor_square(gradient))) / 9; /* how many differ */
    CHECK_RELATIVE(tensor_item(tensor_gradient(scale)), 6 * signs, 1e-6);
    tensor_scope_end();
    CHECK_NO_ERROR();
}

TEST(what_is_no_number_makes_a_distance_none)
{
    if (!tensor_on_processor()) {
        unit_skip("libtorch's own sign makes 0 of it");
        return;
    }
    tensor_scope_begin();
    float values[40] = {0};
    values[7] = NAN;
    Tensor *a = tensor_leaf(tensor_from_floats(values, 1, (int64_t[]){40}));
    values[7] = 1;
    Tensor *sum = tensor_distance(a, tensor_from_floats(values, 1, (int64_t[]){40}));
    CHECK(isnan(tensor_item(sum)));
    tensor_backward(sum);
    CHECK(tensor_to_floats(tensor_gradient(a), values, 40) == 0);
    for (int i = 0; i < 40; i++)
        CHECK(isnan(values[i]) == (i == 7));
    tensor_scope_end();
    CHECK_NO_ERROR();
}
