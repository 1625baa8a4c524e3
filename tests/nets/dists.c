/* DISTS against the reference implementation (tests/fixtures/dists.py), with weights by formula. */
#include "nets/dists.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "core/error.h"
#include "core/json.h"
#include "data/image.h"
#include "nets/features.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

/* All blocks of VGG16 as one file has them; sequences go on from block to block. */
static Weights *formula_vgg16(void)
{
    Weights *weights = weights_new();
    uint32_t number = 0;
    for (int block = 0; block < VGG16_BLOCKS; block++) {
        Graph *g = vgg16_block_graph(block);
        REQUIRE(g != NULL);
        for (int p = 0; p < g->parameter_count; p++, number++) {
            const Parameter *parameter = &g->parameters[p];
            Weight *w = weights_add(weights, parameter->key, parameter->rank, parameter->shape);
            double fan_in = (double)(w->count / w->shape[0]);
            for (int64_t i = 0; i < w->count; i++)
                w->values[i] = formula_value((uint32_t)i, number, fan_in, w->rank == 1);
        }
        graph_free(g);
    }
    return weights;
}

static Weights *formula_factors(void)
{
    Weights *weights = weights_new();
    const int64_t shape[] = {1, DISTS_CHANNELS, 1, 1};
    for (uint32_t k = 0; k < 2; k++) {
        Weight *w = weights_add(weights, k ? "beta" : "alpha", 4, shape);
        for (int64_t i = 0; i < w->count; i++)
            w->values[i] = (float)((formula_uniform((uint32_t)i, 26 + k) + 1) / 2);
    }
    return weights;
}

static Dists *formula_dists(void)
{
    Weights *backbone = formula_vgg16(), *factors = formula_factors();
    Dists *dists = dists_new(backbone, factors);
    weights_free(backbone);
    weights_free(factors);
    REQUIRE(dists != NULL);
    return dists;
}

static Image truth(int width, int height)
{
    Image image = image_new(width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++) {
                int stripes = (x * (c + 2) / 9 + y / (5 + c)) % 2;
                image.rgb[3 * (y * width + x) + c] =
                    (uint8_t)((3 * x + 2 * y + 40 * c + 90 * stripes) % 256);
            }
    return image;
}

static Image shifted(const Image *image, int right)
{
    Image result = image_new(image->width, image->height);
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            memcpy(result.rgb + 3 * (y * image->width + (x + right) % image->width),
                   image->rgb + 3 * (y * image->width + x), 3);
    return result;
}

static Image softer(const Image *image)
{
    Image result = shifted(image, 1);
    int row = 3 * image->width, count = row * image->height;
    for (int i = 0; i < count; i++)
        result.rgb[i] =
            (uint8_t)((2 * image->rgb[i] + result.rgb[i] + image->rgb[(i + count - row) % count]) /
                      4);
    return result;
}

static double distance(Dists *dists, const Image *a, const Image *b)
{
    double value = NAN;
    tensor_scope_begin();
    DistsFeatures *features =
        dists_features(dists, tensor_from_rgb(a->rgb, 1, a->height, a->width));
    if (features)
        dists_distance(dists, features, tensor_from_rgb(b->rgb, 1, b->height, b->width), &value);
    dists_features_free(features);
    tensor_scope_end();
    return value;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    REQUIRE(found != NULL);
    return found;
}

static void check_pictures(Dists *dists, const cJSON *oracle, int width, int height)
{
    char name[32];
    snprintf(name, sizeof name, "%dx%d", width, height);
    const cJSON *expected = member(oracle, name);
    Image hr = truth(width, height), soft = softer(&hr), moved = shifted(&hr, 3);
    CHECK_RELATIVE(distance(dists, &hr, &soft), member(expected, "softer")->valuedouble, 1e-5);
    CHECK_RELATIVE(distance(dists, &hr, &moved), member(expected, "shifted")->valuedouble, 1e-5);
    CHECK(distance(dists, &hr, &hr) == 0);
    image_free(&hr);
    image_free(&soft);
    image_free(&moved);
}

TEST(dists_agrees_with_the_reference_implementation)
{
    Dists *dists = formula_dists();
    cJSON *oracle = json_read(unit_fixture("dists.json"));
    check_pictures(dists, oracle, 67, 45);
    check_pictures(dists, oracle, 80, 96);
    const char *path = unit_shared("photos/set5/butterfly.png");
    Image hr, sr;
    if (path && image_read(path, &hr) == 0) {
        REQUIRE(image_read(unit_shared("reference/butterfly-bicubic-x4.png"), &sr) == 0);
        CHECK_RELATIVE(distance(dists, &hr, &sr), member(oracle, "butterfly")->valuedouble, 1e-5);
        image_free(&hr);
        image_free(&sr);
    }
    cJSON_Delete(oracle);
    dists_free(dists);
    CHECK_NO_ERROR();
}

TEST(dists_names_the_weights_that_do_not_fit)
{
    Weights *factors = formula_factors(), *few = weights_new();
    CHECK(dists_new(few, few) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "alpha is missing");
    weights_add(few, "alpha", 1, (const int64_t[]){7});
    CHECK(dists_new(few, few) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "alpha has 7 values, not 1475");
    CHECK(dists_new(few, factors) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "features.0.weight");
    memset(factors->items[0].values, 0, DISTS_CHANNELS * sizeof(float));
    memset(factors->items[1].values, 0, DISTS_CHANNELS * sizeof(float));
    CHECK(dists_new(few, factors) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "alpha and beta add up to 0");
    weights_free(factors);
    weights_free(few);
}
