/* The detail and consistency losses: their numbers are eval's, and they punish what they should. */
#include "losses/detail.h"

#include "core/error.h"
#include "data/resample.h"
#include "eval/detail.h"
#include "images.h"
#include "losses/consistency.h"
#include "losses/planes.h"
#include "tests/unit.h"

/* Parts of the loss, each found by its weight: exaggerated + lost L + invented I. */
typedef struct Parts {
    double lost, exaggerated, invented;
} Parts;

static double detail_with(const Image *sr, const Image *hr, int scale, double lost, double invented)
{
    tensor_scope_begin();
    double value =
        tensor_item(loss_detail(image_tensor(sr), image_tensor(hr), scale, lost, invented, 1));
    tensor_scope_end();
    return value;
}

static Parts loss_parts(const Image *sr, const Image *hr, int scale)
{
    double neither = detail_with(sr, hr, scale, 0, 0);
    return (Parts){.lost = detail_with(sr, hr, scale, 1, 0) - neither,
                   .exaggerated = neither,
                   .invented = detail_with(sr, hr, scale, 0, 1) - neither};
}

static Plane detail_plane(const Image *image, int scale)
{
    Plane luma = image_luma(image), detail = detail_of(&luma, scale, NULL);
    plane_free(&luma);
    return detail;
}

/* The same by eval's maps. */
static Parts eval_parts(const Image *sr, const Image *hr, int scale)
{
    Plane truth = detail_plane(hr, scale), judged = detail_plane(sr, scale);
    Plane energy = detail_product(&truth, &truth, scale);
    DetailMaps maps = detail_decompose(&truth, &energy, &judged, scale);
    DetailSums sums = detail_sum(&maps, &energy, 0);
    double divisor = sums.truth + hr->width * hr->height;
    detail_maps_free(&maps);
    plane_free(&truth);
    plane_free(&judged);
    plane_free(&energy);
    return (Parts){sums.lost / divisor, sums.exaggerated / divisor, sums.invented / divisor};
}

static void check_parts(const Image *sr, const Image *hr, int scale)
{
    Parts loss = loss_parts(sr, hr, scale), eval = eval_parts(sr, hr, scale);
    double whole = eval.lost + eval.exaggerated + eval.invented;
    CHECK_NEAR(loss.lost, eval.lost, 1e-5 * whole);
    CHECK_NEAR(loss.exaggerated, eval.exaggerated, 1e-5 * whole);
    CHECK_NEAR(loss.invented, eval.invented, 1e-5 * whole);
}

TEST(the_detail_loss_has_the_numbers_of_the_decomposition)
{
    for (int scale = 2; scale <= 4; scale++) {
        Image hr = test_image(24 * scale, 18 * scale, (uint32_t)scale);
        Image soft = test_image_blurred(&hr, 1), noisy = test_image_noisy(&hr, 8);
        Image both = test_image_noisy(&soft, 4), other = test_image(24 * scale, 18 * scale, 9);
        check_parts(&soft, &hr, scale);
        check_parts(&noisy, &hr, scale);
        check_parts(&both, &hr, scale);
        check_parts(&other, &hr, scale);
        check_parts(&hr, &soft, scale); /* exaggerated */
        Image images[] = {hr, soft, noisy, both, other};
        for (int i = 0; i < 5; i++)
            image_free(&images[i]);
    }
    CHECK_NO_ERROR();
}

TEST(blur_reads_as_lost_and_noise_as_invented)
{
    Image hr = test_image(96, 96, 1);
    Image soft = test_image_blurred(&hr, 3), noisy = test_image_noisy(&hr, 12);
    Parts blur = loss_parts(&soft, &hr, 4), noise = loss_parts(&noisy, &hr, 4);
    CHECK(blur.lost > 10 * (blur.invented + blur.exaggerated));
    CHECK(noise.invented > 10 * (noise.lost + noise.exaggerated));
    image_free(&hr);
    image_free(&soft);
    image_free(&noisy);
}

static Tensor *balanced(Tensor *sr, Tensor *hr, double share)
{
    return loss_detail(sr, hr, 2, 1, 1, share);
}

static Tensor *uneven(Tensor *sr, Tensor *hr, double share)
{
    return loss_detail(sr, hr, 2, 9, 0.5, share);
}

static Tensor *fearless(Tensor *sr, Tensor *hr, double share)
{
    return loss_detail(sr, hr, 4, 3, 1, share);
}

TEST(gradient_of_the_detail_loss)
{
    check_pair_gradient(balanced, 3, 8, 10);
    check_pair_gradient(uneven, 3, 8, 10);
    check_pair_gradient(fearless, 3, 8, 12);
}

TEST(the_true_detail_costs_nothing)
{
    check_equal_pictures(uneven, 32);
}

/* Flat on the left, so that hh falls through every magnitude down to zero. */
TEST(the_gradient_of_the_detail_loss_is_bounded_where_the_truth_has_no_detail)
{
    Image hr = test_image(96, 48, 1), noisy = test_image_noisy(&hr, 8);
    for (int y = 0; y < 48; y++)
        memset(hr.rgb + (size_t)y * 96 * 3, 90, 64 * 3);
    float *slopes[2];
    for (int i = 0; i < 2; i++) {
        tensor_scope_begin();
        Tensor *sr = tensor_leaf(image_tensor(&noisy));
        slopes[i] = calloc(3 * 96 * 48, sizeof *slopes[i]);
        double lost = i == 0 ? 1 : 9, invented = i == 0 ? 1 : 0.25;
        CHECK(tensor_backward(loss_detail(sr, image_tensor(&hr), 4, lost, invented, 1)) == 0);
        CHECK(tensor_to_floats(tensor_gradient(sr), slopes[i], 3 * 96 * 48) == 0);
        tensor_scope_end();
    }
    float plain = 0, weighed = 0;
    bool finite = true;
    for (int i = 0; i < 3 * 96 * 48; i++) {
        plain = fmaxf(plain, fabsf(slopes[0][i]));
        weighed = fmaxf(weighed, fabsf(slopes[1][i]));
        finite &= isfinite(slopes[1][i]);
    }
    CHECK(finite);
    CHECK(weighed < 9 * plain);
    free(slopes[0]);
    free(slopes[1]);
    image_free(&hr);
    image_free(&noisy);
}

static Tensor *consistency(Tensor *sr, Tensor *hr, double share)
{
    return loss_consistency(sr, hr, 2, share);
}

TEST(gradient_of_the_consistency_loss)
{
    check_pair_gradient(consistency, 3, 8, 10);
    check_shares(consistency, 32);
    check_equal_pictures(consistency, 32);
}

/* (H,W) of red as a plane in 0..255. */
static Plane red_of(const Image *image)
{
    Plane plane = plane_new(image->width, image->height);
    for (int i = 0; i < image->width * image->height; i++)
        plane.values[i] = image->rgb[3 * i];
    return plane;
}

TEST(the_consistency_loss_shrinks_as_eval_does)
{
    Image hr = test_image(48, 36, 1), sr = test_image_blurred(&hr, 2);
    double expected = 0;
    for (int i = 0; i < 48 * 36 * 3; i++)
        if (i % 3 != 0)
            sr.rgb[i] = hr.rgb[i]; /* only red differs */
    Plane a = red_of(&hr), b = red_of(&sr);
    Plane low_a = plane_resample(&a, 12, 9, KERNEL_BICUBIC);
    Plane low_b = plane_resample(&b, 12, 9, KERNEL_BICUBIC);
    for (int i = 0; i < 12 * 9; i++)
        expected += fabs((double)low_a.values[i] - (double)low_b.values[i]) / (255 * 3 * 12 * 9);
    tensor_scope_begin();
    Tensor *loss = loss_consistency(image_tensor(&sr), image_tensor(&hr), 4, 1);
    CHECK(expected > 0);
    CHECK_RELATIVE(tensor_item(loss), expected, 1e-4);
    tensor_scope_end();
    Plane planes[] = {a, b, low_a, low_b};
    for (int i = 0; i < 4; i++)
        plane_free(&planes[i]);
    image_free(&hr);
    image_free(&sr);
}

/* 1 and -1 like the squares of a chess board, in every channel. */
static Tensor *checkers(int edge)
{
    float *values = calloc((size_t)(3 * edge * edge), sizeof *values);
    for (int i = 0; i < 3 * edge * edge; i++)
        values[i] = (i + i / edge) % 2 ? 1 : -1;
    Tensor *t = tensor_from_floats(values, 4, (const int64_t[]){1, 3, edge, edge});
    free(values);
    return t;
}

TEST(consistency_leaves_detail_free_and_forbids_drift)
{
    Image hr = test_image(96, 96, 2);
    tensor_scope_begin();
    Tensor *x = image_tensor(&hr);
    Tensor *detailed = tensor_add(x, tensor_affine(checkers(96), 0.1, 0));
    CHECK(tensor_item(loss_consistency(detailed, x, 4, 1)) < 0.001);
    double drifted = tensor_item(loss_consistency(tensor_affine(x, 1, 0.1), x, 4, 1));
    CHECK_RELATIVE(drifted, 0.1, 1e-4);
    tensor_scope_end();
    image_free(&hr);
}

TEST(extents_that_are_no_multiples_of_the_scale_are_refused)
{
    Image image = test_image(30, 32, 1);
    tensor_scope_begin();
    CHECK(loss_consistency(image_tensor(&image), image_tensor(&image), 4, 1) == NULL);
    CHECK_ERROR(ERROR_SHAPE,
                "consistency loss: an extent of 30 pixels is no multiple of the scale 4");
    CHECK(loss_detail(image_tensor(&image), image_tensor(&image), 4, 1, 1, 1) == NULL);
    CHECK_ERROR(ERROR_SHAPE, "detail loss: an extent of 30 pixels is no multiple of the scale 4");
    tensor_scope_end();
    image_free(&image);
    planes_forget();
    CHECK(tensor_live() == 0);
}
