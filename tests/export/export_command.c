#include "export/export_command.h"

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "nets/model.h"
#include "nets/onnx/build.h"
#include "nets/onnx/file.h"
#include "nets/srvgg.h"
#include "nets/unet.h"
#include "tests/export/unfinished.h"
#include "tests/unit.h"

#define RUN(...) run((char *[]){"export", __VA_ARGS__, "-q", NULL})
static int run(char **arguments)
{
    int count = 0;
    while (arguments[count])
        count++;
    return export_command(count, arguments);
}

static const char *write_network(const char *name, const Architecture *a, const char *config,
                                 int scale)
{
    const char *path = unit_scratch(name);
    cJSON *object = cJSON_Parse(config);
    Specification s;
    REQUIRE(specification_parse(&s, object, a->kind, scale, "test") == 0);
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 3);
    weights_set_text(weights, "unmush.provenance", "made by a test");
    REQUIRE(model_write(path, &s, weights) == 0);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    return path;
}

static const char *small_generator(void)
{
    return write_network("small.safetensors", &SRVGG,
                         "{\"type\":\"srvgg\",\"features\":6,\"convs\":2}", 3);
}

static const char *metadata(const Onnx__ModelProto *m, const char *key)
{
    for (size_t i = 0; i < m->n_metadata_props; i++)
        if (strcmp(m->metadata_props[i]->key, key) == 0)
            return m->metadata_props[i]->value;
    return "";
}

TEST(onnx_files_say_what_they_are)
{
    const char *out = unit_scratch("small.onnx");
    CHECK(RUN((char *)small_generator(), "-o", (char *)out, "--verify") == 0);
    CHECK_NO_ERROR();
    Onnx__ModelProto *m = onnx_file_read(out);
    REQUIRE(m != NULL);
    CHECK(m->ir_version == 8 && m->n_opset_import == 1 && m->opset_import[0]->version == 17);
    CHECK(strcmp(m->producer_name, "unmush") == 0);
    CHECK(strcmp(m->graph->name, "small") == 0);
    CHECK(strcmp(m->graph->input[0]->name, "input") == 0);
    CHECK(strcmp(m->graph->output[0]->name, "output") == 0);
    CHECK(strcmp(m->graph->output[0]->type->tensor_type->shape->dim[2]->dim_param, "height*3") ==
          0);
    CHECK(strcmp(m->graph->initializer[0]->name, "body.0.weight") == 0);
    CHECK(strcmp(metadata(m, "unmush.scale"), "3") == 0);
    CHECK(strcmp(metadata(m, "unmush.colour"), "RGB 0..1") == 0);
    CHECK(strcmp(metadata(m, "unmush.name"), "small") == 0);
    CHECK(strcmp(metadata(m, "unmush.provenance"), "made by a test") == 0);
    CHECK(strstr(metadata(m, "unmush.graph"), "\"features\":6") != NULL);
    /* Four 3x3 convolutions reach 4 pixels to each side, and an output pixel's centre lies up to
     * one more away from its input pixel's. */
    int overlap = atoi(metadata(m, "unmush.overlap"));
    CHECK(overlap == 4 || overlap == 5);
    CHECK(strstr(m->doc_string, "SRVGG") != NULL);
    onnx_free(m);
}

TEST(safetensors_hold_the_same_values_under_the_same_keys)
{
    const char *in = small_generator(), *out = unit_scratch("copy.safetensors");
    CHECK(RUN((char *)in, "-o", (char *)out, "--verify") == 0);
    CHECK_NO_ERROR();
    Weights *a = weights_read(in), *b = weights_read(out);
    REQUIRE(a && b && a->count == b->count);
    for (int i = 0; i < a->count; i++) {
        const Weight *w = weights_find(b, a->items[i].key);
        REQUIRE(w && weight_same_shape(w, &a->items[i]));
        CHECK(memcmp(w->values, a->items[i].values, (size_t)w->count * sizeof(float)) == 0);
    }
    CHECK(strcmp(weights_text(b, "unmush.provenance"), "made by a test") == 0);
    weights_free(a);
    weights_free(b);
}

TEST(the_format_option_wins_over_the_extension)
{
    const char *out = unit_scratch("model.xyz");
    CHECK(RUN((char *)small_generator(), "-o", (char *)out) == -1);
    CHECK_ERROR(ERROR_USAGE, "ends in none of .onnx, .safetensors, .pth, .param, .bin");
    CHECK(RUN((char *)small_generator(), "-o", (char *)out, "--format=onnx") == 0);
    Onnx__ModelProto *m = onnx_file_read(out);
    CHECK(m != NULL);
    onnx_free(m);
}

TEST(a_discriminator_is_refused_by_name)
{
    const char *in =
        write_network("judge.safetensors", &UNET, "{\"type\":\"unet\",\"features\":4}", 1);
    const char *out = unit_scratch("judge.onnx");
    CHECK(RUN((char *)in, "-o", (char *)out) == -1);
    CHECK_ERROR(ERROR_FORMAT, "is no upscaler");
    CHECK(!file_exists(out));
}

TEST(a_model_whose_output_is_not_a_number_leaves_no_file)
{
    const char *in = small_generator(), *out = unit_scratch("nan.onnx");
    Model *model = model_read(in);
    REQUIRE(model != NULL);
    weights_find(model->weights, "body.0.bias")->values[0] = NAN;
    REQUIRE(model_write(in, &model->specification, model->weights) == 0);
    model_free(model);
    CHECK(RUN((char *)in, "-o", (char *)out, "--verify") == -1);
    CHECK_ERROR(ERROR_FORMAT, "differs from the model");
    CHECK(!file_exists(out));
    CHECK(unfinished_of(out) == 0);
}

TEST(wrong_command_lines_and_files_are_one_line)
{
    CHECK(RUN((char *)small_generator()) == -1);
    CHECK_ERROR(ERROR_USAGE, "-o is missing");
    CHECK(RUN("no-such.pth", "-o", (char *)unit_scratch("x.onnx")) == -1);
    CHECK_ERROR(ERROR_FILE, "no-such.pth");
    CHECK(RUN((char *)small_generator(), "-o", "no/such/folder/x.onnx", "--verify") == -1);
    CHECK_ERROR(ERROR_FILE, "no/such/folder/x.onnx");
}

TEST(the_published_network_exports_from_all_three_of_its_files)
{
    static const char *const NAMES[] = {"weights/realesr-animevideov3-x4.pth",
                                        "weights/realesr-animevideov3-x4-legacy.pth",
                                        "weights/realesr-animevideov3-x4.safetensors"};
    uint8_t *first = NULL;
    size_t first_count = 0;
    for (int i = 0; i < 3; i++) {
        const char *in = unit_shared(NAMES[i]), *out = unit_scratch("published.onnx");
        if (!in) {
            unit_skip("no shared weights");
            break;
        }
        CHECK(RUN((char *)in, "-o", (char *)out) == 0);
        CHECK_NO_ERROR();
        Onnx__ModelProto *m = onnx_file_read(out);
        REQUIRE(m != NULL);
        free(m->graph->name);
        m->graph->name = memory_copy_string("same");
        size_t count = onnx__graph_proto__get_packed_size(m->graph);
        uint8_t *bytes = memory_new(count);
        onnx__graph_proto__pack(m->graph, bytes);
        onnx_free(m);
        CHECK(!first || (count == first_count && memcmp(first, bytes, count) == 0));
        if (first)
            free(bytes);
        else
            first = bytes, first_count = count;
    }
    free(first);
}

TEST(wrong_formats_and_folders_are_refused_and_an_old_unfinished_export_is_in_no_ones_way)
{
    const char *out = unit_scratch("refused.onnx");
    CHECK(RUN((char *)small_generator(), "-o", (char *)out, "--format=tiff") == -1);
    CHECK_ERROR(ERROR_USAGE, "--format=tiff is not one of auto, onnx, safetensors, pth");
    char *unfinished = memory_print("%s.unfinished/deep", out);
    REQUIRE(file_make_directories(unfinished) == 0);
    CHECK(RUN((char *)small_generator(), "-o", (char *)out) == 0);
    CHECK_NO_ERROR();
    /* Whoever left it: it stays. */
    CHECK(file_exists(out) && file_is_directory(unfinished) && unfinished_of(out) == 1);
    CHECK(RUN((char *)small_generator(), "-o", unfinished, "--format=onnx") == -1);
    CHECK_ERROR(ERROR_FILE, "deep: is a folder");
    free(unfinished);
}

TEST(a_pth_holds_the_published_keys_where_others_look_and_nothing_else)
{
    const char *in = small_generator(), *out = unit_scratch("small.pth");
    CHECK(RUN((char *)in, "-o", (char *)out, "--verify") == 0);
    CHECK_NO_ERROR();
    size_t count;
    uint8_t *bytes = file_read_whole(out, 1 << 20, &count);
    REQUIRE(bytes != NULL);
    CHECK(memmem(bytes, count, "X\6\0\0\0params", 11) != NULL);
    free(bytes);
    Weights *a = weights_read(in), *b = weights_read(out);
    REQUIRE(a && b && a->count == b->count);
    for (int i = 0; i < a->count; i++) {
        CHECK(strcmp(a->items[i].key, b->items[i].key) == 0);
        REQUIRE(weight_same_shape(&a->items[i], &b->items[i]));
        CHECK(memcmp(a->items[i].values, b->items[i].values,
                     (size_t)a->items[i].count * sizeof(float)) == 0);
    }
    CHECK(b->text_count == 0);
    weights_free(a);
    weights_free(b);
}

TEST(a_network_that_keys_do_not_tell_is_no_pth)
{
    const char *in =
        write_network("relu.safetensors", &SRVGG,
                      "{\"type\":\"srvgg\",\"features\":6,\"convs\":2,\"activation\":\"relu\"}", 2);
    const char *out = unit_scratch("relu.pth");
    CHECK(RUN((char *)in, "-o", (char *)out) == -1);
    CHECK_ERROR(ERROR_FORMAT, "do not tell this network; export .safetensors or .onnx");
    CHECK(!file_exists(out));
}
