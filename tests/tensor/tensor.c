#include "tensor/tensor.h"
#include "core/error.h"
#include "tests/unit.h"

static Tensor *row(int count, const float *values)
{
    return tensor_from_floats(values, 1, (int64_t[]){count});
}

TEST(scopes_free_what_they_own)
{
    int64_t before = tensor_live();
    tensor_scope_begin();
    Tensor *owned = tensor_own(row(2, (float[]){1, 2}));
    tensor_scope_begin();
    Tensor *kept = tensor_keep(row(2, (float[]){3, 4}));
    row(2, (float[]){5, 6});
    tensor_scope_end();
    CHECK(tensor_live() == before + 2);
    CHECK(tensor_item(tensor_sum(kept)) == 7);
    tensor_scope_end();
    CHECK(tensor_live() == before + 1);
    tensor_scope_begin();
    CHECK(tensor_item(tensor_slice(owned, 0, 1, 1)) == 2);
    tensor_scope_end();
    tensor_free(owned);
    CHECK(tensor_live() == before);
}

TEST(a_failed_operation_silences_the_rest)
{
    tensor_scope_begin();
    Tensor *a = row(2, (float[]){1, 2}), *b = row(3, (float[]){1, 2, 3});
    Tensor *c = tensor_add(a, b);
    CHECK(c == NULL);
    CHECK(tensor_multiply(c, a) == NULL);
    CHECK(tensor_add(a, a) == NULL);
    CHECK_ERROR(ERROR_TENSOR, "tensor_add");
    CHECK(tensor_add(a, NULL) == NULL);
    CHECK_ERROR(ERROR_TENSOR, "operand is missing");
    tensor_scope_end();
}

TEST(rgb_bytes_survive_the_way_through_a_tensor)
{
    uint8_t rgb[2 * 3 * 5 * 3], back[sizeof rgb];
    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (uint8_t)(i * 7);
    tensor_scope_begin();
    Tensor *t = tensor_from_rgb(rgb, 2, 3, 5);
    CHECK(tensor_extent(t, 1) == 3 && tensor_extent(t, 2) == 3 && tensor_extent(t, 3) == 5);
    CHECK(tensor_to_rgb(t, back) == 0);
    CHECK(memcmp(rgb, back, sizeof rgb) == 0);
    tensor_scope_end();
}

TEST(parameters_gather_gradients_in_a_flat_vector)
{
    tensor_scope_begin();
    Tensor *values = row(4, (float[]){1, 2, 3, 4});
    Tensor *gradients = tensor_zeros(1, (int64_t[]){4});
    Tensor *p = tensor_parameter(values, gradients, 1, 1, (int64_t[]){2});
    for (int i = 0; i < 2; i++) /* gradients add up */
        CHECK(tensor_backward(tensor_sum(tensor_square(p))) == 0);
    float g[4];
    CHECK(tensor_to_floats(gradients, g, 4) == 0);
    CHECK(g[0] == 0 && g[1] == 8 && g[2] == 12 && g[3] == 0);
    CHECK(tensor_set_floats(values, (float[]){5, 6, 7, 8}, 4) == 0);
    CHECK(tensor_item(tensor_sum(p)) == 13);
    tensor_scope_end();
}

/* d sum(weights . f(x)) / dx by central differences in double precision. */
static void check_gradient(Tensor *(*f)(Tensor *), int rank, const int64_t *shape)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    float *x = calloc((size_t)count, sizeof *x);
    double *gradient = calloc((size_t)count, sizeof *gradient);
    for (int64_t i = 0; i < count; i++)
        x[i] = (float)(0.31 * (double)(i % 11) - 1.27 + 0.013 * (double)i);
    tensor_scope_begin();
    Tensor *leaf = tensor_leaf(tensor_to_type(tensor_from_floats(x, rank, shape), TENSOR_DOUBLE));
    CHECK(tensor_backward(tensor_sum(tensor_square(f(leaf)))) == 0);
    CHECK(tensor_to_doubles(tensor_gradient(leaf), gradient, count) == 0);
    for (int64_t i = 0; i < count; i += 1 + count / 7) {
        double sums[2];
        for (int side = 0; side < 2; side++) {
            float saved = x[i];
            x[i] = saved + (side ? 0.0009765625f : -0.0009765625f);
            Tensor *t = tensor_to_type(tensor_from_floats(x, rank, shape), TENSOR_DOUBLE);
            sums[side] = tensor_item(tensor_sum(tensor_square(f(t))));
            x[i] = saved;
        }
        double expected = (sums[1] - sums[0]) / (2 * 0.0009765625);
        CHECK_NEAR(gradient[i], expected, 1e-3 * (1 + fabs(expected)));
    }
    tensor_scope_end();
    free(x);
    free(gradient);
    CHECK_NO_ERROR();
}

static Tensor *shuffle2(Tensor *x)
{
    return tensor_pixel_shuffle(x, 2);
}

static Tensor *bilinear2(Tensor *x)
{
    return tensor_bilinear(x, 2);
}

static Tensor *prelu(Tensor *x)
{
    const int64_t channels = tensor_extent(x, 1);
    float slopes[16];
    for (int64_t i = 0; i < channels; i++)
        slopes[i] = 0.1f * (float)i;
    return tensor_prelu(x, tensor_to_type(tensor_from_floats(slopes, 1, &channels), TENSOR_DOUBLE));
}

static Tensor *spectral(Tensor *x)
{
    const int64_t rows = tensor_extent(x, 0), columns = tensor_count(x) / rows;
    float u[16], v[64];
    for (int64_t i = 0; i < rows; i++)
        u[i] = 1 / sqrtf((float)rows);
    for (int64_t i = 0; i < columns; i++)
        v[i] = 1 / sqrtf((float)columns);
    return tensor_spectral(x, tensor_to_type(tensor_from_floats(u, 1, &rows), TENSOR_DOUBLE),
                           tensor_to_type(tensor_from_floats(v, 1, &columns), TENSOR_DOUBLE),
                           false);
}

static Tensor *repeat3(Tensor *x)
{
    return tensor_repeat_channels(x, 3);
}

static Tensor *add_scaled(Tensor *x)
{
    return tensor_add_scaled(tensor_square(x), x, -0.3);
}

TEST(gradients_of_layers_agree_with_finite_differences)
{
    const int64_t image[] = {2, 4, 3, 5}, weight[] = {4, 2, 3, 3};
    check_gradient(shuffle2, 4, image);
    check_gradient(bilinear2, 4, image);
    check_gradient(prelu, 4, image);
    check_gradient(spectral, 4, weight);
    check_gradient(tensor_softplus, 4, image);
    check_gradient(tensor_sigmoid, 4, image);
    check_gradient(tensor_silu, 4, image);
    check_gradient(tensor_mish, 4, image);
    check_gradient(tensor_gelu, 4, image);
    check_gradient(repeat3, 4, image);
    check_gradient(add_scaled, 4, image);
    check_gradient(tensor_l2_pool, 4, image);
}

TEST(smooth_activations_have_the_textbook_values)
{
    static const float x[] = {-3, -0.5f, 0, 0.25f, 4};
    tensor_scope_begin();
    Tensor *t = row(5, x);
    Tensor *curves[] = {tensor_sigmoid(t), tensor_silu(t), tensor_mish(t), tensor_gelu(t)};
    float y[4][5];
    for (int i = 0; i < 4; i++)
        CHECK(tensor_to_floats(curves[i], y[i], 5) == 0);
    for (int i = 0; i < 5; i++) {
        double v = (double)x[i], sigmoid = 1 / (1 + exp(-v));
        CHECK_NEAR(y[0][i], sigmoid, 1e-6);
        CHECK_NEAR(y[1][i], v * sigmoid, 1e-6);
        CHECK_NEAR(y[2][i], v * tanh(log1p(exp(v))), 1e-6);
        CHECK_NEAR(y[3][i], v * 0.5 * (1 + erf(v / sqrt(2))), 1e-6);
    }
    tensor_scope_end();
}

TEST(repeated_channels_lie_side_by_side)
{
    float y[6];
    tensor_scope_begin();
    Tensor *x = tensor_from_floats((float[]){1, 2}, 4, (int64_t[]){1, 2, 1, 1});
    CHECK(tensor_to_floats(tensor_repeat_channels(x, 3), y, 6) == 0);
    for (int i = 0; i < 6; i++)
        CHECK(y[i] == (float)(1 + i / 3));
    tensor_scope_end();
}

TEST(prelu_in_channels_last_bf16_agrees_with_the_plain_one)
{
    enum { N = 2, C = 32, H = 5, W = 7, COUNT = N * C * H * W };
    const int64_t shape[] = {N, C, H, W}, channels = C;
    float x[COUNT], slopes[C], plain[COUNT], fast[COUNT], dx[2][COUNT], ds[2][C];
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)((i * 37) % 255 - 127) / 64; /* exact in bf16 */
    for (int i = 0; i < C; i++)
        slopes[i] = (float)(i - 8) / 32;
    for (int way = 0; way < 2; way++) {
        TensorType type = way ? TENSOR_BF16 : TENSOR_FLOAT;
        tensor_scope_begin();
        Tensor *leaf = tensor_leaf(tensor_from_floats(x, 4, shape));
        Tensor *slope = tensor_leaf(tensor_from_floats(slopes, 1, &channels));
        Tensor *y = tensor_prelu(tensor_to_type(way ? tensor_channels_last(leaf) : leaf, type),
                                 tensor_to_type(slope, type));
        CHECK(tensor_to_floats(y, way ? fast : plain, COUNT) == 0);
        CHECK(tensor_backward(tensor_sum(tensor_square(tensor_to_type(y, TENSOR_FLOAT)))) == 0);
        CHECK(tensor_to_floats(tensor_gradient(leaf), dx[way], COUNT) == 0);
        CHECK(tensor_to_floats(tensor_gradient(slope), ds[way], C) == 0);
        tensor_scope_end();
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK_NEAR(fast[i], plain[i], 0.01 * (0.01 + fabs(plain[i])));
        CHECK_NEAR(dx[1][i], dx[0][i], 0.02 * (0.01 + fabs(dx[0][i])));
    }
    for (int i = 0; i < C; i++)
        CHECK_NEAR(ds[1][i], ds[0][i], 0.02 * (1 + fabs(ds[0][i])));
}
