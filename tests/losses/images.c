#include "images.h"

#include "core/random.h"
#include "data/resample.h"
#include "data/synth.h"
#include "losses/planes.h"
#include "tests/unit.h"

Image test_image(int width, int height, uint32_t index)
{
    return synth_picture(7, index, width, height);
}

static uint8_t level(double value)
{
    return (uint8_t)fmin(fmax(floor(value + 0.5), 0), 255);
}

Image test_image_noisy(const Image *image, double sigma)
{
    Image noisy = image_copy(image);
    Random random = random_stream(3, RANDOM_TEST, 0, 0);
    for (int i = 0; i < 3 * image->width * image->height; i++)
        noisy.rgb[i] = level(image->rgb[i] + sigma * random_normal(&random));
    return noisy;
}

Image test_image_blurred(const Image *image, double sigma)
{
    Image blurred = image_copy(image);
    Plane plane = plane_new(image->width, image->height);
    int count = image->width * image->height;
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < count; i++)
            plane.values[i] = image->rgb[3 * i + c];
        Plane soft = plane_gaussian(&plane, sigma, (int)ceil(4 * sigma));
        for (int i = 0; i < count; i++)
            blurred.rgb[3 * i + c] = level(soft.values[i]);
        plane_free(&soft);
    }
    plane_free(&plane);
    return blurred;
}

Tensor *image_tensor(const Image *image)
{
    return tensor_from_rgb(image->rgb, 1, image->height, image->width);
}

/* ---- Gradients --------------------------------------------------------------------------------
 */

typedef struct Pair {
    LossOfPair loss;
    const float *hr;
    int64_t shape[4];
} Pair;

static Tensor *shaped(Tensor *vector, const Pair *pair)
{
    return tensor_reshape(vector, 4, pair->shape);
}

static Tensor *loss_of_sr(Tensor *x, const void *context)
{
    const Pair *p = context;
    int count = (int)(p->shape[1] * p->shape[2] * p->shape[3]);
    return p->loss(shaped(x, p), shaped(vector_of(p->hr, count), p), 0.25);
}

void check_pair_gradient(LossOfPair loss, int channels, int height, int width)
{
    int count = channels * height * width;
    float *sr = calloc((size_t)count, sizeof *sr), *hr = calloc((size_t)count, sizeof *hr);
    draw_values(sr, count, 1);
    draw_values(hr, count, 2);
    for (int i = 0; i < count; i++)
        hr[i] += 0x1p-11f;
    Pair pair = {loss, hr, {1, channels, height, width}};
    CHECK(gradient_error(loss_of_sr, &pair, sr, count) < 2e-7);
    free(sr);
    free(hr);
    planes_forget();
    CHECK_NO_ERROR();
    CHECK(tensor_live() == 0);
}

/* ---- Batches --------------------------------------------------------------------------------- */

static Tensor *batch(int edge, bool damaged)
{
    Tensor *pictures[4];
    for (int i = 0; i < 4; i++) {
        Image clean = test_image(edge, edge, (uint32_t)i),
              soft = test_image_blurred(&clean, 0.5 + i);
        pictures[i] = image_tensor(damaged ? &soft : &clean);
        image_free(&clean);
        image_free(&soft);
    }
    return tensor_concat(pictures, 4, 0);
}

static double backward(Tensor *loss)
{
    tensor_backward(loss);
    return tensor_item(loss);
}

static double largest_difference(Tensor *a, Tensor *b)
{
    int64_t count = tensor_count(a);
    float *difference = calloc((size_t)count, sizeof *difference), worst = 0;
    tensor_to_floats(tensor_subtract(a, b), difference, count);
    for (int64_t i = 0; i < count; i++)
        worst = fmaxf(worst, fabsf(difference[i]));
    free(difference);
    return (double)worst;
}

void check_shares(LossOfPair loss, int edge)
{
    tensor_scope_begin();
    Tensor *hr = batch(edge, false), *sr = batch(edge, true);
    Tensor *whole = tensor_leaf(sr), *parts = tensor_leaf(sr);
    double value = backward(loss(whole, hr, 1)), sum = 0;
    for (int i = 0; i < 4; i += 2)
        sum += backward(loss(tensor_slice(parts, 0, i, 2), tensor_slice(hr, 0, i, 2), 0.5));
    CHECK(value > 0);
    CHECK_RELATIVE(sum, value, 1e-6);
    Tensor *slope = tensor_gradient(whole);
    double largest = largest_difference(slope, tensor_affine(slope, 0, 0));
    CHECK(largest > 0);
    CHECK(largest_difference(slope, tensor_gradient(parts)) < 1e-5 * largest);
    tensor_scope_end();
    planes_forget();
    CHECK_NO_ERROR();
    CHECK(tensor_live() == 0);
}

void check_equal_pictures(LossOfPair loss, int edge)
{
    tensor_scope_begin();
    Tensor *hr = batch(edge, false), *sr = tensor_leaf(hr);
    CHECK_NEAR(backward(loss(sr, hr, 1)), 0, 1e-6);
    Tensor *slope = tensor_gradient(sr);
    CHECK_NEAR(largest_difference(slope, tensor_affine(slope, 0, 0)), 0, 1e-6);
    tensor_scope_end();
    CHECK_NO_ERROR();
}
