/* The perceptual loss on VGG19 with random weights: its value, and its slope along a line. */
#include "losses/vgg.h"

#include <math.h>

#include "core/random.h"
#include "nets/features.h"
#include "tests/unit.h"

enum { EDGE = 16, COUNT = 3 * EDGE * EDGE };

static Vgg *random_vgg(void)
{
    const char *path = unit_scratch("vgg19.safetensors");
    Graph *graph = vgg19_graph();
    Weights *weights = graph_initial_weights(graph, 1);
    REQUIRE(weights != NULL && weights_write(path, weights) == 0);
    weights_free(weights);
    graph_free(graph);
    return vgg_open(path, PRECISION_FP32);
}

static void draw_picture(float *values, int seed)
{
    Random random = random_stream((uint64_t)seed, RANDOM_TEST, 0, 0);
    for (int i = 0; i < COUNT; i++)
        values[i] = (float)random_uniform(&random);
}

static Tensor *picture(const float *values)
{
    return tensor_from_floats(values, 4, (const int64_t[]){1, 3, EDGE, EDGE});
}

/* The loss of sr + distance * direction against hr. */
static double loss_along(Vgg *vgg, const float *sr, const float *direction, float distance,
                         const float *hr)
{
    float moved[COUNT];
    for (int i = 0; i < COUNT; i++)
        moved[i] = sr[i] + distance * direction[i];
    tensor_scope_begin();
    double loss = tensor_item(loss_vgg(vgg, &VGG_REALESRGAN, picture(moved), picture(hr), 1));
    tensor_scope_end();
    return loss;
}

TEST(gradient_of_vgg_features)
{
    float sr[COUNT], hr[COUNT], slope[COUNT];
    const float step = 0x1p-10f;
    draw_picture(sr, 1);
    draw_picture(hr, 2);
    Vgg *vgg = random_vgg();
    REQUIRE(vgg != NULL);
    tensor_scope_begin();
    Tensor *leaf = tensor_leaf(picture(sr));
    tensor_backward(loss_vgg(vgg, &VGG_REALESRGAN, leaf, picture(hr), 1));
    CHECK(tensor_to_floats(tensor_gradient(leaf), slope, COUNT) == 0);
    tensor_scope_end();
    double length = 0;
    for (int i = 0; i < COUNT; i++)
        length += (double)slope[i] * (double)slope[i];
    length = sqrt(length);
    REQUIRE(length > 0);
    for (int i = 0; i < COUNT; i++)
        slope[i] /= (float)length;
    double rise = loss_along(vgg, sr, slope, step, hr) - loss_along(vgg, sr, slope, -step, hr);
    CHECK_NEAR(rise / (2 * (double)step) / length, 1, 0.02);
    vgg_close(vgg);
    CHECK_NO_ERROR();
}

TEST(equal_pictures_have_equal_features_and_shares_add_up)
{
    float sr[COUNT], hr[COUNT];
    draw_picture(sr, 1);
    draw_picture(hr, 2);
    Vgg *vgg = random_vgg();
    REQUIRE(vgg != NULL);
    tensor_scope_begin();
    CHECK(tensor_item(loss_vgg(vgg, &VGG_REALESRGAN, picture(hr), picture(hr), 1)) == 0);
    double whole = tensor_item(loss_vgg(vgg, &VGG_REALESRGAN, picture(sr), picture(hr), 1));
    double part = tensor_item(loss_vgg(vgg, &VGG_REALESRGAN, picture(sr), picture(hr), 0.25));
    CHECK(whole > 0);
    CHECK_NEAR(part / whole, 0.25, 1e-6);
    tensor_scope_end();
    vgg_close(vgg);
    CHECK(tensor_live() == 0);
}

TEST(vgg_layers_and_criteria_are_a_setting)
{
    float sr[COUNT], hr[COUNT];
    draw_picture(sr, 1);
    draw_picture(hr, 2);
    double values[3];
    VggSetting settings[] = {VGG_ESRGAN, VGG_ESRGAN, {{0, 0, 0, 0, 1}, VGG_MSE}};
    settings[1].layers[4] = 3;
    for (int i = 0; i < 3; i++) {
        Vgg *vgg = random_vgg();
        REQUIRE(vgg != NULL);
        tensor_scope_begin();
        values[i] = tensor_item(loss_vgg(vgg, &settings[i], picture(sr), picture(hr), 1));
        tensor_scope_end();
        vgg_close(vgg);
    }
    CHECK_RELATIVE(values[1], 3 * values[0], 1e-6);
    CHECK(values[2] > values[0] * values[0]); /* a mean square is above the square of the mean */
    CHECK_NO_ERROR();
}
