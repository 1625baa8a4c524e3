/* ONNX files that PyTorch's exporter wrote (tests/fixtures/onnx/exported.py): read as graphs, they
 * compute what PyTorch computed. */
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "nets/elements.h"
#include "nets/model.h"
#include "nets/network.h"
#include "nets/onnx/interface.h"
#include "nets/onnx/read.h"
#include "tests/unit.h"

static const char *const EXPORTED[] = {"compact-9",  "compact-9-open", "compact-11",
                                       "compact-17", "rrdb-10",        "rrdb-13",
                                       "rrdb-x2-16", "mixed-11",       "mixed-14"};
enum { EXPORTED_COUNT = sizeof EXPORTED / sizeof *EXPORTED };

static char *exported_path(const char *name)
{
    char *relative = memory_print("onnx/%s.onnx", name);
    char *path = memory_copy_string(unit_fixture(relative));
    free(relative);
    return path;
}

/* The values of {"shape":[n,c,h,w],"values":[...]}, times `factor`. */
static float *read_picture(const cJSON *object, int64_t *shape, double factor)
{
    const cJSON *extents = cJSON_GetObjectItem(object, "shape"), *value;
    const cJSON *values = cJSON_GetObjectItem(object, "values");
    REQUIRE(cJSON_GetArraySize(extents) == 4);
    for (int i = 0; i < 4; i++)
        shape[i] = (int64_t)cJSON_GetArrayItem(extents, i)->valuedouble;
    int64_t count = shape[0] * shape[1] * shape[2] * shape[3], at = 0;
    REQUIRE(cJSON_GetArraySize(values) == count);
    float *picture = memory_array((size_t)count, sizeof *picture);
    cJSON_ArrayForEach(value, values) picture[at++] = (float)(value->valuedouble * factor);
    return picture;
}

static void check_computes(const Model *model, const cJSON *given, const cJSON *expected)
{
    int64_t from[4], to[4];
    float *input = read_picture(given, from, 1.0 / 255), *wanted = read_picture(expected, to, 1);
    int64_t count = to[0] * to[1] * to[2] * to[3];
    float *found = memory_array((size_t)count, sizeof *found);
    Network *network = network_new(model->graph, model->weights, PRECISION_FP32);
    tensor_scope_begin();
    tensor_no_grad_begin();
    Tensor *output =
        network_forward(network, tensor_from_floats(input, 4, from), FORWARD_FROZEN, NULL);
    CHECK(tensor_to_floats(output, found, count) == 0);
    tensor_no_grad_end();
    tensor_scope_end();
    double range = 1, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        /* The last node's limits are left to whoever makes bytes of the picture. */
        bool limited = model->specification.architecture == &FOREIGN;
        double value = limited ? fmin(fmax((double)found[i], 0), 1) : (double)found[i];
        range = fmax(range, fabs((double)wanted[i]));
        largest = fmax(largest, fabs(value - (double)wanted[i]));
    }
    CHECK(largest <= 2e-5 * range);
    network_free(network);
    free(input);
    free(wanted);
    free(found);
}

TEST(files_of_pytorchs_exporter_compute_what_pytorch_computes)
{
    size_t length;
    char *text = (char *)file_read_whole(unit_fixture("onnx/exported.json"), 1 << 20, &length);
    cJSON *oracle = text ? json_parse(text, length, "exported.json") : NULL;
    REQUIRE(oracle != NULL);
    const cJSON *results = cJSON_GetObjectItem(oracle, "results");
    for (int i = 0; i < EXPORTED_COUNT; i++) {
        char *path = exported_path(EXPORTED[i]);
        Model *model = model_read(path);
        CHECK_NO_ERROR();
        REQUIRE(model != NULL && model->onnx);
        check_computes(model, cJSON_GetObjectItem(oracle, "picture"),
                       cJSON_GetObjectItem(results, EXPORTED[i]));
        CHECK_NO_ERROR();
        model_free(model);
        free(path);
    }
    cJSON_Delete(oracle);
    free(text);
}

TEST(known_networks_are_recognised_in_files_of_other_exporters)
{
    static const struct {
        const char *file, *architecture;
        int scale;
    } KNOWN[] = {{"compact-9", "srvgg", 2},  {"compact-9-open", "srvgg", 2},
                 {"compact-17", "srvgg", 4}, {"rrdb-10", "rrdb", 4},
                 {"rrdb-x2-16", "rrdb", 2},  {"mixed-14", "onnx", 2}};
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        char *path = exported_path(KNOWN[i].file);
        Model *model = model_read(path);
        REQUIRE(model != NULL);
        CHECK(strcmp(model->specification.architecture->name, KNOWN[i].architecture) == 0);
        CHECK(model->specification.scale == KNOWN[i].scale);
        model_free(model);
        free(path);
    }
}

TEST(a_network_of_no_known_architecture_is_no_safetensors_file)
{
    char *path = exported_path("mixed-11");
    Model *model = model_read(path);
    REQUIRE(model != NULL && model->specification.architecture == &FOREIGN);
    const char *out = unit_scratch("foreign.safetensors");
    CHECK(model_write(out, &model->specification, model->weights) == -1);
    CHECK_ERROR(ERROR_FORMAT, "only ONNX can hold this network");
    CHECK(!file_exists(out));
    model_free(model);
    free(path);
}

TEST(an_interface_tells_names_and_fixed_sizes)
{
    OnnxInterface interface;
    char *fixed = exported_path("compact-9"), *open = exported_path("compact-17");
    REQUIRE(onnx_interface_read(fixed, &interface) == 0);
    CHECK(strcmp(interface.input, "image") == 0 && strcmp(interface.output, "large") == 0);
    CHECK(interface.height == 8 && interface.width == 6 && interface.channels == 3);
    CHECK(interface.scale == 2 && interface.opset == 9 && !interface.half);
    CHECK(strcmp(interface.producer, "pytorch 1.13.0") == 0);
    onnx_interface_free(&interface);
    REQUIRE(onnx_interface_read(open, &interface) == 0);
    CHECK(interface.height == 0 && interface.width == 0 && interface.scale == 0);
    onnx_interface_free(&interface);
    free(fixed);
    free(open);
}

TEST(damaged_files_of_other_exporters_are_read_or_refused)
{
    for (int i = 0; i < EXPORTED_COUNT; i++) {
        char *path = exported_path(EXPORTED[i]);
        size_t count;
        uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
        REQUIRE(bytes != NULL);
        for (size_t at = (size_t)i; at < count; at += 1 + count / 120) {
            OnnxNetwork network;
            bytes[at] ^= (uint8_t)(1 << at % 8);
            int result = onnx_parse(bytes, count, "damaged.onnx", &network);
            CHECK((result == 0) == (error_pending() == ERROR_NONE));
            if (result == 0)
                onnx_network_free(&network);
            error_clear();
            bytes[at] ^= (uint8_t)(1 << at % 8);
            if (onnx_parse(bytes, at, "cut.onnx", &network) == 0)
                onnx_network_free(&network);
            error_clear();
        }
        free(bytes);
        free(path);
    }
}

TEST(safetensors_and_torch_files_are_not_taken_for_onnx)
{
    const char *path = unit_scratch("plain.safetensors");
    static const uint8_t HEADER[] = {8, 1, 18, 0, 0, 0, 0, 0, '{', '}'};
    REQUIRE(file_write_whole(path, HEADER, sizeof HEADER) == 0);
    CHECK(model_read(path) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "plain.safetensors: ");
}

TEST(halves_come_back_as_they_were_converted)
{
    uint16_t half, again;
    float value;
    for (uint32_t bits = 0; bits < 0x7c00; bits += 5) {
        half = (uint16_t)bits;
        element_convert(ELEMENT_F16, (const uint8_t *)&half, 1, &value);
        element_to_half(&value, 1, &again);
        CHECK(again == half);
    }
    value = 65520;
    element_to_half(&value, 1, &again);
    CHECK(again == 0x7c00);
    value = 1.00048828125f; /* between 1 and 1 + 2^-10: to even */
    element_to_half(&value, 1, &again);
    CHECK(again == 0x3c00);
    value = NAN;
    element_to_half(&value, 1, &again);
    CHECK((again & 0x7fff) > 0x7c00);
}
