#include "core/error.h"
#include "core/memory.h"
#include "nets/model.h"
#include "nets/srvgg.h"
#include "tests/unit.h"

enum { RELU = 1, LEAKY_RELU = 2 };

static void write_model(const char *path, int activation, uint64_t seed)
{
    SrvggConfig config = {.features = 4, .convs = 1, .activation = activation};
    Specification s = {&SRVGG, &config, 2};
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, seed);
    CHECK(model_write(path, &s, weights) == 0);
    weights_free(weights);
    graph_free(g);
}

static int blend(const char *a, const char *b, const char *output)
{
    char *option = memory_print("--output=%s", output);
    char *argv[] = {"blend", "-q", (char *)a, (char *)b, "--alpha=0.25", option, NULL};
    int result = blend_command(6, argv);
    free(option);
    return result;
}

TEST(blending_interpolates_every_parameter)
{
    char *a = memory_copy_string(unit_scratch("a.safetensors"));
    char *b = memory_copy_string(unit_scratch("b.safetensors"));
    char *c = memory_copy_string(unit_scratch("c.safetensors"));
    write_model(a, RELU, 1);
    write_model(b, RELU, 2);
    CHECK(blend(a, b, c) == 0);
    Model *x = model_read(a), *y = model_read(b), *z = model_read(c);
    REQUIRE(x && y && z);
    for (int i = 0; i < z->weights->count; i++)
        for (int64_t k = 0; k < z->weights->items[i].count; k++)
            CHECK_NEAR(z->weights->items[i].values[k],
                       0.75 * x->weights->items[i].values[k] +
                           0.25 * y->weights->items[i].values[k],
                       1e-7);
    model_free(x);
    model_free(y);
    model_free(z);
    free(a);
    free(b);
    free(c);
}

TEST(networks_with_other_activations_are_not_blended)
{
    char *a = memory_copy_string(unit_scratch("relu.safetensors"));
    char *b = memory_copy_string(unit_scratch("leaky.safetensors"));
    write_model(a, RELU, 1);
    write_model(b, LEAKY_RELU, 2);
    CHECK(blend(a, b, unit_scratch("never.safetensors")) == -1);
    CHECK_ERROR(ERROR_CONFIG, "differ in hyper-parameters");
    free(a);
    free(b);
}
