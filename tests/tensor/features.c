/* What LPIPS and DISTS do with features, against the same composed of plain operations. */
#include "core/error.h"
#include "tensor/tensor.h"
#include "tests/unit.h"

enum { N = 2, H = 5, W = 7 };

/* (N,C,H,W), positive and negative values. */
static Tensor *features(int channels, double step)
{
    const int64_t shape[] = {N, channels, H, W};
    int count = N * channels * H * W;
    float *values = calloc((size_t)count, sizeof *values);
    for (int i = 0; i < count; i++)
        values[i] = (float)(sin(step * i) + 0.3 * cos(0.7 * i));
    Tensor *t = tensor_from_floats(values, 4, shape);
    free(values);
    return t;
}

static double largest_difference(Tensor *a, Tensor *b)
{
    int64_t count = tensor_count(a);
    REQUIRE(a && b && tensor_count(b) == count);
    float *x = calloc((size_t)count, sizeof *x), *y = calloc((size_t)count, sizeof *y);
    REQUIRE(tensor_to_floats(a, x, count) == 0 && tensor_to_floats(b, y, count) == 0);
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)x[i] - y[i]));
    free(x);
    free(y);
    return largest;
}

static Tensor *composed_unit(Tensor *x)
{
    Tensor *length = tensor_root(tensor_sum_axis(tensor_square(x), 1));
    return tensor_divide(x, tensor_affine(length, 1, 1e-10));
}

static void check_distances(int channels)
{
    tensor_scope_begin();
    Tensor *a = features(channels, 0.31), *b = tensor_channels_last(features(channels, 0.47));
    float *factors = calloc((size_t)channels, sizeof *factors);
    for (int c = 0; c < channels; c++)
        factors[c] = 0.1f + 0.01f * (float)c;
    Tensor *weights = tensor_from_floats(factors, 4, (const int64_t[]){1, channels, 1, 1});
    Tensor *unit = tensor_unit_pixels(a);
    CHECK(largest_difference(unit, composed_unit(a)) < 1e-6);
    Tensor *squares = tensor_square(tensor_subtract(composed_unit(a), composed_unit(b)));
    Tensor *expected = tensor_sum_axis(tensor_multiply(squares, weights), 1);
    CHECK(largest_difference(tensor_unit_distances(unit, b, weights), expected) < 2e-6);
    Tensor *none = tensor_unit_distances(unit, a, weights);
    CHECK(tensor_count(none) == N * H * W && tensor_item(tensor_sum(none)) == 0);
    free(factors);
    tensor_scope_end();
    CHECK_NO_ERROR();
}

TEST(distances_of_unit_vectors_are_those_of_plain_operations)
{
    check_distances(3);
    check_distances(37);
    check_distances(64);
}

TEST(a_vector_without_length_is_no_division_by_zero)
{
    tensor_scope_begin();
    const int64_t shape[] = {1, 20, 2, 2};
    Tensor *nothing = tensor_zeros(4, shape), *weights = tensor_zeros(1, (const int64_t[]){20});
    tensor_fill(weights, 1);
    Tensor *unit = tensor_unit_pixels(nothing);
    CHECK(tensor_item(tensor_sum(unit)) == 0);
    CHECK(tensor_item(tensor_sum(tensor_unit_distances(unit, nothing, weights))) == 0);
    tensor_scope_end();
    CHECK_NO_ERROR();
}

TEST(features_of_other_extents_are_not_compared)
{
    tensor_scope_begin();
    Tensor *a = features(3, 0.3), *b = features(4, 0.3);
    CHECK(tensor_unit_distances(a, b, tensor_zeros(1, (const int64_t[]){4})) == NULL);
    CHECK_ERROR(ERROR_TENSOR, "tensor_unit_distances");
    CHECK(tensor_channel_sums(a, b) == NULL);
    CHECK_ERROR(ERROR_TENSOR, "tensor_channel_sums");
    tensor_scope_end();
}

static void check_sums(int channels)
{
    tensor_scope_begin();
    Tensor *x = features(channels, 0.31), *y = features(channels, 0.47);
    double *sums = calloc((size_t)(N * 3 * channels), sizeof *sums);
    REQUIRE(tensor_to_doubles(tensor_channel_sums(x, y), sums, N * 3 * channels) == 0);
    Tensor *products[3] = {x, tensor_square(x), tensor_multiply(x, y)};
    for (int i = 0; i < N * 3 * channels; i++) {
        int n = i / (3 * channels), k = i / channels % 3, c = i % channels;
        Tensor *plane = tensor_slice(tensor_slice(products[k], 0, n, 1), 1, c, 1);
        CHECK_NEAR(sums[i], tensor_item(tensor_sum(plane)), 2e-5);
    }
    free(sums);
    tensor_scope_end();
    CHECK_NO_ERROR();
}

TEST(sums_of_channels_are_those_of_plain_operations)
{
    check_sums(3);
    check_sums(19);
}

TEST(pooling_by_squares_weighs_with_a_hanning_window_and_halves_upwards)
{
    const float window[3] = {0.25f, 0.5f, 0.25f};
    tensor_scope_begin();
    Tensor *x = features(6, 0.31), *pooled = tensor_l2_pool(x);
    const int height = (H + 1) / 2, width = (W + 1) / 2;
    float in[N * 6 * H * W], out[N * 6 * ((H + 1) / 2) * ((W + 1) / 2)];
    REQUIRE(tensor_to_floats(x, in, N * 6 * H * W) == 0);
    REQUIRE(tensor_to_floats(pooled, out, N * 6 * height * width) == 0);
    for (int i = 0; i < N * 6 * height * width; i++) {
        int plane = i / (height * width), row = i / width % height, column = i % width;
        double sum = 1e-12;
        for (int k = 0; k < 9; k++) {
            int v = 2 * row + k / 3 - 1, u = 2 * column + k % 3 - 1;
            if (v >= 0 && v < H && u >= 0 && u < W)
                sum += window[k / 3] * window[k % 3] * pow(in[(plane * H + v) * W + u], 2);
        }
        CHECK_NEAR(out[i], sqrt(sum), 1e-6);
    }
    tensor_scope_end();
    CHECK_NO_ERROR();
}

TEST(what_is_computed_for_gradients_is_what_is_computed_without)
{
    tensor_scope_begin();
    Tensor *x = features(18, 0.31), *leaf = tensor_leaf(x);
    CHECK(largest_difference(tensor_l2_pool(x), tensor_detach(tensor_l2_pool(leaf))) < 1e-6);
    CHECK(largest_difference(tensor_unit_pixels(x), tensor_detach(tensor_unit_pixels(leaf))) <
          1e-6);
    tensor_scope_end();
    CHECK_NO_ERROR();
}
