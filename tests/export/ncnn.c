/* What is written for ncnn, read and run by a program of its own. */
#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/random.h"
#include "export/export_command.h"
#include "export/ncnn/model.h"
#include "nets/elements.h"
#include "nets/model.h"
#include "nets/network.h"
#include "tests/export/ncnn_run.h"
#include "tests/unit.h"

#define RUN(...) run((char *[]){"export", "-q", __VA_ARGS__, NULL})
static int run(char **arguments)
{
    int count = 0;
    while (arguments[count])
        count++;
    return export_command(count, arguments);
}

/* A network by its name in configs, with random biases and slopes too, as a model's file. */
static char *write_model(const char *json, int scale)
{
    char *path = memory_copy_string(unit_scratch("ncnn_model.safetensors"));
    cJSON *object = cJSON_Parse(json);
    Specification s;
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, scale, "test") == 0);
    Graph *g = specification_build(&s);
    REQUIRE(g != NULL);
    Weights *weights = graph_initial_weights(g, 3);
    Random random = random_stream(5, RANDOM_TEST, 0, 0);
    for (int i = 0; i < weights->count; i++)
        for (int64_t k = 0; weights->items[i].rank == 1 && k < weights->items[i].count; k++)
            weights->items[i].values[k] += (float)random_range(&random, -0.1, 0.1);
    CHECK(model_write(path, &s, weights) == 0);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    return path;
}

/* The output of libtorch for the same picture. */
static float *expected(const Model *model, const float *picture, const int64_t *shape,
                       int64_t count)
{
    float *values = memory_array((size_t)count, sizeof *values);
    REQUIRE(tensor_begin(1, "cpu") == 0);
    Network *network = network_new(model->graph, model->weights, PRECISION_FP32);
    tensor_scope_begin();
    Tensor *output =
        network_forward(network, tensor_from_floats(picture, 4, shape), FORWARD_FROZEN, NULL);
    CHECK(tensor_to_floats(output, values, count) == 0);
    tensor_scope_end();
    network_free(network);
    CHECK_NO_ERROR();
    return values;
}

static void compare(const Model *model, const RunNet *net, double limit)
{
    const int64_t shape[4] = {1, 3, 8, 12};
    float picture[3 * 8 * 12];
    Random random = random_stream(6, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof picture / sizeof *picture; i++)
        picture[i] = (float)random_uniform(&random);
    int scale = model->specification.scale;
    RunBlob output = run_net(net, 3, 8, 12, picture);
    REQUIRE(output.c == 3 && output.h == 8 * scale && output.w == 12 * scale);
    int64_t count = (int64_t)output.c * output.h * output.w;
    float *values = expected(model, picture, shape, count);
    double largest = 0, range = 1;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)values[i] - (double)output.values[i]));
        range = fmax(range, fabs((double)values[i]));
    }
    CHECK_NEAR(largest / range, 0, limit);
    free(values);
    free(output.values);
}

static void check(const char *json, int scale)
{
    char *source = write_model(json, scale);
    char *param = memory_copy_string(unit_scratch("ncnn.param"));
    char *bin = memory_copy_string(unit_scratch("ncnn.bin"));
    CHECK(RUN(source, "-o", param, "--verify") == 0);
    CHECK_NO_ERROR();
    RunNet net = run_read(param, bin);
    CHECK(net.unread == 0);
    Model *model = model_read(source);
    compare(model, &net, 2e-3);
    model_free(model);
    run_free(&net);
    free(bin);
    free(param);
    free(source);
}

TEST(ncnn_runs_compact_networks_with_every_activation)
{
    check("{\"type\":\"srvgg\",\"features\":6,\"convs\":2}", 4);
    check("{\"type\":\"srvgg\",\"features\":5,\"convs\":1,\"activation\":\"relu\"}", 1);
    check("{\"type\":\"srvgg\",\"features\":5,\"convs\":1,\"activation\":\"leaky_relu\"}", 3);
}

TEST(ncnn_runs_rrdb_at_every_scale)
{
    for (int scale = 1; scale <= 4; scale *= 2)
        check("{\"type\":\"rrdb\",\"features\":8,\"growth\":4,\"blocks\":2}", scale);
}

TEST(ncnn_runs_edsr_and_msrresnet)
{
    check("{\"type\":\"edsr\",\"features\":8,\"blocks\":2,\"residual\":0.1}", 2);
    check("{\"type\":\"msrresnet\",\"features\":8,\"blocks\":2}", 4);
}

TEST(ncnn_runs_span_with_and_without_normalisation)
{
    check("{\"type\":\"span\",\"features\":8}", 2);
    check("{\"type\":\"span\",\"features\":8,\"norm\":false}", 4);
}

TEST(ncnn_runs_realplksr_with_either_norm)
{
    check("{\"type\":\"realplksr\",\"features\":8,\"blocks\":2,\"kernel\":5}", 2);
    check("{\"type\":\"realplksr\",\"features\":8,\"blocks\":1,\"kernel\":5,\"norm\":\"group\"}",
          3);
}

TEST(what_ncnn_has_no_layer_for_is_named_and_leaves_no_file)
{
    char *source = write_model("{\"type\":\"swinir\",\"features\":12,\"layers\":1,\"depth\":2,"
                               "\"heads\":3,\"picture\":16}",
                               2);
    const char *param = unit_scratch("swinir.param");
    CHECK(RUN(source, "-o", (char *)param) == -1);
    CHECK_ERROR(ERROR_FORMAT, "ncnn has no layer for pad_to_multiple; export .onnx");
    CHECK(!file_exists(param) && !file_exists(unit_scratch("swinir.bin")));
    free(source);
}

TEST(a_weight_beyond_float16_is_named)
{
    char *source = write_model("{\"type\":\"srvgg\",\"features\":4,\"convs\":0}", 2);
    Model *model = model_read(source);
    REQUIRE(model != NULL);
    weights_find(model->weights, "body.2.weight")->values[7] = -70000;
    CHECK(model_write(source, &model->specification, model->weights) == 0);
    model_free(model);
    const char *param = unit_scratch("large.param");
    CHECK(RUN(source, "-o", (char *)param) == -1);
    CHECK_ERROR(ERROR_FORMAT, "body.2.weight: a weight of -70000 is more than float16 holds");
    CHECK(!file_exists(param));
    free(source);
}

TEST(either_name_of_the_pair_gives_both_files)
{
    char *source = write_model("{\"type\":\"srvgg\",\"features\":4,\"convs\":0}", 2);
    CHECK(RUN(source, "-o", (char *)unit_scratch("pair.bin")) == 0);
    CHECK(file_exists(unit_scratch("pair.param")) && file_exists(unit_scratch("pair.bin")));
    CHECK(RUN(source, "-o", (char *)unit_scratch("other-x2"), "--format=ncnn") == 0);
    CHECK(file_exists(unit_scratch("other-x2.param")) && file_exists(unit_scratch("other-x2.bin")));
    CHECK_NO_ERROR();
    free(source);
}

static void check_opens_in(const char *json, int scale, const char *output, const char *expected)
{
    char *source = write_model(json, scale);
    Model *model = model_read(source);
    REQUIRE(model != NULL);
    ExportOptions options = {.output = (char *)output};
    ExportJob job = {.options = &options, .source = source, .model = model};
    char *sentence = ncnn_model_opens_in(&job);
    CHECK(strcmp(sentence, expected) == 0);
    free(sentence);
    model_free(model);
    free(source);
}

TEST(upscayl_is_named_where_it_takes_the_scale_from_the_name)
{
    static const char COMPACT[] = "{\"type\":\"srvgg\",\"features\":4,\"convs\":0}";
    check_opens_in(COMPACT, 2, "a/net-x2.param",
                   "opens in: Upscayl as a custom model, realesrgan-ncnn-vulkan, chaiNNer");
    check_opens_in(COMPACT, 3, "3x_net.param",
                   "opens in: Upscayl as a custom model, realesrgan-ncnn-vulkan, chaiNNer");
    check_opens_in(
        COMPACT, 3, "x2/net.param",
        "opens in: Upscayl as a custom model (which takes its scale from its name: add x3 "
        "to it), realesrgan-ncnn-vulkan, chaiNNer");
    check_opens_in("{\"type\":\"rrdb\",\"features\":4,\"growth\":4,\"blocks\":1}", 1,
                   "net-x1.param",
                   "opens in: realesrgan-ncnn-vulkan, chaiNNer (Upscayl knows scales of 2, 3 and 4 "
                   "alone); only for widths and heights that are multiples of 4");
}

/* The layers of the published file: Input, Split, 18 convolutions with 17 PReLU between them,
 * PixelShuffle, Interp, BinaryOp. */
static void check_published_layers(const RunNet *net)
{
    static const char *const LAST[] = {"PixelShuffle", "Interp", "BinaryOp"};
    REQUIRE(net->count == 2 + 18 + 17 + 3);
    const RunLayer *l = net->layers;
    CHECK(strcmp(l[0].type, "Input") == 0 && strcmp(l[1].type, "Split") == 0);
    for (int i = 0; i < 35; i++)
        CHECK(strcmp(l[2 + i].type, i % 2 ? "PReLU" : "Convolution") == 0);
    for (int i = 0; i < 3; i++)
        CHECK(strcmp(l[37 + i].type, LAST[i]) == 0);
    for (int i = 0; i < 35; i += 2) {
        const double *p = l[2 + i].parameters;
        CHECK(p[0] == (i < 34 ? 64 : 48) && p[1] == 3 && p[4] == 1 && p[5] == 1);
        CHECK(p[6] == (i == 0 ? 1728 : i < 34 ? 36864 : 27648));
    }
    CHECK(l[37].parameters[0] == 4 && l[38].parameters[0] == 1);
    CHECK(l[38].parameters[1] == 4 && l[38].parameters[2] == 4 && l[39].parameters[0] == 0);
    CHECK(strcmp(l[0].outputs[0], "data") == 0 && strcmp(l[39].outputs[0], "output") == 0);
}

static void check_published_weights(const RunNet *net, const Model *model)
{
    for (int i = 0; i < 35; i++) {
        const RunLayer *l = &net->layers[2 + i];
        char key[32];
        snprintf(key, sizeof key, "body.%d.weight", i);
        const Weight *w = weights_find(model->weights, key);
        REQUIRE(w && w->count == l->weight_count);
        for (int64_t k = 0; k < w->count; k++) {
            uint16_t half;
            float rounded = w->values[k];
            element_to_half(&w->values[k], 1, &half);
            if (i % 2 == 0)
                element_convert(ELEMENT_F16, (const uint8_t *)&half, 1, &rounded);
            if (l->weights[k] != rounded)
                CU_FAIL("a weight is not that of the model, rounded to float16");
        }
        snprintf(key, sizeof key, "body.%d.bias", i);
        w = i % 2 ? NULL : weights_find(model->weights, key);
        CHECK(!w || memcmp(w->values, l->bias, (size_t)w->count * sizeof(float)) == 0);
    }
}

TEST(the_published_network_has_the_published_layers_in_their_order)
{
    const char *shared = unit_shared("weights/realesr-animevideov3-x4.safetensors");
    if (!shared) {
        unit_skip("no published weights here");
        return;
    }
    char *source = memory_copy_string(shared);
    char *param = memory_copy_string(unit_scratch("published-x4.param"));
    CHECK(RUN(source, "-o", param) == 0);
    CHECK_NO_ERROR();
    RunNet net = run_read(param, unit_scratch("published-x4.bin"));
    CHECK(net.unread == 0);
    Model *model = model_read(source);
    REQUIRE(model != NULL);
    check_published_layers(&net);
    check_published_weights(&net, model);
    model_free(model);
    run_free(&net);
    free(param);
    free(source);
}
