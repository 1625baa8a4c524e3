/* LPIPS against the reference implementation, with backbone weights by formula (see the oracle's
 * description in the shared folder's REFERENCE.md, section 12). */
#include <cjson/cJSON.h>

#include "core/error.h"
#include "core/json.h"
#include "data/image.h"
#include "nets/features.h"
#include "nets/lpips.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

static Tensor *read_tensor(const char *name)
{
    Image image;
    const char *path = unit_shared(name);
    REQUIRE(path && image_read(path, &image) == 0);
    Tensor *t = tensor_from_rgb(image.rgb, 1, image.height, image.width);
    image_free(&image);
    return t;
}

static void check_net(LpipsNet net, Graph *graph)
{
    const char *name = LPIPS_NET_NAMES[net];
    char file[64];
    snprintf(file, sizeof file, "weights/lpips-v0.1-%s.pth", name);
    cJSON *oracle = json_read(unit_shared("reference/lpips.json"));
    const cJSON *expected =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(oracle, "nets"), name);
    Weights *backbone = formula_weights(graph), *linear = weights_read(unit_shared(file));
    REQUIRE(expected && linear);
    Lpips *lpips = lpips_new(net, backbone, linear, PRECISION_FP32);
    REQUIRE(lpips != NULL);
    tensor_scope_begin();
    Tensor *a = read_tensor("photos/set5/butterfly.png");
    Tensor *b = read_tensor("reference/butterfly-bicubic-x4.png");
    double value, layers[LPIPS_MOST_LAYERS];
    CHECK(lpips_distance(lpips, a, b, &value, layers) == 0);
    CHECK_RELATIVE(value, cJSON_GetObjectItem(expected, "value")->valuedouble, 1e-4);
    for (int i = 0; i < lpips_layers(lpips); i++)
        CHECK_RELATIVE(layers[i],
                       cJSON_GetArrayItem(cJSON_GetObjectItem(expected, "layers"), i)->valuedouble,
                       1e-4);
    CHECK(lpips_distance(lpips, a, a, &value, NULL) == 0);
    CHECK(value == 0);
    tensor_scope_end();
    lpips_free(lpips);
    weights_free(backbone);
    weights_free(linear);
    graph_free(graph);
    cJSON_Delete(oracle);
    CHECK_NO_ERROR();
}

TEST(lpips_of_all_nets_agrees_with_the_reference_implementation)
{
    if (!unit_shared("reference/lpips.json")) {
        unit_skip("needs the shared oracle values");
        return;
    }
    check_net(LPIPS_ALEX, lpips_alexnet_graph());
    check_net(LPIPS_VGG, lpips_vgg16_graph());
    check_net(LPIPS_SQUEEZE, lpips_squeezenet_graph());
}

TEST(lpips_names_the_weight_that_is_missing)
{
    Graph *graph = lpips_alexnet_graph();
    Weights *backbone = formula_weights(graph), *linear = weights_new();
    CHECK(lpips_new(LPIPS_ALEX, backbone, linear, PRECISION_FP32) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "lin0.model.1.weight");
    CHECK(lpips_new(LPIPS_ALEX, linear, linear, PRECISION_FP32) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "features.0.weight");
    weights_free(backbone);
    weights_free(linear);
    graph_free(graph);
}
