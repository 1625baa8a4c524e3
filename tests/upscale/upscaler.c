/* Tiled upscaling: the same as untiled, and as the published network's reference implementation. */
#include "upscale/upscaler.h"
#include "core/error.h"
#include "core/json.h"
#include "data/resample.h"
#include "tests/pictures.h"
#include "tests/unit.h"
#include "upscale/rows.h"

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

TEST(networks_that_fold_pixels_take_any_extents_and_tiles)
{
    static const struct {
        const char *json;
        int scale;
    } NETWORKS[] = {
        {"{\"type\":\"rrdb\",\"features\":4,\"blocks\":1,\"growth\":4}", 2},
        {"{\"type\":\"rrdb\",\"features\":4,\"blocks\":1,\"growth\":4}", 1},
        {"{\"type\":\"swinir\",\"features\":12,\"layers\":1,\"depth\":2,\"heads\":2,\"window\":4}",
         2}};
    for (size_t i = 0; i < sizeof NETWORKS / sizeof *NETWORKS; i++) {
        Model *model = untrained(NETWORKS[i].json, KIND_GENERATOR, NETWORKS[i].scale);
        Image lr = test_picture(83, 59, (uint32_t)i);
        check_tiles(model, &lr);
        image_free(&lr);
        model_free(model);
    }
}

/* ---- Channels and depths ---- */

typedef struct Kept {
    uint16_t *words;
    size_t count;
} Kept;

static int keep_words(void *context, const void *rows, int count)
{
    Kept *kept = context;
    memcpy(kept->words, rows, (size_t)count * kept->count * sizeof *kept->words);
    kept->words += (size_t)count * kept->count;
    return 0;
}

/* The picture with 16 bits a channel; the caller frees it. */
static uint16_t *upscaled_words(Upscaler *upscaler, const Pixels *lr)
{
    int scale = upscaler_scale(upscaler), width = lr->width * scale, height = lr->height * scale;
    uint16_t *words = calloc((size_t)(width * height * lr->channels), sizeof *words);
    Kept kept = {words, (size_t)(width * lr->channels)};
    RowSink *sink = rounding_new(width, height, lr->channels, 16, keep_words, &kept);
    CHECK(upscaler_stream(upscaler, lr, sink, NULL, NULL) == 0);
    CHECK_NO_ERROR();
    rounding_free(sink);
    return words;
}

TEST(alpha_has_a_pass_of_its_own_and_gray_stays_gray)
{
    enum { W = 19, H = 14, SCALE = 2, COUNT = W * H, LARGE = COUNT * SCALE * SCALE };
    Model *model =
        untrained("{\"type\":\"srvgg\",\"features\":4,\"convs\":1}", KIND_GENERATOR, SCALE);
    Upscaler *upscaler = upscaler_new(model, PRECISION_FP32, 0);
    Image rgb = test_picture(W, H, 3);
    uint8_t rgba[COUNT * 4], gray[COUNT];
    for (int i = 0; i < COUNT; i++) {
        memcpy(rgba + 4 * i, rgb.rgb + 3 * i, 3);
        gray[i] = rgba[4 * i + 3] = (uint8_t)(37 * i);
    }
    Pixels with_alpha = {W, H, 4, 8, rgba, 0}, alone = pixels_of_image(&rgb),
           alpha = {W, H, 1, 8, gray, 0};
    uint16_t *all = upscaled_words(upscaler, &with_alpha),
             *colours = upscaled_words(upscaler, &alone);
    uint16_t *grays = upscaled_words(upscaler, &alpha);
    for (int i = 0; i < LARGE; i++) {
        CHECK(memcmp(all + 4 * i, colours + 3 * i, 6) == 0);
        CHECK(all[4 * i + 3] == grays[i]);
    }
    for (int i = 0; i < COUNT; i++)
        rgba[4 * i + 3] = 128;
    uint16_t *even = upscaled_words(upscaler, &with_alpha);
    for (int i = 0; i < LARGE; i++)
        CHECK(even[4 * i + 3] == 128 * 257);
    free(all);
    free(colours);
    free(grays);
    free(even);
    image_free(&rgb);
    upscaler_free(upscaler);
    model_free(model);
}

TEST(tiles_that_find_no_memory_are_tried_smaller)
{
    Model *model = untrained("{\"type\":\"srvgg\",\"features\":64,\"convs\":2}", KIND_GENERATOR, 2);
    Image lr = test_picture(200, 120, 4), sr;
    Image whole = upscaled(model, WHOLE, &lr);
    Upscaler *upscaler = upscaler_new(model, PRECISION_FP32, 128);
    upscaler_limit_memory(upscaler, 8 << 20); /* a tile of 128 would take 12 MB and more */
    REQUIRE(upscaler_run(upscaler, &lr, &sr) == 0);
    check_close(&whole, &sr);
    image_free(&sr);
#if !defined(__SANITIZE_ADDRESS__) /* whose own memory tensors have then, without a limit */
    upscaler_limit_memory(upscaler, 1 << 20);
    CHECK(upscaler_run(upscaler, &lr, &sr) == -1);
    CHECK_ERROR(ERROR_MEMORY, "out of memory");
#endif
    upscaler_limit_memory(upscaler, 0);
    upscaler_free(upscaler);
    image_free(&whole);
    image_free(&lr);
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
