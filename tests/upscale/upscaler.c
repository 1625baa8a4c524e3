/* Tiled upscaling: the same as untiled, and as the published network's reference implementation. */
#include "upscale/upscaler.h"
#include "core/error.h"
#include "core/json.h"
#include "data/resample.h"
#include "tests/pictures.h"
#include "tests/unit.h"

enum { WHOLE = 4096 }; /* a tile larger than every picture here */

static const char *const PUBLISHED[] = {"weights/realesr-animevideov3-x4.pth",
                                        "weights/realesr-animevideov3-x4-legacy.pth",
                                        "weights/realesr-animevideov3-x4.safetensors"};

/* A network with its initial weights: it need not be good to be tiled. */
static Model *untrained(const char *json, NetworkKind kind, int scale)
{
    Model *model = calloc(1, sizeof *model);
    cJSON *object = json_parse(json, strlen(json), "test");
    REQUIRE(specification_parse(&model->specification, object, kind, scale, "test") == 0);
    cJSON_Delete(object);
    model->graph = specification_build(&model->specification);
    REQUIRE(model->graph != NULL);
    model->weights = graph_initial_weights(model->graph, 1);
    return model;
}

static Image upscaled(const Model *model, int tile, const Image *lr)
{
    Image sr = {0};
    Upscaler *upscaler = upscaler_new(model, PRECISION_FP32, tile);
    CHECK(upscaler && upscaler_run(upscaler, lr, &sr) == 0);
    CHECK_NO_ERROR();
    upscaler_free(upscaler);
    return sr;
}

/* The number of values that differ, and the largest difference in levels; -1 of other extents. */
static int differing(const Image *a, const Image *b, int *largest)
{
    *largest = 0;
    if (a->width != b->width || a->height != b->height)
        return -1;
    int count = 0;
    for (int i = 0; i < a->width * a->height * 3; i++) {
        int difference = abs(a->rgb[i] - b->rgb[i]);
        count += difference > 0;
        *largest = difference > *largest ? difference : *largest;
    }
    return count;
}

/* Rounding may turn the other way where sums are taken in another order, in 1 value of 1000. */
static void check_close(const Image *a, const Image *b)
{
    int largest, count = differing(a, b, &largest);
    CHECK(count >= 0 && count <= a->width * a->height * 3 / 1000);
    CHECK(largest <= 1);
    if (count != 0)
        printf("upscale: %d of %d values differ, by at most %d\n", count, a->width * a->height * 3,
               largest);
}

static void check_tiles(const Model *model, const Image *lr)
{
    static const int TILES[] = {16, 37, 0};
    Image whole = upscaled(model, WHOLE, lr);
    CHECK(whole.width == lr->width * model->specification.scale);
    CHECK(whole.height == lr->height * model->specification.scale);
    for (int i = 0; i < 3; i++) {
        Image tiled = upscaled(model, TILES[i], lr);
        check_close(&whole, &tiled);
        image_free(&tiled);
    }
    image_free(&whole);
}

static Image bird_lr(void)
{
    Image hr;
    REQUIRE(image_read(unit_shared("photos/set5/bird.png"), &hr) == 0);
    Image lr = image_resample(&hr, hr.width / 4, hr.height / 4, KERNEL_BICUBIC);
    image_free(&hr);
    return lr;
}

TEST(tiled_upscaling_equals_untiled)
{
    Model *model = untrained("{\"type\":\"srvgg\",\"features\":8,\"convs\":3}", KIND_GENERATOR, 3);
    Image lr = test_picture(83, 59, 0);
    check_tiles(model, &lr);
    image_free(&lr);
    model_free(model);
}

TEST(pictures_of_one_pixel_and_of_odd_extents_are_upscaled)
{
    static const int EXTENTS[][2] = {{1, 1}, {1, 9}, {7, 1}, {5, 3}, {17, 16}};
    Model *model = untrained("{\"type\":\"srvgg\",\"features\":4,\"convs\":1}", KIND_GENERATOR, 2);
    for (int i = 0; i < 5; i++) {
        Image large = test_picture(17, 17, 1);
        Image lr = image_crop(&large, 0, 0, EXTENTS[i][0], EXTENTS[i][1]);
        Image whole = upscaled(model, WHOLE, &lr), tiled = upscaled(model, 2, &lr);
        CHECK(whole.width == 2 * lr.width && whole.height == 2 * lr.height);
        check_close(&whole, &tiled);
        image_free(&large);
        image_free(&lr);
        image_free(&whole);
        image_free(&tiled);
    }
    model_free(model);
}

TEST(a_discriminator_is_no_upscaler)
{
    Model *model = untrained("{\"type\":\"unet\",\"features\":2}", KIND_DISCRIMINATOR, 1);
    CHECK(upscaler_new(model, PRECISION_FP32, 0) == NULL);
    CHECK_ERROR(ERROR_CONFIG, "unet");
    model_free(model);
}

TEST(the_published_network_gives_its_reference_picture)
{
    if (!unit_shared("reference/bird-realesr-animevideov3-x4.png")) {
        unit_skip("needs the shared photographs and weights");
        return;
    }
    Image expected, lr = bird_lr();
    REQUIRE(image_read(unit_shared("reference/bird-realesr-animevideov3-x4.png"), &expected) == 0);
    Model *model = model_read(unit_shared(PUBLISHED[0]));
    REQUIRE(model != NULL);
    Image sr = upscaled(model, WHOLE, &lr);
    check_close(&expected, &sr);
    Image part = image_crop(&lr, 9, 12, 45, 41);
    check_tiles(model, &part);
    image_free(&part);
    image_free(&sr);
    image_free(&lr);
    image_free(&expected);
    model_free(model);
}

TEST(the_published_network_is_the_same_from_each_of_its_files)
{
    if (!unit_shared(PUBLISHED[0])) {
        unit_skip("needs the shared weights");
        return;
    }
    Image lr = test_picture(24, 20, 2), first = {0};
    for (int i = 0; i < 3; i++) {
        Model *model = model_read(unit_shared(PUBLISHED[i]));
        REQUIRE(model != NULL);
        Image sr = upscaled(model, 0, &lr);
        model_free(model);
        if (i == 0) {
            first = sr;
            continue;
        }
        int largest;
        CHECK(differing(&first, &sr, &largest) == 0);
        image_free(&sr);
    }
    image_free(&first);
    image_free(&lr);
}
