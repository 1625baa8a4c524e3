/* ONNX in float16: what becomes half, what stays float32, and that it computes the same. */
#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "export/export_command.h"
#include "export/verify.h"
#include "nets/elements.h"
#include "nets/model.h"
#include "nets/onnx/build.h"
#include "nets/onnx/file.h"
#include "tests/export/networks.h"
#include "tests/unit.h"

enum {
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    HALF = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16
};

static const Onnx__TensorProto *constant(const Onnx__ModelProto *m, const char *name)
{
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        if (strcmp(m->graph->initializer[i]->name, name) == 0)
            return m->graph->initializer[i];
    return NULL;
}

/* The first node of that operation. */
static const Onnx__NodeProto *node(const Onnx__ModelProto *m, const char *operation)
{
    for (size_t i = 0; i < m->graph->n_node; i++)
        if (strcmp(m->graph->node[i]->op_type, operation) == 0)
            return m->graph->node[i];
    return NULL;
}

/* What the node that makes a value casts to; 0: it is no cast. */
static int64_t cast_of(const Onnx__ModelProto *m, const char *value)
{
    for (size_t i = 0; i < m->graph->n_node; i++)
        if (strcmp(m->graph->node[i]->output[0], value) == 0)
            return strcmp(m->graph->node[i]->op_type, "Cast") == 0
                       ? m->graph->node[i]->attribute[0]->i
                       : 0;
    return 0;
}

static bool all_are_read(const Onnx__ModelProto *m)
{
    for (size_t k = 0; k < m->graph->n_initializer; k++) {
        bool read = false;
        for (size_t i = 0; i < m->graph->n_node; i++)
            for (size_t n = 0; n < m->graph->node[i]->n_input; n++)
                read |= strcmp(m->graph->node[i]->input[n], m->graph->initializer[k]->name) == 0;
        if (!read)
            return false;
    }
    return true;
}

static Onnx__ModelProto *write_half(NetworkBuilder *build)
{
    const char *path = unit_scratch("half-network.onnx");
    TestNetwork network = test_network(build);
    CHECK(test_network_write_half(&network, path) == 0);
    CHECK_NO_ERROR();
    test_network_free(&network);
    return onnx_file_read(path);
}

/* The enlarged picture is added to the result, as in most generators. */
static Node *enlarged(Graph *g, Node *x)
{
    Node *image = g->nodes[0];
    x = layer_pixel_shuffle(g, layer_conv(g, "last", layer_prelu(g, "act", x), 12, 3), 2);
    return layer_add(g, x, layer_nearest(g, image, 2));
}
TEST(weights_become_half_and_the_picture_stays_float)
{
    Onnx__ModelProto *m = write_half(enlarged);
    REQUIRE(m != NULL);
    CHECK(constant(m, "first.weight")->data_type == HALF);
    CHECK(constant(m, "act.weight")->data_type == HALF);
    CHECK(constant(m, "last.bias")->data_type == HALF);
    CHECK(m->graph->input[0]->type->tensor_type->elem_type == FLOAT);
    CHECK(m->graph->output[0]->type->tensor_type->elem_type == FLOAT);
    const Onnx__NodeProto *resize = node(m, "Resize"), *add = node(m, "Add");
    CHECK(strcmp(resize->input[0], "input") == 0);
    CHECK(constant(m, resize->input[2])->data_type == FLOAT);
    CHECK(cast_of(m, add->input[0]) == FLOAT);
    CHECK(strcmp(add->input[1], resize->output[0]) == 0);
    CHECK(strcmp(add->output[0], "output") == 0);
    CHECK(cast_of(m, node(m, "Conv")->input[0]) == HALF);
    CHECK(all_are_read(m));
    onnx_free(m);
}

static Node *normed(Graph *g, Node *x)
{
    x = layer_conv(g, "middle", layer_layer_norm(g, "norm", x, 1e-6), 8, 3);
    return layer_group_norm(g, "groups", x, 2);
}
TEST(norms_sum_in_float)
{
    Onnx__ModelProto *m = write_half(normed);
    REQUIRE(m != NULL);
    const Onnx__NodeProto *layer = node(m, "LayerNormalization");
    CHECK(cast_of(m, layer->input[0]) == FLOAT);
    CHECK(constant(m, layer->input[1])->data_type == FLOAT);
    CHECK(cast_of(m, node(m, "InstanceNormalization")->input[0]) == FLOAT);
    CHECK(constant(m, "groups.weight")->data_type == HALF);
    CHECK(cast_of(m, "output") == FLOAT);
    onnx_free(m);
}

static Node *moved(Graph *g, Node *x)
{
    Node *blocks = layer_pixel_unshuffle(g, layer_repeat(g, g->nodes[0], 2), 2);
    return layer_conv(
        g, "last", layer_concat(g, (Node *[]){layer_max_pool(g, x, 2, 2, false), blocks}, 2), 3, 1);
}
TEST(pixels_that_only_move_stay_float)
{
    Onnx__ModelProto *m = write_half(moved);
    REQUIRE(m != NULL);
    CHECK(constant(m, "repeat_2.ones")->data_type == FLOAT);
    CHECK(constant(m, "pixel_unshuffle_3.picks")->data_type == FLOAT);
    CHECK(constant(m, "last.weight")->data_type == HALF);
    onnx_free(m);
}

static Node *bent(Graph *g, Node *x)
{
    Node *parts[] = {layer_silu(g, x), layer_mish(g, x), layer_gelu(g, x),
                     layer_affine(g, x, 0.3, -0.7)};
    x = layer_conv(g, "after", layer_concat(g, parts, 4), 6, 3);
    x = layer_add_scaled(g, layer_slice(g, x, 0, 3), layer_slice(g, x, 3, 3), 0.2);
    return layer_bilinear(g, layer_leaky_relu(g, layer_sigmoid(g, x), 0.1), 2);
}
TEST(half_files_come_back_as_the_same_network)
{
    static NetworkBuilder *const BUILDERS[] = {enlarged, moved, bent};
    for (int i = 0; i < 3; i++) {
        const char *path = unit_scratch("half-round.onnx");
        TestNetwork network = test_network(BUILDERS[i]);
        OnnxNetwork read;
        REQUIRE(test_network_write_half(&network, path) == 0);
        REQUIRE(onnx_read(path, &read) == 0);
        CHECK(read.graph->count == network.graph->count);
        Agreement agreement;
        Runnable original = {network.graph, network.weights}, written = {read.graph, read.weights};
        CHECK(verify_agreement("half", original, written, VERIFY_HALF, &agreement) == 0);
        CHECK(agreement.largest > 0);
        CHECK_NO_ERROR();
        onnx_network_free(&read);
        test_network_free(&network);
    }
}

TEST(halves_are_the_nearest_ones)
{
    const char *path = unit_scratch("half-nearest.onnx");
    TestNetwork network = test_network(enlarged);
    OnnxNetwork read;
    REQUIRE(test_network_write_half(&network, path) == 0);
    REQUIRE(onnx_read(path, &read) == 0);
    const Weight *from = weights_find(network.weights, "last.weight");
    const Weight *to = weights_find(read.weights, "last.weight");
    REQUIRE(from && to && weight_same_shape(from, to));
    for (int64_t i = 0; i < from->count; i++) {
        uint16_t half;
        float nearest;
        element_to_half(&from->values[i], 1, &half);
        element_convert(ELEMENT_F16, (const uint8_t *)&half, 1, &nearest);
        CHECK(to->values[i] == nearest);
    }
    onnx_network_free(&read);
    test_network_free(&network);
}

TEST(a_weight_beyond_float16_is_refused_by_name)
{
    const char *path = unit_scratch("half-large.onnx");
    TestNetwork network = test_network(enlarged);
    weights_find(network.weights, "last.weight")->values[3] = 7e4f;
    CHECK(test_network_write_half(&network, path) != 0);
    CHECK_ERROR(ERROR_FORMAT, "half-large.onnx: last.weight holds 70000, which float16 cannot");
    CHECK(!file_exists(path));
    test_network_free(&network);
}

static int run_export(const char *json, int scale, const char *output)
{
    char *source = memory_copy_string(unit_scratch("half-generator.safetensors"));
    cJSON *object = cJSON_Parse(json);
    Specification s;
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, scale, "test") == 0);
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 3);
    CHECK(model_write(source, &s, weights) == 0);
    char *arguments[] = {"export", "-q", source, "-o", (char *)output, "--half", "--verify", NULL};
    int result = export_command(7, arguments);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    free(source);
    return result;
}

TEST(generators_are_exported_in_half_and_verified)
{
    static const char *const GENERATORS[] = {
        "{\"type\":\"srvgg\",\"features\":8,\"convs\":3}",
        "{\"type\":\"rrdb\",\"features\":8,\"growth\":4,\"blocks\":2}",
        "{\"type\":\"edsr\",\"features\":8,\"blocks\":2}",
        "{\"type\":\"msrresnet\",\"features\":8,\"blocks\":2}",
        "{\"type\":\"span\",\"features\":8}",
        "{\"type\":\"span\",\"features\":8,\"norm\":false}"};
    for (int i = 0; i < 6; i++) {
        CHECK(run_export(GENERATORS[i], 2, unit_scratch("half-generator.onnx")) == 0);
        CHECK_NO_ERROR();
    }
}

TEST(other_formats_refuse_half)
{
    const char *out = unit_scratch("half-refused.safetensors");
    CHECK(run_export("{\"type\":\"srvgg\",\"features\":8,\"convs\":1}", 2, out) != 0);
    CHECK_ERROR(ERROR_USAGE, "--half is not for safetensors");
}
