/* Networks that take only multiples, made to take any size; in memory and in ONNX files. */
#include "nets/any_size.h"

#include "core/error.h"
#include "nets/model.h"
#include "nets/network.h"
#include "nets/onnx/read.h"
#include "nets/onnx/write.h"
#include "tests/unit.h"

static Model *unshuffling_model(void)
{
    Model *model = calloc(1, sizeof *model);
    cJSON *object = cJSON_Parse("{\"type\":\"rrdb\",\"features\":8,\"growth\":4,\"blocks\":1}");
    REQUIRE(specification_parse(&model->specification, object, KIND_GENERATOR, 2, "test") == 0);
    model->graph = specification_build(&model->specification);
    model->weights = graph_initial_weights(model->graph, 3);
    cJSON_Delete(object);
    return model;
}

/* The output for a picture of noise, (3, 2h, 2w). */
static float *output_of(const Graph *g, const Weights *weights, const float *picture, int64_t h,
                        int64_t w, int64_t *count)
{
    const int64_t shape[4] = {1, 3, h, w};
    REQUIRE(tensor_begin(1, "cpu") == 0);
    Network *network = network_new(g, weights, PRECISION_FP32);
    tensor_scope_begin();
    Tensor *output =
        network_forward(network, tensor_from_floats(picture, 4, shape), FORWARD_FROZEN, NULL);
    *count = error_pending() ? 0 : tensor_count(output);
    float *values = calloc((size_t)*count + 1, sizeof *values);
    CHECK(tensor_to_floats(output, values, *count) == 0);
    tensor_scope_end();
    network_free(network);
    return values;
}

TEST(a_network_of_any_size_computes_what_the_mirrored_picture_gives)
{
    enum { H = 8, W = 10, SIDE = H - 1, ACROSS = W - 1 };
    Model *model = unshuffling_model();
    Graph *any = graph_of_any_size(model->graph, 2, 2);
    REQUIRE(any != NULL);
    float odd[3 * SIDE * ACROSS], even[3 * H * W];
    for (int i = 0; i < 3 * SIDE * ACROSS; i++)
        odd[i] = (float)(i * 37 % 101) / 101;
    for (int i = 0; i < 3 * H * W; i++) {
        int c = i / (H * W), y = i / W % H, x = i % W;
        even[i] =
            odd[(c * SIDE + (y < SIDE ? y : SIDE - 2)) * ACROSS + (x < ACROSS ? x : ACROSS - 2)];
    }
    int64_t count, whole;
    float *found = output_of(any, model->weights, odd, SIDE, ACROSS, &count);
    float *expected = output_of(model->graph, model->weights, even, H, W, &whole);
    CHECK_NO_ERROR();
    REQUIRE(count == 3 * 4 * SIDE * ACROSS && whole == 3 * 4 * H * W);
    for (int i = 0; i < count; i++) {
        int c = i / (4 * SIDE * ACROSS), y = i / (2 * ACROSS) % (2 * SIDE), x = i % (2 * ACROSS);
        CHECK_NEAR(found[i], expected[(c * 2 * H + y) * 2 * W + x], 1e-6);
    }
    CHECK(!graph_same(any, model->graph) && graph_same_of_any_size(model->graph, 2, any));
    CHECK(!graph_same_of_any_size(model->graph, 2, model->graph));
    free(found);
    free(expected);
    graph_free(any);
    model_free(model);
}

TEST(a_network_of_any_size_is_read_back_from_onnx_as_the_one_it_was)
{
    const char *path = unit_scratch("any_size.onnx");
    Model *model = unshuffling_model();
    Graph *any = graph_of_any_size(model->graph, 2, 2);
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 2};
    REQUIRE(any && onnx_write(path, any, model->weights, &about) == 0);
    OnnxNetwork network;
    REQUIRE(onnx_read(path, &network) == 0);
    CHECK(graph_same(network.graph, any));
    onnx_network_free(&network);
    Model *again = model_read(path);
    CHECK_NO_ERROR();
    REQUIRE(again != NULL);
    CHECK(strcmp(again->specification.architecture->name, "rrdb") == 0);
    CHECK(graph_same(again->graph, model->graph));
    model_free(again);
    graph_free(any);
    model_free(model);
}
