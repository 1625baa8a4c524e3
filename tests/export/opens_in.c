/* What other programs recognise. The expectations are what spandrel 0.4 itself said of such files;
 * where it recognised them, it computed what we do. */
#include "export/opens_in.h"

#include "nets/architecture.h"
#include "tests/unit.h"

static Graph *network(const char *json, int scale)
{
    cJSON *object = cJSON_Parse(json);
    Specification s;
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, scale, "test") == 0);
    Graph *g = specification_build(&s);
    REQUIRE(g != NULL);
    specification_free(&s);
    cJSON_Delete(object);
    return g;
}

static void check(const char *json, int scale, const char *name, const char *text)
{
    Graph *g = network(json, scale);
    OpensIn answer = opens_in_spandrel(g, scale);
    CHECK(answer.recognised == (name != NULL));
    CHECK(!name || (answer.name && strcmp(answer.name, name) == 0));
    CHECK(strstr(answer.text, text) != NULL);
    char *sentence = opens_in_sentence(g, scale);
    CHECK((strncmp(sentence, "opens in: spandrel and chaiNNer as ", 35) == 0) == (name != NULL));
    CHECK((strstr(sentence, "export ONNX") != NULL) == (name == NULL));
    free(sentence);
    graph_free(g);
}

TEST(compact_networks_are_recognised_by_their_slopes)
{
    check("{\"type\":\"srvgg\"}", 4, "Compact", "x4, 64 features, 16 convolutions");
    check("{\"type\":\"srvgg\",\"features\":6,\"convs\":0}", 1, "Compact", "x1, 6 features, 0");
    check("{\"type\":\"srvgg\",\"activation\":\"relu\"}", 4, NULL, "PReLU's slopes");
    check("{\"type\":\"srvgg\",\"activation\":\"leaky_relu\"}", 2, NULL, "PReLU's slopes");
}

TEST(esrgan_is_recognised_with_a_growth_of_32_and_small_unshuffles)
{
    check("{\"type\":\"rrdb\",\"blocks\":2}", 4, "ESRGAN", "x4, 64 features, 2 blocks");
    check("{\"type\":\"rrdb\",\"features\":8,\"blocks\":3}", 2, "ESRGAN",
          "x2, 8 features, 3 blocks");
    check("{\"type\":\"rrdb\",\"features\":8,\"blocks\":1}", 1, "ESRGAN", "x1");
    check("{\"type\":\"rrdb\",\"features\":8,\"blocks\":1,\"enlargements\":3}", 8, "ESRGAN", "x8");
    check("{\"type\":\"rrdb\",\"features\":8,\"blocks\":1,\"enlargements\":0}", 1, "ESRGAN", "x1");
    check("{\"type\":\"rrdb\",\"features\":8,\"blocks\":1,\"growth\":16}", 4, NULL, "growth of 32");
    check("{\"type\":\"rrdb\",\"features\":8,\"blocks\":1,\"enlargements\":3}", 1, NULL,
          "unshuffled by 2 or 4");
}

TEST(span_is_recognised_with_and_without_normalisation)
{
    check("{\"type\":\"span\",\"features\":8}", 2, "SPAN", "x2, 8 features");
    check("{\"type\":\"span\",\"norm\":false}", 4, "SPAN", "48 features, without normalisation");
}

TEST(realplksr_is_recognised_where_its_share_of_channels_is)
{
    check("{\"type\":\"realplksr\",\"blocks\":2}", 4, "PLKSR", "x4, 64 features, 2 blocks");
    check("{\"type\":\"realplksr\",\"features\":16,\"blocks\":1,\"norm\":\"group\"}", 2, "PLKSR",
          "fp32 and bf16 only");
    check("{\"type\":\"realplksr\",\"features\":49,\"large\":1,\"blocks\":1}", 2, NULL, "rounded");
}

TEST(swinir_is_recognised_but_for_what_is_taken_otherwise)
{
    check(
        "{\"type\":\"swinir\",\"features\":12,\"layers\":2,\"depth\":2,\"heads\":3,\"picture\":16,"
        "\"upsampler\":\"pixelshuffledirect\"}",
        2, "SwinIR", "x2, 12 features, 2 layers, windows of 8");
    check("{\"type\":\"swinir\",\"features\":12,\"layers\":1,\"depth\":1,\"heads\":3,\"window\":4,"
          "\"picture\":8}",
          3, "SwinIR", "windows of 4");
    check(
        "{\"type\":\"swinir\",\"features\":12,\"layers\":1,\"depth\":2,\"heads\":3,\"picture\":32,"
        "\"upsampler\":\"nearest+conv\"}",
        4, "SwinIR", "x4");
    check("{\"type\":\"swinir\",\"features\":12,\"layers\":1,\"depth\":2,\"heads\":3,\"window\":7,"
          "\"picture\":14}",
          2, NULL, "colours go from 0 to 255");
    check(
        "{\"type\":\"swinir\",\"features\":12,\"layers\":1,\"depth\":2,\"heads\":3,\"picture\":8}",
        2, NULL, "masks");
}

TEST(edsr_and_msrresnet_are_said_to_open_nowhere)
{
    check("{\"type\":\"edsr\",\"features\":8,\"blocks\":2}", 2, NULL, "no network there");
    check("{\"type\":\"msrresnet\",\"features\":8,\"blocks\":2}", 4, NULL, "no network there");
}
