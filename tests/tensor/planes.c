/* Linear maps of planes: the banded product of the processor against libtorch's own in doubles. */
#include "core/error.h"
#include "core/random.h"
#include "tensor/tensor.h"
#include "tests/unit.h"

/* A rows x columns matrix of a few values around the diagonal; width 0 fills it. */
static Tensor *band(int rows, int columns, int width, int seed)
{
    float *values = calloc((size_t)(rows * columns), sizeof *values);
    Random random = random_stream((uint64_t)seed, RANDOM_TEST, 0, 0);
    for (int i = 0; i < rows * columns; i++) {
        int distance = abs(i % columns - i / columns * columns / rows);
        float value = (float)random_uniform(&random) - 0.5f;
        values[i] = width == 0 || distance <= width ? value : 0;
    }
    Tensor *t = tensor_from_floats(values, 2, (const int64_t[]){rows, columns});
    free(values);
    return t;
}

static Tensor *planes(int height, int width)
{
    Tensor *t = band(6 * height, width, 0, 3);
    return tensor_reshape(t, 4, (const int64_t[]){2, 3, height, width});
}

static double largest(Tensor *t)
{
    int64_t count = tensor_count(t);
    double *values = calloc((size_t)count, sizeof *values), worst = 0;
    tensor_to_doubles(t, values, count);
    for (int64_t i = 0; i < count; i++)
        worst = fmax(worst, fabs(values[i]));
    free(values);
    return worst;
}

/* Of the map and of the gradient of its squares, both relative to the largest value. */
static double map_error(int height, int width, int out_height, int out_width, int taps)
{
    tensor_scope_begin();
    Tensor *vertical = band(out_height, height, taps, 1);
    Tensor *horizontal = band(out_width, width, taps, 2);
    Tensor *fast = tensor_leaf(planes(height, width));
    Tensor *plain = tensor_leaf(tensor_to_type(fast, TENSOR_DOUBLE));
    Tensor *a = tensor_linear_planes(fast, vertical, horizontal);
    Tensor *b = tensor_linear_planes(plain, vertical, horizontal);
    CHECK(tensor_extent(a, 2) == out_height && tensor_extent(a, 3) == out_width);
    tensor_backward(tensor_sum(tensor_square(a)));
    tensor_backward(tensor_sum(tensor_square(b)));
    Tensor *slope = tensor_gradient(plain);
    double value = largest(tensor_subtract(a, b)) / largest(b);
    double gradient = largest(tensor_subtract(tensor_gradient(fast), slope)) / largest(slope);
    tensor_scope_end();
    CHECK_NO_ERROR();
    return fmax(value, gradient);
}

TEST(maps_of_planes_agree_with_products_of_matrices)
{
    CHECK(map_error(64, 96, 64, 96, 5) < 1e-6);
    CHECK(map_error(64, 96, 16, 24, 8) < 1e-6);
    CHECK(map_error(17, 33, 68, 99, 2) < 1e-6);
    CHECK(map_error(40, 3, 7, 1, 0) < 1e-6);
    CHECK(map_error(1, 70, 5, 70, 0) < 1e-6);
}

TEST(planes_of_other_extents_than_their_matrices_are_refused)
{
    tensor_scope_begin();
    Tensor *x = planes(8, 8);
    CHECK(tensor_linear_planes(x, band(8, 8, 1, 1), band(8, 9, 1, 1)) == NULL);
    CHECK_ERROR(ERROR_TENSOR, "tensor_linear_planes: planes and matrices have other extents");
    tensor_scope_end();
}

TEST(maps_of_channels_last_planes_are_the_same)
{
    tensor_scope_begin();
    Tensor *x = planes(20, 36), *matrix = band(20, 20, 2, 1), *wide = band(36, 36, 2, 1);
    Tensor *a = tensor_linear_planes(x, matrix, wide);
    Tensor *b = tensor_linear_planes(tensor_channels_last(x), matrix, wide);
    CHECK(largest(tensor_subtract(a, b)) == 0);
    tensor_scope_end();
}

/* d/dx of |d/dx (m(x)^2 summed)|^2 is 8 (m'm)^2 x. */
TEST(maps_of_planes_have_second_derivatives)
{
    tensor_scope_begin();
    Tensor *x = tensor_leaf(planes(12, 36)), *v = band(12, 12, 2, 1), *h = band(36, 36, 2, 2);
    Tensor *loss = tensor_sum(tensor_square(tensor_linear_planes(x, v, h)));
    Tensor *first = tensor_gradient_with_graph(loss, x);
    Tensor *second = tensor_gradient_of(tensor_sum(tensor_square(first)), x);
    Tensor *wide = tensor_leaf(tensor_to_type(x, TENSOR_DOUBLE));
    loss = tensor_sum(tensor_square(tensor_linear_planes(wide, v, h)));
    Tensor *expected = tensor_gradient_with_graph(loss, wide);
    expected = tensor_gradient_of(tensor_sum(tensor_square(expected)), wide);
    CHECK(largest(expected) > 0);
    CHECK(largest(tensor_subtract(second, expected)) < 1e-5 * largest(expected));
    tensor_scope_end();
    CHECK_NO_ERROR();
}

/* Parseval: orthonormal, so energies agree; inner columns count twice. */
TEST(the_power_spectrum_keeps_the_energy)
{
    for (int width = 7; width <= 8; width++) {
        tensor_scope_begin();
        Tensor *x = planes(6, width), *power = tensor_power_spectrum(x);
        int columns = (int)tensor_extent(power, 3), single = width % 2 ? 1 : 2;
        CHECK(columns == width / 2 + 1);
        double all = tensor_item(tensor_sum(power)), ends = 0;
        ends += tensor_item(tensor_sum(tensor_slice(power, 3, 0, 1)));
        if (single == 2)
            ends += tensor_item(tensor_sum(tensor_slice(power, 3, columns - 1, 1)));
        CHECK_RELATIVE(2 * all - ends, tensor_item(tensor_sum(tensor_square(x))), 1e-5);
        tensor_scope_end();
    }
    CHECK_NO_ERROR();
}

/* The second derivative of the processor's own PReLU against libtorch's in doubles, whose planes
 * are contiguous: with channels last, libtorch 1.13's is wrong. */
static void second_of_prelu(TensorType type, Tensor **of_x, Tensor **of_slopes)
{
    Tensor *x = planes(5, 6);
    x = tensor_leaf(tensor_to_type(type == TENSOR_DOUBLE ? x : tensor_channels_last(x), type));
    Tensor *slopes = tensor_from_floats((float[]){0.1f, -0.4f, 0.7f}, 1, (const int64_t[]){3});
    slopes = tensor_leaf(type == TENSOR_DOUBLE ? tensor_to_type(slopes, type) : slopes);
    Tensor *cube = tensor_multiply(tensor_prelu(x, slopes), tensor_square(x));
    Tensor *first = tensor_gradient_with_graph(tensor_sum(cube), x);
    Tensor *loss = tensor_sum(tensor_square(first));
    *of_x = tensor_gradient_of(loss, x);
    *of_slopes = tensor_gradient_of(loss, slopes);
}

TEST(prelu_has_second_derivatives)
{
    if (strcmp(tensor_version(), "libtorch 2") < 0 && strstr(tensor_version(), "cuda")) {
        unit_skip("libtorch 1's own are wrong");
        return;
    }
    tensor_scope_begin();
    Tensor *x, *slopes, *exact_x, *exact_slopes, *rough_x, *rough_slopes;
    second_of_prelu(TENSOR_DOUBLE, &exact_x, &exact_slopes);
    second_of_prelu(TENSOR_FLOAT, &x, &slopes);
    second_of_prelu(TENSOR_BF16, &rough_x, &rough_slopes);
    CHECK(largest(exact_slopes) > 0);
    CHECK(largest(tensor_subtract(x, exact_x)) < 1e-5 * largest(exact_x));
    CHECK(largest(tensor_subtract(slopes, exact_slopes)) < 1e-5 * largest(exact_slopes));
    CHECK(largest(tensor_subtract(rough_x, exact_x)) < 0.05 * largest(exact_x));
    CHECK(largest(tensor_subtract(rough_slopes, exact_slopes)) < 0.05 * largest(exact_slopes));
    tensor_scope_end();
    CHECK_NO_ERROR();
}
