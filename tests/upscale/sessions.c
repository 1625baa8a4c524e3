/* ONNX Runtime out of memory, and files that would take all of it: with a library that pretends to
 * be ONNX Runtime (tests/onnx/pretended.c). */
#include <stdio.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers.h"
#include "nets/onnx/build.h"
#include "nets/onnx/write.h"
#include "tests/unit.h"
#include "upscale/upscaler.h"

static void pretend(void)
{
    setenv("UNMUSH_ONNXRUNTIME", PRETENDED_RUNTIME, 1);
    REQUIRE(onnx_runtime_found());
}

/* Every pixel for itself, so that tiles need no more than themselves. */
static const char *pointwise(const char *name)
{
    Graph *g = graph_new();
    Node *x = layer_conv(g, "only", layer_input(g, 3), 3, 1);
    graph_output(g, layer_nearest(g, x, 2));
    Weights *weights = graph_initial_weights(g, 1);
    const char *path = unit_scratch(name);
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 2};
    REQUIRE(onnx_write(path, g, weights, &about) == 0);
    weights_free(weights);
    graph_free(g);
    return path;
}

TEST(where_onnx_runtimes_memory_runs_out_tiles_become_smaller)
{
    pretend();
    Upscaler *u = upscaler_open(pointwise("sessions.onnx"), PRECISION_FP32, ONNX_RUNTIME, 0);
    REQUIRE(u != NULL);
    CHECK(strstr(upscaler_engine(u), "pretended") != NULL);
    Image lr = image_new(200, 150), sr = {0};
    for (int i = 0; i < 200 * 150 * 3; i++)
        lr.rgb[i] = (uint8_t)(i * 7919 % 251);
    REQUIRE(upscaler_run(u, &lr, &sr) == 0);
    CHECK_NO_ERROR();
    int wrong = 0;
    for (int y = 0; y < sr.height; y++)
        for (int x = 0; x < sr.width * 3; x++)
            wrong += sr.rgb[y * sr.width * 3 + x] != lr.rgb[y / 2 * 600 + x / 6 * 3 + x % 3];
    CHECK(sr.width == 400 && sr.height == 300 && wrong == 0);
    image_free(&lr);
    image_free(&sr);
    upscaler_free(u);
}

TEST(onnx_runtimes_lack_of_memory_is_told_as_such)
{
    pretend();
    Engine *e = engine_open(pointwise("sessions-lack.onnx"), PRECISION_FP32, ONNX_RUNTIME);
    REQUIRE(e != NULL);
    float *input = calloc(3 * 80 * 80, sizeof *input);
    float *output = calloc(3 * 160 * 160, sizeof *output);
    CHECK(engine_run(e, input, 80, 80, output) == -1);
    CHECK_ERROR(ERROR_MEMORY, "sessions-lack.onnx: ONNX Runtime: ");
    CHECK(engine_run(e, input, 60, 60, output) == 0);
    CHECK_NO_ERROR();
    free(input);
    free(output);
    engine_free(e);
}

/* A network that nobody here can read, for pictures of one size alone, without its scale. */
static const char *fixed(const char *name, int64_t height, int64_t width)
{
    Onnx__ModelProto *model = onnx_new("mystery");
    onnx_add_input(model->graph, "x", 3, "h", "w");
    onnx_add_output(model->graph, "y", 3, "H", "W");
    onnx_add_node_input(onnx_add_node(model->graph, "Mystery", "mystery", "y"), "x");
    Onnx__TensorShapeProto__Dimension **extents =
        model->graph->input[0]->type->tensor_type->shape->dim;
    for (int i = 2; i < 4; i++) {
        free(extents[i]->dim_param);
        extents[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        extents[i]->dim_value = i == 2 ? height : width;
    }
    size_t count = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_new(count);
    onnx__model_proto__pack(model, bytes);
    const char *path = unit_scratch(name);
    FILE *file = fopen(path, "wb");
    REQUIRE(file && fwrite(bytes, 1, count, file) == count && fclose(file) == 0);
    free(bytes);
    onnx_free(model);
    return path;
}

TEST(a_small_file_for_a_huge_picture_is_refused)
{
    pretend();
    Engine *e = engine_open(fixed("sessions-40.onnx", 40, 30), PRECISION_FP32, ONNX_RUNTIME);
    CHECK(e && e->scale == 2 && e->height == 40 && e->width == 30);
    CHECK_NO_ERROR();
    engine_free(e);
    CHECK(!engine_open(fixed("sessions-huge.onnx", 65536, 65536), PRECISION_FP32, ONNX_RUNTIME));
    CHECK_ERROR(ERROR_FORMAT, "sessions-huge.onnx: takes 65536x65536 pixels alone");
}
