/* ONNX files as models: run by ONNX Runtime where $UNMUSH_ONNXRUNTIME or the system has it, and by
 * our own reader, tiled where a file takes one size only; broken ones are named. */
#include <math.h>

#include "core/error.h"
#include "core/memory.h"
#include "eval/method.h"
#include "nets/layers.h"
#include "nets/onnx/write.h"
#include "tests/unit.h"

static const OnnxChoice ENGINES[] = {ONNX_OWN, ONNX_RUNTIME};

/* Whether this choice can run here. */
static bool can_run(OnnxChoice onnx)
{
    return onnx == ONNX_OWN || onnx_runtime_found();
}

static Image noise(int width, int height)
{
    Image image = image_new(width, height);
    uint32_t state = 7;
    for (int i = 0; i < width * height * 3; i++)
        image.rgb[i] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
    return image;
}

static char *fixture(const char *name)
{
    return memory_copy_string(unit_fixture(name));
}

static int largest_difference(const Image *a, const Image *b)
{
    int largest = a->width == b->width && a->height == b->height ? 0 : 256;
    for (int i = 0; largest < 256 && i < a->width * a->height * 3; i++)
        largest = abs(a->rgb[i] - b->rgb[i]) > largest ? abs(a->rgb[i] - b->rgb[i]) : largest;
    return largest;
}

static void run(const char *path, OnnxChoice onnx, int tile, const Image *lr, Image *sr)
{
    Upscaler *u = upscaler_open(path, PRECISION_FP32, onnx, tile);
    CHECK(u && upscaler_run(u, lr, sr) == 0);
    CHECK_NO_ERROR();
    upscaler_free(u);
}

TEST(both_engines_make_the_same_pictures_of_foreign_files)
{
    static const char *const FILES[] = {"onnx/compact-9.onnx", "onnx/compact-17.onnx",
                                        "onnx/rrdb-13.onnx", "onnx/rrdb-x2-16.onnx",
                                        "onnx/mixed-14.onnx"};
    if (!onnx_runtime_found()) {
        unit_skip("no ONNX Runtime here");
        return;
    }
    Image lr = noise(26, 22);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        char *path = fixture(FILES[i]);
        Image own = {0}, other = {0};
        run(path, ONNX_OWN, 0, &lr, &own);
        run(path, ONNX_RUNTIME, 0, &lr, &other);
        /* Files of 8 x 6 pixels get tiles that overlap by less than the receptive field. */
        bool fixed = i == 0 || i == 3;
        CHECK(own.width == other.width && own.height == other.height);
        CHECK(fixed || largest_difference(&own, &other) <= 1);
        image_free(&own);
        image_free(&other);
        free(path);
    }
    image_free(&lr);
}

/* A file of one fixed size sees a picture of that size whole, whatever its tiles. */
TEST(a_file_of_fixed_size_runs_pictures_of_any_size)
{
    char *path = fixture("onnx/compact-9.onnx");
    if (!onnx_runtime_found()) {
        unit_skip("no ONNX Runtime here");
        free(path);
        return;
    }
    static const int SIZES[][2] = {{6, 8}, {3, 2}, {6, 9}, {40, 31}, {1, 1}};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        Image lr = noise(SIZES[i][0], SIZES[i][1]), sr = {0}, own = {0};
        run(path, ONNX_RUNTIME, 0, &lr, &sr);
        CHECK(sr.width == 2 * lr.width && sr.height == 2 * lr.height);
        run(path, ONNX_OWN, 0, &lr, &own);
        CHECK(i > 0 || largest_difference(&sr, &own) <= 1);
        image_free(&lr);
        image_free(&sr);
        image_free(&own);
    }
    free(path);
}

/* image -> nearest x3 of a 1x1 convolution whose first weight is `weight`. */
static const char *write_model(const char *name, float weight)
{
    Graph *g = graph_new();
    Node *x = layer_conv(g, "only", layer_input(g, 3), 3, 1);
    graph_output(g, layer_nearest(g, x, 3));
    Weights *weights = graph_initial_weights(g, 1);
    weights_find(weights, "only.weight")->values[0] = weight;
    const char *path = unit_scratch(name);
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 3};
    REQUIRE(onnx_write(path, g, weights, &about) == 0);
    weights_free(weights);
    graph_free(g);
    return path;
}

TEST(pixels_that_are_no_numbers_name_the_model)
{
    static const struct {
        float weight;
        const char *message;
    } BROKEN[] = {{NAN, "broken.onnx: the output has NaN pixels"},
                  {INFINITY, "broken.onnx: the output has "}};
    Image lr = noise(12, 9), sr = {0};
    for (size_t i = 0; i < 2 * sizeof BROKEN / sizeof *BROKEN; i++) {
        OnnxChoice onnx = ENGINES[i % 2];
        if (!can_run(onnx)) {
            unit_skip("no ONNX Runtime here");
            continue;
        }
        const char *path = write_model("broken.onnx", BROKEN[i / 2].weight);
        Upscaler *u = upscaler_open(path, PRECISION_FP32, onnx, 0);
        REQUIRE(u != NULL);
        CHECK(upscaler_run(u, &lr, &sr) == -1);
        CHECK_ERROR(ERROR_FORMAT, BROKEN[i / 2].message);
        upscaler_free(u);
    }
    image_free(&lr);
}

TEST(another_scale_than_asked_for_names_both)
{
    const char *path = write_model("x3.onnx", 1);
    for (int i = 0; i < 2; i++) {
        if (!can_run(ENGINES[i])) {
            unit_skip("no ONNX Runtime here");
            continue;
        }
        MethodList list = {0};
        Method *method = method_list_add(&list, "mine", "model", path);
        CHECK(method_from_model(method, 4, ENGINES[i]) == -1);
        CHECK_ERROR(ERROR_CONFIG, "x3.onnx: this model enlarges by 3, --scale asks for 4");
        CHECK(method_from_model(method, 3, ENGINES[i]) == 0);
        CHECK(strstr(method->engine, i == 0 ? "own reader" : "ONNX Runtime") != NULL);
        CHECK_NO_ERROR();
        method_list_free(&list);
    }
}

TEST(files_that_are_no_upscalers_of_rgb_are_refused)
{
    Graph *g = graph_new();
    graph_output(g, layer_conv(g, "only", layer_input(g, 1), 1, 3));
    Weights *weights = graph_initial_weights(g, 1);
    const char *path = unit_scratch("gray.onnx");
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 1};
    REQUIRE(onnx_write(path, g, weights, &about) == 0);
    for (int i = 0; i < 2; i++) {
        if (!can_run(ENGINES[i])) {
            unit_skip("no ONNX Runtime here");
            continue;
        }
        CHECK(upscaler_open(path, PRECISION_FP32, ENGINES[i], 0) == NULL);
        CHECK_ERROR(ERROR_CONFIG, "gray.onnx: makes 1 channels of 1, not RGB of RGB");
    }
    weights_free(weights);
    graph_free(g);
}

TEST(bf16_is_not_asked_of_onnx_runtime)
{
    const char *path = write_model("plain.onnx", 1);
    CHECK(upscaler_open(path, PRECISION_BF16, ONNX_RUNTIME, 0) == NULL);
    CHECK_ERROR(ERROR_CONFIG, "not in bf16");
}
