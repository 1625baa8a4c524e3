/* Every generator, small, goes to ONNX, to safetensors and to .pth and computes the same there. */
#include "core/error.h"
#include "core/memory.h"
#include "export/export_command.h"
#include "nets/model.h"
#include "tests/unit.h"

static void check_export(const char *json, int scale, const char *extension)
{
    char *source = memory_copy_string(unit_scratch("generator.safetensors"));
    char *out = memory_print("%s.%s", unit_scratch("exported"), extension);
    cJSON *object = cJSON_Parse(json);
    Specification s;
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, scale, "test") == 0);
    Graph *g = specification_build(&s);
    REQUIRE(g != NULL);
    Weights *weights = graph_initial_weights(g, 3);
    CHECK(model_write(source, &s, weights) == 0);
    char *arguments[] = {"export", "-q", source, "-o", out, "--verify", NULL};
    CHECK(export_command(6, arguments) == 0);
    CHECK_NO_ERROR();
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    free(source);
    free(out);
}

static void check(const char *json, int scale)
{
    check_export(json, scale, "onnx");
    check_export(json, scale, "safetensors");
    check_export(json, scale, "pth");
}

TEST(rrdb_is_exported_at_every_scale)
{
    for (int scale = 1; scale <= 4; scale *= 2)
        check("{\"type\":\"rrdb\",\"features\":8,\"growth\":4,\"blocks\":2}", scale);
}

TEST(edsr_and_msrresnet_are_exported_at_every_scale)
{
    for (int scale = 2; scale <= 4; scale++) {
        check_export("{\"type\":\"edsr\",\"features\":8,\"blocks\":2,\"residual\":0.1}", scale,
                     "onnx");
        check("{\"type\":\"edsr\",\"features\":8,\"blocks\":2}", scale);
        check("{\"type\":\"msrresnet\",\"features\":8,\"blocks\":2}", scale);
    }
}

TEST(span_is_exported_with_and_without_normalisation)
{
    check("{\"type\":\"span\",\"features\":8}", 4);
    check("{\"type\":\"span\",\"features\":8,\"norm\":false}", 2);
}
