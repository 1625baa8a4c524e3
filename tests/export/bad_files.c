/* Files that are not what onnx_write writes: one clear line, nothing left over. */
#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "nets/onnx/build.h"
#include "tests/export/networks.h"
#include "tests/unit.h"

static void check_refused(const char *path, const char *message)
{
    OnnxNetwork network;
    CHECK(onnx_read(path, &network) == -1);
    CHECK_ERROR(error_pending() == ERROR_FILE ? ERROR_FILE : ERROR_FORMAT, message);
}

static void write_bytes(const char *path, const void *bytes, size_t count)
{
    REQUIRE(file_write_whole(path, bytes, count) == 0);
}

/* Packs and frees. */
static const char *write_message(Onnx__ModelProto *model)
{
    const char *path = unit_scratch("made.onnx");
    size_t count = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_new(count);
    onnx__model_proto__pack(model, bytes);
    write_bytes(path, bytes, count);
    free(bytes);
    onnx_free(model);
    return path;
}

static void check_message_refused(Onnx__ModelProto *model, const char *message)
{
    check_refused(write_message(model), message);
}

/* input -> Conv first (3 to 3 channels, 1x1) -> "first.result"; no output yet. */
static Onnx__ModelProto *beginning(void)
{
    static const float IDENTITY[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    Onnx__ModelProto *m = onnx_new("made");
    onnx_add_input(m->graph, "input", 3, "height", "width");
    onnx_add_constant(m->graph, "first.weight", 4, (int64_t[]){3, 3, 1, 1}, IDENTITY);
    Onnx__NodeProto *conv = onnx_add_node(m->graph, "Conv", "first", "first.result");
    onnx_add_node_input(conv, "input");
    onnx_add_node_input(conv, "first.weight");
    onnx_set_integers(conv, "kernel_shape", 2, 1);
    onnx_add_output(m->graph, "first.result", 3, "height", "width");
    return m;
}

static Onnx__NodeProto *follow(Onnx__ModelProto *m, const char *operation)
{
    Onnx__NodeProto *node = onnx_add_node(m->graph, operation, "odd", "odd.result");
    onnx_add_node_input(node, "first.result");
    return node;
}

TEST(the_plain_beginning_is_accepted)
{
    OnnxNetwork network;
    CHECK(onnx_read(write_message(beginning()), &network) == 0);
    CHECK_NO_ERROR();
    CHECK(network.graph->count == 2);
    onnx_network_free(&network);
}

TEST(a_missing_file_is_named)
{
    check_refused("no/such/file.onnx", "no/such/file.onnx: cannot read");
}

TEST(garbage_and_an_empty_file_are_refused)
{
    const char *path = unit_scratch("garbage.onnx");
    write_bytes(path, "this is no protobuf at all", 26);
    check_refused(path, "not an ONNX file");
    write_bytes(path, "", 0);
    check_refused(path, "no graph in it");
}

static Node *chain(Graph *g, Node *x)
{
    return layer_pixel_shuffle(g, layer_prelu(g, "act", layer_conv(g, "up", x, 12, 3)), 2);
}

TEST(no_truncated_or_damaged_file_is_more_than_an_error)
{
    const char *path = unit_scratch("whole.onnx"), *cut = unit_scratch("cut.onnx");
    TestNetwork whole = test_network(chain);
    REQUIRE(test_network_write(&whole, path) == 0);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    REQUIRE(bytes != NULL);
    OnnxNetwork network;
    for (size_t keep = 0; keep < count; keep += 1 + count / 150) {
        write_bytes(cut, bytes, keep);
        CHECK(onnx_read(cut, &network) == -1);
        CHECK_ERROR(ERROR_FORMAT, "cut.onnx: ");
    }
    for (size_t at = 0; at < count; at += 1 + count / 300) {
        bytes[at] ^= 0x2f;
        write_bytes(cut, bytes, count);
        if (onnx_read(cut, &network) == 0)
            onnx_network_free(&network);
        error_clear();
        bytes[at] ^= 0x2f;
    }
    free(bytes);
    test_network_free(&whole);
}

TEST(deeply_nested_messages_are_refused_before_they_are_unpacked)
{
    /* graph { node { attribute { g { node { ... : from the inside out, each level with its length.
     */
    enum { LEVELS = 20000, ROOM = LEVELS * 16 };
    static const uint8_t TAGS[3] = {1 << 3 | 2, 5 << 3 | 2, 6 << 3 | 2};
    uint8_t *bytes = memory_new(ROOM);
    size_t at = ROOM;
    for (int i = 0; i < LEVELS; i++) {
        uint8_t length[10];
        int digits = 0;
        for (size_t rest = ROOM - at; digits == 0 || rest > 0; rest >>= 7)
            length[digits++] = (uint8_t)(rest & 127) | (rest > 127 ? 128 : 0);
        at -= (size_t)digits;
        memcpy(bytes + at, length, (size_t)digits);
        bytes[--at] = i == LEVELS - 1 ? 7 << 3 | 2 : TAGS[(LEVELS - 2 - i) % 3];
    }
    const char *path = unit_scratch("deep.onnx");
    write_bytes(path, bytes + at, ROOM - at);
    check_refused(path, "messages nest more deeply");
    free(bytes);
}

TEST(an_unknown_operation_is_named)
{
    Onnx__ModelProto *m = beginning();
    follow(m, "GridSample");
    check_message_refused(m, "made.onnx: GridSample odd: not an operation that unmush reads");
}

TEST(an_operation_of_another_domain_is_not_ours)
{
    Onnx__ModelProto *m = beginning();
    follow(m, "Relu")->domain = memory_copy_string("com.example");
    check_message_refused(m, "Relu odd: not an operation");
}

TEST(unknown_attributes_and_wrong_values_are_named)
{
    Onnx__ModelProto *m = beginning();
    onnx_set_text(follow(m, "Relu"), "flavour", "sweet");
    check_message_refused(m, "the attribute flavour is not one");
    m = beginning();
    onnx_set_text(follow(m, "LeakyRelu"), "alpha", "much");
    check_message_refused(m, "the attribute alpha has the wrong type");
    m = beginning();
    Onnx__NodeProto *shuffle = follow(m, "DepthToSpace");
    onnx_set_integer(shuffle, "blocksize", 1);
    onnx_set_text(shuffle, "mode", "DCR");
    check_message_refused(m, "mode is not CRD");
    m = beginning();
    shuffle = follow(m, "DepthToSpace");
    onnx_set_integer(shuffle, "blocksize", (int64_t)1 << 40);
    onnx_set_text(shuffle, "mode", "CRD");
    check_message_refused(m, "blocksize is 1099511627776, not within 1..16");
}

TEST(huge_and_false_extents_are_refused)
{
    static const int64_t SHAPES[][4] = {{INT64_MAX, 3, 1, 1},
                                        {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
                                        {(int64_t)1 << 32, (int64_t)1 << 32, 1, 9},
                                        {-3, -3, 1, 1},
                                        {0, 3, 1, 1},
                                        {3, 2, 1, 1}};
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        Onnx__ModelProto *m = beginning();
        memcpy(m->graph->initializer[0]->dims, SHAPES[i], sizeof SHAPES[i]);
        check_message_refused(m, "first.weight is not a float32 array of 4 dimensions");
    }
}

TEST(constants_of_other_types_or_outside_the_file_are_refused)
{
    Onnx__ModelProto *m = beginning();
    m->graph->initializer[0]->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    check_message_refused(m, "first.weight is not a float32 array");
    m = beginning();
    m->graph->initializer[0]->has_raw_data = 0;
    check_message_refused(m, "first.weight is not a float32 array");
}

TEST(missing_values_constants_and_outputs_are_named)
{
    Onnx__ModelProto *m = beginning();
    onnx_add_node_input(follow(m, "Add"), "nowhere");
    check_message_refused(m, "Add odd: reads nowhere, which no earlier node computes");
    m = beginning();
    onnx_add_node_input(follow(m, "PRelu"), "slopes");
    check_message_refused(m, "PRelu odd: the constant slopes is missing");
    m = beginning();
    m->graph->output[0]->name[0] = 'x';
    check_message_refused(m, "not one float output that a node computes");
    m = beginning();
    follow(m, "Concat");
    check_message_refused(m, "axis is 0");
}

TEST(channels_that_do_not_fit_are_refused)
{
    Onnx__ModelProto *m = beginning();
    m->graph->input[0]->type->tensor_type->shape->dim[1]->dim_value = 4;
    check_message_refused(m, "Conv first: weight and bias do not fit 4 channels");
    m = beginning();
    Onnx__NodeProto *shuffle = follow(m, "DepthToSpace");
    onnx_set_integer(shuffle, "blocksize", 2);
    onnx_set_text(shuffle, "mode", "CRD");
    OnnxNetwork network;
    CHECK(onnx_read(write_message(m), &network) == -1);
    CHECK_ERROR(ERROR_SHAPE, "made.onnx: pixel_shuffle: 3 channels, factor 2");
}

TEST(layers_that_share_their_parameters_get_copies_under_other_names)
{
    Onnx__ModelProto *m = beginning();
    Onnx__NodeProto *again = onnx_add_node(m->graph, "Conv", "again", "again.result");
    onnx_add_node_input(again, "first.result");
    onnx_add_node_input(again, "first.weight");
    OnnxNetwork network;
    REQUIRE(onnx_read(write_message(m), &network) == 0);
    CHECK(graph_find_parameter(network.graph, "first.weight") != NULL);
    CHECK(graph_find_parameter(network.graph, "again.weight") != NULL);
    onnx_network_free(&network);
}

TEST(opsets_that_are_too_old_are_refused)
{
    Onnx__ModelProto *m = beginning();
    m->opset_import[0]->version = 6;
    check_message_refused(m, "of opset 6, older than 7");
}

TEST(batches_of_several_pictures_and_second_inputs_are_refused)
{
    Onnx__ModelProto *m = beginning();
    Onnx__TensorShapeProto__Dimension *batch = m->graph->input[0]->type->tensor_type->shape->dim[0];
    free(batch->dim_param);
    batch->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    batch->dim_value = 2;
    check_message_refused(m, "does not take one picture");
    m = beginning();
    onnx_add_input(m->graph, "mask", 1, "height", "width");
    check_message_refused(m, "does not take one picture");
}

TEST(more_inputs_than_any_network_has_are_refused)
{
    Onnx__ModelProto *m = beginning();
    Onnx__NodeProto *node = follow(m, "Concat");
    for (int i = 0; i < 1 << 16; i++)
        onnx_add_node_input(node, "x");
    check_message_refused(m, "made.onnx: 65539 inputs of nodes are too many");
}

static const char *add_cast(Onnx__ModelProto *m, const char *from, const char *to)
{
    Onnx__NodeProto *node = onnx_add_node(m->graph, "Cast", to, to);
    onnx_add_node_input(node, from);
    onnx_set_integer(node, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    return to;
}

/* Names in another order than the casts. */
TEST(casts_in_a_row_lead_to_what_the_first_one_reads)
{
    Onnx__ModelProto *m = beginning();
    add_cast(m, add_cast(m, add_cast(m, "first.result", "m"), "z"), "b");
    Onnx__NodeProto *sum = onnx_add_node(m->graph, "Add", "sum", "sum.result");
    onnx_add_node_input(sum, "b");
    onnx_add_node_input(sum, "m");
    free(m->graph->output[0]->name);
    m->graph->output[0]->name = memory_copy_string("sum.result");
    OnnxNetwork network;
    REQUIRE(onnx_read(write_message(m), &network) == 0);
    const Node *output = network.graph->output;
    CHECK(network.graph->count == 3 && output->inputs[0] == output->inputs[1]);
    onnx_network_free(&network);
}

/* DequantizeLinear of int8 -> "odd.weight", which Conv reads. */
static Onnx__ModelProto *quantised(void)
{
    static const int8_t LEVELS[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const float STEPS[3] = {0.5f, 0.25f, 0.125f};
    Onnx__ModelProto *m = beginning();
    onnx_add_signed8(m->graph, "levels", 4, (int64_t[]){3, 3, 1, 1}, LEVELS);
    onnx_add_constant(m->graph, "steps", 1, (int64_t[]){3}, STEPS);
    Onnx__NodeProto *node = onnx_add_node(m->graph, "DequantizeLinear", "d", "odd.weight");
    onnx_add_node_input(node, "levels");
    onnx_add_node_input(node, "steps");
    onnx_set_integer(node, "axis", 0);
    return m;
}

TEST(steps_of_fewer_channels_than_a_constant_of_the_same_name_has_are_refused)
{
    enum { CHANNELS = 4096 };
    static const float WEIGHTS[CHANNELS * 3];
    Onnx__ModelProto *m = quantised();
    onnx_add_constant(m->graph, "odd.weight", 4, (int64_t[]){CHANNELS, 3, 1, 1}, WEIGHTS);
    onnx_add_node_input(follow(m, "Conv"), "odd.weight");
    check_message_refused(m, "Conv odd: 3 steps for 4096 channels");
}

TEST(steps_are_those_of_when_they_were_read)
{
    Onnx__ModelProto *m = quantised();
    Onnx__NodeProto *identity = onnx_add_node(m->graph, "Identity", "i", "steps");
    onnx_add_node_input(identity, "nowhere");
    onnx_add_node_input(follow(m, "Conv"), "odd.weight");
    free(m->graph->output[0]->name);
    m->graph->output[0]->name = memory_copy_string("odd.result");
    OnnxNetwork network;
    REQUIRE(onnx_read(write_message(m), &network) == 0);
    const Node *conv = network.graph->output;
    REQUIRE(conv->steps >= 0);
    const char *key = network.graph->parameters[conv->steps].key;
    CHECK(weights_find(network.weights, key)->values[2] == 0.125f);
    onnx_network_free(&network);
}
