/* `unmush export --int8`: what it asks for, what it refuses, and what it says of the file. */
#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "data/image.h"
#include "export/export_command.h"
#include "export/loss.h"
#include "nets/model.h"
#include "nets/onnx/read.h"
#include "nets/srvgg.h"
#include "tests/unit.h"

/* A small generator as the file small-int8.safetensors, and a picture of waves beside it. */
static Model *small_model(const char *path, const char *picture)
{
    Specification s;
    cJSON *object = cJSON_Parse("{\"type\":\"srvgg\",\"features\":8,\"convs\":2}");
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, 2, "test") == 0);
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 3);
    CHECK(model_write(path, &s, weights) == 0);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    Image image = image_new(96, 80);
    for (int i = 0; i < 96 * 80; i++)
        for (int c = 0; c < 3; c++)
            image.rgb[i * 3 + c] =
                (uint8_t)(128 + 100 * sin(i % 96 * 0.7 + c) * cos(i / 96 * 0.4 * (c + 1)));
    CHECK(image_write(picture, &image) == 0);
    image_free(&image);
    return model_read(path);
}

/* export MODEL -o OUT --int8 and up to three more arguments. */
static int run(const char *model, const char *out, const char *a, const char *b, const char *c)
{
    const char *arguments[] = {"export", "-q", model, "-o", out, "--int8", a, b, c, NULL};
    int count = 0;
    while (arguments[count])
        count++;
    return export_command(count, (char **)(void *)arguments);
}

TEST(int8_is_calibrated_verified_and_read_back)
{
    const char *source = unit_scratch("small-int8.safetensors"), *out = unit_scratch("int8.onnx");
    const char *picture = unit_scratch("waves.png");
    Model *model = small_model(source, picture);
    char *calibrate = memory_print("--calibrate=%s", picture);
    CHECK(run(source, out, calibrate, "--verify", "--limit=1") == 0);
    CHECK_NO_ERROR();
    OnnxNetwork read;
    REQUIRE(onnx_read(out, &read) == 0);
    CHECK(strcmp(weights_text(read.weights, "unmush.precision"), "int8") == 0);
    int levels = 0;
    for (int i = 0; i < read.graph->count; i++)
        levels += read.graph->nodes[i]->operation == OPERATION_QUANTISE;
    CHECK(levels == 4); /* into and out of each of two convolutions */
    onnx_network_free(&read);
    StringList pictures = {0};
    string_list_add(&pictures, picture);
    PictureLoss loss;
    CHECK(picture_loss(out, model, &pictures, &loss) == 0);
    CHECK(loss.pictures == 1 && loss.psnr_y[0] > 5);
    CHECK_NEAR(loss.psnr_y[1], loss.psnr_y[0], 1);
    CHECK(loss.psnr_y[1] != loss.psnr_y[0]);
    CHECK(loss.smoothing[0] >= 0 && loss.hallucination[0] >= 0);
    string_list_free(&pictures);
    model_free(model);
    free(calibrate);
}

static void set_middle(Weights *weights, const char *key, int64_t out, int64_t in, float value)
{
    Weight *w = weights_find(weights, key);
    w->values[(out * w->shape[1] + in) * 9 + 4] = value;
}

/* What the network adds to the enlarged picture is red - red, of two channels. One of them comes
 * through a convolution beside a weight, of a channel that is always 0, so large that steps of it
 * leave no level for red. */
static void spoil(const char *path, const Model *model)
{
    Weights *w = weights_copy(model->weights);
    for (int i = 0; i < w->count; i++)
        memset(w->items[i].values, 0, (size_t)w->items[i].count * sizeof(float));
    set_middle(w, "body.0.weight", 0, 0, 1);
    for (int channel = 0; channel < 2; channel++) {
        set_middle(w, "body.2.weight", channel, 0, 1);
        set_middle(w, "body.4.weight", channel, channel, 1);
    }
    set_middle(w, "body.2.weight", 0, 7, 1e4f);
    for (int out = 0; out < 12; out++) {
        set_middle(w, "body.6.weight", out, 0, 1);
        set_middle(w, "body.6.weight", out, 1, -1);
    }
    CHECK(model_write(path, &model->specification, w) == 0);
    weights_free(w);
}

TEST(a_file_that_costs_more_than_the_limit_is_not_kept)
{
    const char *source = unit_scratch("small-int8.safetensors"), *out = unit_scratch("lost.onnx");
    const char *spoiled = unit_scratch("spoiled.safetensors"), *picture = unit_scratch("waves.png");
    Model *model = small_model(source, picture);
    spoil(spoiled, model);
    char *calibrate = memory_print("--calibrate=%s", picture);
    CHECK(run(spoiled, out, calibrate, "--verify", NULL) != 0);
    CHECK_ERROR(ERROR_FORMAT, "more than --limit=0.3");
    CHECK(!file_exists(out));
    model_free(model);
    free(calibrate);
}

TEST(int8_asks_for_pictures_and_goes_with_no_other_precision)
{
    const char *source = unit_scratch("small-int8.safetensors"), *out = unit_scratch("no.onnx");
    const char *picture = unit_scratch("waves.png");
    model_free(small_model(source, picture));
    char *calibrate = memory_print("--calibrate=%s", picture);
    CHECK(run(source, out, NULL, NULL, NULL) != 0);
    CHECK_ERROR(ERROR_USAGE, "needs --calibrate");
    CHECK(run(source, out, calibrate, "--half", NULL) != 0);
    CHECK_ERROR(ERROR_USAGE, "either --half or --int8");
    CHECK(run(source, unit_scratch("no.safetensors"), calibrate, NULL, NULL) != 0);
    CHECK_ERROR(ERROR_USAGE, "--int8 is not for safetensors");
    CHECK(run(source, out, "--calibrate=/no/such/folder", NULL, NULL) != 0);
    CHECK_ERROR(ERROR_FILE, "/no/such/folder");
    CHECK(!file_exists(out));
    free(calibrate);
}

TEST(a_model_whose_values_are_not_finite_is_named_with_its_layer)
{
    const char *source = unit_scratch("small-int8.safetensors"), *out = unit_scratch("wild.onnx");
    const char *wild = unit_scratch("wild.safetensors"), *picture = unit_scratch("waves.png");
    Model *model = small_model(source, picture);
    char *calibrate = memory_print("--calibrate=%s", picture);
    static const float BIASES[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        weights_find(model->weights, "body.2.bias")->values[1] = BIASES[i];
        REQUIRE(model_write(wild, &model->specification, model->weights) == 0);
        CHECK(run(wild, out, calibrate, NULL, NULL) == -1);
        CHECK_ERROR(ERROR_FORMAT, "wild.safetensors: layer body.2 gives numbers that are infinite");
        CHECK(!file_exists(out));
    }
    model_free(model);
    free(calibrate);
}
