/* What exported files say of themselves. */
#include "export/metadata.h"

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/sha256.h"
#include "export/export_command.h"
#include "nets/onnx/read.h"
#include "tests/unit.h"

#define RUN(...) run((char *[]){"export", "-q", __VA_ARGS__, NULL})
static int run(char **arguments)
{
    int count = 0;
    while (arguments[count])
        count++;
    return export_command(count, arguments);
}

static char *write_model(const char *name, const char *json, int scale)
{
    char *path = memory_copy_string(unit_scratch(name));
    cJSON *object = cJSON_Parse(json);
    Specification s;
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, scale, "test") == 0);
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 3);
    weights_set_text(weights, "unmush.config", "{\"name\":\"test\"}");
    CHECK(model_write(path, &s, weights) == 0);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    return path;
}

static char *small_model(void)
{
    return write_model("measured.safetensors", "{\"type\":\"srvgg\",\"features\":6,\"convs\":2}",
                       3);
}

/* A report with two models, the second measured of `source`; `figures` are the first one's. */
static char *write_report(const char *source, const char *figures, int scale)
{
    uint64_t digest[4];
    char text[65], *path = memory_copy_string(unit_scratch("metrics.json"));
    REQUIRE(sha256_file(source, digest) == 0);
    sha256_text(digest, text);
    char *json = memory_print(
        "{\"version\":\"9\",\"scale\":%d,\"degradation\":\"bicubic\","
        "\"set\":{\"name\":\"Set5\",\"pictures\":5},\"methods\":["
        "{\"name\":\"bicubic\",\"kind\":\"baseline\",\"mean\":{}},"
        "{\"name\":\"other\",\"kind\":\"model\",\"sha256\":\"00\",\"mean\":{%s}},"
        "{\"name\":\"mine\",\"kind\":\"model\",\"sha256\":\"%s\",\"mean\":{\"smoothing\":0.5,"
        "\"hallucination\":0.25,\"psnr_y\":30.5}}]}",
        scale, figures, text);
    REQUIRE(file_write_whole(path, json, strlen(json)) == 0);
    free(json);
    return path;
}

static const char GOOD[] = "\"smoothing\":0.75,\"hallucination\":0.125";

/* unmush.evaluation of what is exported with that argument. */
static char *evaluation_of(const char *source, const char *argument, const char *out)
{
    char *option = memory_print("--evaluation=%s", argument);
    CHECK(RUN((char *)source, "-o", (char *)out, option) == 0);
    CHECK_NO_ERROR();
    Model *model = model_read(out);
    REQUIRE(model != NULL);
    char *text = memory_copy_string(weights_text(model->weights, "unmush.evaluation"));
    model_free(model);
    free(option);
    REQUIRE(text != NULL);
    return text;
}

TEST(figures_come_from_the_method_that_was_measured_of_this_file)
{
    char *source = small_model(), *report = write_report(source, GOOD, 3);
    char *text = evaluation_of(source, report, unit_scratch("figures.onnx"));
    CHECK(strcmp(text, "{\"smoothing\":0.5,\"hallucination\":0.25,\"psnr_y\":30.5,\"set\":\"Set5\","
                       "\"pictures\":5,\"degradation\":\"bicubic\",\"scale\":3,\"method\":\"mine\","
                       "\"version\":\"9\"}") == 0);
    free(text);
    free(report);
    free(source);
}

TEST(figures_come_from_the_method_that_is_named_and_stay_when_exported_again)
{
    char *source = small_model(), *report = write_report(source, GOOD, 3);
    char *argument = memory_print("%s:other", report);
    char *first = memory_copy_string(unit_scratch("figures.safetensors"));
    char *text = evaluation_of(source, argument, first);
    CHECK(strstr(text, "\"smoothing\":0.75,\"hallucination\":0.125,") != NULL);
    const char *again = unit_scratch("figures_again.onnx");
    CHECK(RUN(first, "-o", (char *)again) == 0);
    OnnxNetwork network;
    REQUIRE(onnx_read(again, &network) == 0);
    CHECK(strcmp(weights_text(network.weights, "unmush.evaluation"), text) == 0);
    CHECK(strcmp(weights_text(network.weights, "unmush.config"), "{\"name\":\"test\"}") == 0);
    onnx_network_free(&network);
    free(text);
    free(first);
    free(argument);
    free(report);
    free(source);
}

static void check_refused(const char *source, const char *report, const char *method, int code,
                          const char *message)
{
    char *option = memory_print("--evaluation=%s%s", report, method);
    const char *out = unit_scratch("no_figures.onnx");
    CHECK(RUN((char *)source, "-o", (char *)out, option) == -1);
    CHECK_ERROR(code, message);
    CHECK(!file_exists(out));
    free(option);
}

TEST(figures_that_are_not_this_models_are_refused_by_file_and_field)
{
    char *source = small_model(), *report = write_report(source, "\"smoothing\":1", 3);
    check_refused(source, report, ":third", ERROR_CONFIG,
                  "metrics.json: methods: none is called third; there are other, mine");
    check_refused(source, report, ":other", ERROR_CONFIG,
                  "metrics.json: methods[other].mean.hallucination: no number");
    check_refused(source, "no/such.json", "", ERROR_FILE, "no/such.json");
    char *unknown =
        write_model("unmeasured.safetensors", "{\"type\":\"srvgg\",\"features\":5,\"convs\":1}", 3);
    check_refused(unknown, report, "", ERROR_CONFIG, "none was measured of");
    free(write_report(source, GOOD, 4));
    check_refused(source, report, "", ERROR_CONFIG, "metrics.json: scale: not the model's, 3");
    char *option = memory_print("--evaluation=%s", report);
    CHECK(RUN(source, "-o", (char *)unit_scratch("figures.pth"), option) == -1);
    CHECK_ERROR(ERROR_USAGE, "--evaluation is not for pth");
    free(option);
    free(unknown);
    free(report);
    free(source);
}

static void check_tile(const char *json, int scale, int tile, bool overlaps)
{
    ExportOptions options = {0};
    char *source = write_model("tiles.safetensors", json, scale);
    Model *model = model_read(source);
    REQUIRE(model != NULL);
    ExportJob job = {.options = &options, .source = source, .model = model};
    Weights *texts = metadata_texts(&job);
    REQUIRE(texts != NULL);
    CHECK(strcmp(weights_text(texts, "unmush.name"), "tiles") == 0);
    CHECK(strcmp(weights_text(texts, "unmush.colour"), "RGB 0..1") == 0);
    CHECK(atoi(weights_text(texts, "unmush.tile")) == tile);
    int overlap = atoi(weights_text(texts, "unmush.overlap"));
    CHECK((overlap > 0) == overlaps);
    CHECK(tile % 64 == 0);
    if (tile && tile < 512)
        CHECK(2 * (tile + 2 * overlap) * (tile + 2 * overlap) <= 3 * tile * tile);
    weights_free(texts);
    model_free(model);
    free(source);
}

TEST(tiles_are_as_large_as_the_receptive_field_asks)
{
    check_tile("{\"type\":\"srvgg\",\"features\":4,\"convs\":2}", 2, 64, true);
    check_tile("{\"type\":\"srvgg\",\"features\":4,\"convs\":16}", 4, 192, true);
    check_tile("{\"type\":\"rrdb\",\"features\":4,\"growth\":2,\"blocks\":23}", 4, 512, true);
    check_tile("{\"type\":\"realplksr\",\"features\":8,\"blocks\":1,\"norm\":\"group\"}", 2, 0,
               true);
}
