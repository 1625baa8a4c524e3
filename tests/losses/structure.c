/* Losses of structure, spectrum, gradients and colour: finite differences and what they answer to.
 */
#include "core/error.h"
#include "images.h"
#include "losses/colour.h"
#include "losses/focal_frequency.h"
#include "losses/gradient.h"
#include "losses/ldl.h"
#include "losses/ms_ssim.h"
#include "losses/planes.h"
#include "losses/ssim.h"
#include "tests/unit.h"

TEST(gradient_of_ssim)
{
    check_pair_gradient(loss_ssim, 1, 13, 12);
    check_shares(loss_ssim, 32);
    check_equal_pictures(loss_ssim, 32);
}

/* Beside hr, where structures agree and no factor meets its bound. */
static Tensor *ms_ssim_nearby(Tensor *sr, Tensor *hr, double share)
{
    return loss_ms_ssim(tensor_add(hr, tensor_affine(sr, 0.3, 0)), hr, share);
}

TEST(gradient_of_ms_ssim)
{
    check_pair_gradient(ms_ssim_nearby, 1, 22, 23);
    check_shares(loss_ms_ssim, 48);
    check_equal_pictures(loss_ms_ssim, 48);
}

TEST(ms_ssim_of_opposite_pictures_is_finite)
{
    Image image = test_image(64, 64, 1);
    tensor_scope_begin();
    Tensor *hr = image_tensor(&image), *sr = tensor_leaf(tensor_affine(hr, -1, 1));
    Tensor *loss = loss_ms_ssim(sr, hr, 1);
    CHECK(tensor_backward(loss) == 0);
    CHECK(isfinite(tensor_item(loss)) && tensor_item(loss) > 0.9);
    CHECK(isfinite(tensor_norm(tensor_gradient(sr))));
    tensor_scope_end();
    image_free(&image);
}

TEST(gradient_of_focal_frequency)
{
    /* The weights are constants, which finite differences do not know: compare along weights of
     * one frequency, of which the weight is 1 whatever its size. */
    check_shares(loss_focal_frequency, 32);
    check_equal_pictures(loss_focal_frequency, 32);
    tensor_scope_begin();
    Tensor *hr = tensor_zeros(4, (const int64_t[]){1, 1, 8, 8});
    Tensor *sr = tensor_leaf(tensor_affine(hr, 1, 0.25)); /* one frequency: the constant */
    Tensor *loss = loss_focal_frequency(sr, hr, 1);
    CHECK_NEAR(tensor_item(loss), 0.0625, 1e-7);
    tensor_backward(loss);
    float slope[64];
    CHECK(tensor_to_floats(tensor_gradient(sr), slope, 64) == 0);
    for (int i = 0; i < 64; i++)
        CHECK_NEAR(slope[i], 2 * 0.25 / 64, 1e-7);
    tensor_scope_end();
}

static Tensor *ldl_beside_zero(Tensor *sr, Tensor *hr, double share)
{
    return loss_ldl(sr, hr, tensor_affine(hr, 0.5, 0), share);
}

TEST(gradient_of_ldl)
{
    check_pair_gradient(ldl_beside_zero, 3, 8, 9);
    check_shares(ldl_beside_zero, 32);
    check_equal_pictures(ldl_beside_zero, 32);
}

TEST(ldl_leaves_alone_what_is_nearer_to_the_truth_than_the_average)
{
    Image image = test_image(32, 32, 1), soft = test_image_blurred(&image, 1);
    Image softer = test_image_blurred(&image, 3);
    tensor_scope_begin();
    Tensor *hr = image_tensor(&image), *sr = image_tensor(&soft);
    Tensor *worse = tensor_affine(hr, 1, 0.9);
    CHECK(tensor_item(loss_ldl(sr, hr, worse, 1)) < 1e-7);
    CHECK(tensor_item(loss_ldl(image_tensor(&softer), hr, sr, 1)) > 1e-6);
    tensor_scope_end();
    image_free(&image);
    image_free(&soft);
    image_free(&softer);
}

TEST(gradient_of_the_gradient_loss)
{
    check_pair_gradient(loss_gradient, 3, 6, 7);
    check_shares(loss_gradient, 32);
    check_equal_pictures(loss_gradient, 32);
}

TEST(the_gradient_loss_does_not_see_an_offset)
{
    Image image = test_image(32, 32, 1);
    tensor_scope_begin();
    Tensor *hr = image_tensor(&image);
    CHECK(tensor_item(loss_gradient(tensor_affine(hr, 1, 0.2), hr, 1)) < 1e-7);
    tensor_scope_end();
    image_free(&image);
}

TEST(gradient_of_the_colour_loss)
{
    check_pair_gradient(loss_colour, 3, 6, 7);
    check_shares(loss_colour, 32);
    check_equal_pictures(loss_colour, 32);
}

/* Independent values are averaged away by about 2 sqrt(pi) sigma = 10.6. */
TEST(the_colour_loss_sees_drift_and_not_detail)
{
    enum { EDGE = 48, COUNT = 3 * EDGE * EDGE };
    const int64_t shape[] = {1, 3, EDGE, EDGE};
    float noise[COUNT];
    draw_values(noise, COUNT, 1);
    Image image = test_image(EDGE, EDGE, 1);
    tensor_scope_begin();
    Tensor *hr = image_tensor(&image);
    Tensor *detail = tensor_affine(tensor_from_floats(noise, 4, shape), 0.05, 0);
    double change = tensor_item(tensor_mean(tensor_absolute(detail)));
    CHECK(tensor_item(loss_colour(tensor_add(hr, detail), hr, 1)) < 0.12 * change);
    CHECK_RELATIVE(tensor_item(loss_colour(tensor_affine(hr, 1, change), hr, 1)), change, 1e-4);
    tensor_scope_end();
    image_free(&image);
}

TEST(pictures_smaller_than_a_window_are_refused)
{
    Image image = test_image(10, 40, 1);
    tensor_scope_begin();
    CHECK(loss_ssim(image_tensor(&image), image_tensor(&image), 1) == NULL);
    CHECK_ERROR(ERROR_SHAPE, "SSIM loss: a picture of 10 pixels is too small: at least 11");
    CHECK(loss_ms_ssim(image_tensor(&image), image_tensor(&image), 1) == NULL);
    CHECK_ERROR(ERROR_SHAPE, "MS-SSIM loss: a picture of 10 pixels is too small: at least 11");
    tensor_scope_end();
    planes_forget();
    CHECK(tensor_live() == 0);
    image_free(&image);
}
