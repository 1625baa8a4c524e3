/* LPIPS as a loss, with random weights: its values are the measure's, its slope is right. */
#include "losses/lpips.h"

#include <sys/stat.h>

#include "core/error.h"
#include "images.h"
#include "losses/planes.h"
#include "nets/features.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

enum { EDGE = 48, COUNT = 3 * EDGE * EDGE };

/* A folder with AlexNet's weights; linear ones are not negative. */
static const char *weights_folder(void)
{
    static char folder[4096], path[4200];
    snprintf(folder, sizeof folder, "%s", unit_scratch("lpips"));
    mkdir(folder, 0777);
    Graph *graph = lpips_alexnet_graph();
    Weights *backbone = formula_weights(graph), *linear = weights_new();
    for (int i = 0; i < graph->tap_count; i++) {
        char key[32];
        snprintf(key, sizeof key, "lin%d.model.1.weight", i);
        const int64_t shape[] = {1, graph->taps[i]->channels, 1, 1};
        Weight *w = weights_add(linear, key, 4, shape);
        for (int64_t c = 0; c < w->count; c++)
            w->values[c] = fabsf(formula_value((uint32_t)c, (uint32_t)i, 6, false));
    }
    snprintf(path, sizeof path, "%s/alexnet.safetensors", folder);
    CHECK(weights_write(path, backbone) == 0);
    snprintf(path, sizeof path, "%s/lpips-v0.1-alex.safetensors", folder);
    CHECK(weights_write(path, linear) == 0);
    weights_free(backbone);
    weights_free(linear);
    graph_free(graph);
    return folder;
}

static Lpips *alex(Precision precision)
{
    Lpips *lpips = lpips_require(weights_folder(), LPIPS_ALEX, precision);
    REQUIRE(lpips != NULL);
    return lpips;
}

/* A clean picture and a blurred one, tensors of the innermost scope. */
static void draw_pair(uint32_t index, Tensor **hr, Tensor **sr)
{
    Image clean = test_image(EDGE, EDGE, index), soft = test_image_blurred(&clean, 1.5);
    *hr = image_tensor(&clean);
    *sr = image_tensor(&soft);
    image_free(&clean);
    image_free(&soft);
}

TEST(the_lpips_loss_is_the_mean_of_the_distances_that_eval_reports)
{
    Lpips *lpips = alex(PRECISION_FP32);
    tensor_scope_begin();
    Tensor *hr[2], *sr[2];
    double distances[2];
    for (int i = 0; i < 2; i++) {
        draw_pair((uint32_t)i, &hr[i], &sr[i]);
        CHECK(lpips_distance(lpips, sr[i], hr[i], &distances[i], NULL) == 0);
    }
    Tensor *all_hr = tensor_concat(hr, 2, 0), *all_sr = tensor_concat(sr, 2, 0);
    double loss = tensor_item(loss_lpips(lpips, all_sr, all_hr, 0.5));
    CHECK(distances[0] > 0 && distances[0] != distances[1]);
    CHECK_RELATIVE(loss, (distances[0] + distances[1]) / 4, 1e-5);
    tensor_scope_end();
    lpips_free(lpips);
    CHECK_NO_ERROR();
    CHECK(tensor_live() == 0);
}

TEST(gradient_of_lpips)
{
    const float step = 0x1p-9f;
    Lpips *lpips = alex(PRECISION_FP32);
    tensor_scope_begin();
    Tensor *hr, *sr;
    draw_pair(1, &hr, &sr);
    Tensor *leaf = tensor_leaf(sr);
    tensor_backward(loss_lpips(lpips, leaf, hr, 1));
    Tensor *slope = tensor_gradient(leaf);
    double length = sqrt(tensor_item(tensor_sum(tensor_square(slope))));
    REQUIRE(length > 0);
    Tensor *way = tensor_affine(slope, (double)step / length, 0);
    double above = tensor_item(loss_lpips(lpips, tensor_add(sr, way), hr, 1));
    double below = tensor_item(loss_lpips(lpips, tensor_subtract(sr, way), hr, 1));
    CHECK_RELATIVE((above - below) / (2 * (double)step), length, 0.02);
    tensor_scope_end();
    lpips_free(lpips);
    CHECK_NO_ERROR();
}

TEST(lpips_of_equal_and_of_black_pictures_has_a_finite_gradient)
{
    Lpips *lpips = alex(PRECISION_FP32);
    tensor_scope_begin();
    Tensor *hr, *sr;
    draw_pair(1, &hr, &sr);
    Tensor *black = tensor_affine(hr, 0, 0), *cases[][2] = {{hr, hr}, {black, hr}, {hr, black}};
    for (int i = 0; i < 3; i++) {
        Tensor *leaf = tensor_leaf(cases[i][0]), *loss = loss_lpips(lpips, leaf, cases[i][1], 1);
        CHECK(tensor_backward(loss) == 0);
        CHECK(isfinite(tensor_norm(tensor_gradient(leaf))));
        CHECK(i > 0 || tensor_item(loss) == 0);
    }
    tensor_scope_end();
    lpips_free(lpips);
    CHECK_NO_ERROR();
}

TEST(lpips_in_bf16_is_near_that_in_fp32)
{
    Lpips *exact = alex(PRECISION_FP32), *rough = alex(PRECISION_BF16);
    tensor_scope_begin();
    Tensor *hr, *sr;
    draw_pair(1, &hr, &sr);
    double a = tensor_item(loss_lpips(exact, sr, hr, 1));
    CHECK_RELATIVE(tensor_item(loss_lpips(rough, sr, hr, 1)), a, 0.05);
    tensor_scope_end();
    lpips_free(exact);
    lpips_free(rough);
}

TEST(lpips_says_which_weights_it_looks_for)
{
    CHECK(lpips_require(weights_folder(), LPIPS_VGG, PRECISION_FP32) == NULL);
    CHECK_ERROR(
        ERROR_FILE,
        "LPIPS vgg lacks vgg16*.pth and lpips-v0.1-vgg.pth: `unmush weights fetch lpips-vgg`");
}
