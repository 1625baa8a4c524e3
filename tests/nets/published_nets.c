/* Networks against the published modules' numbers: parameter counts, keys and shapes, and what they
 * make of formula weights. tests/fixtures/published_nets.py wrote the numbers. */
#include <stdio.h>

#include "core/error.h"
#include "core/json.h"
#include "formula.h"
#include "nets/architecture.h"
#include "nets/model.h"
#include "nets/network.h"
#include "tests/unit.h"

static cJSON *read_cases(void)
{
    cJSON *cases = json_read(unit_fixture("published_nets.json"));
    REQUIRE(cases != NULL);
    return cases;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static int integer(const cJSON *object, const char *name)
{
    return member(object, name)->valueint;
}

static Specification specification(const cJSON *network)
{
    Specification s;
    REQUIRE(specification_parse(&s, member(network, "graph"), KIND_ANY, integer(network, "scale"),
                                "graph") == 0);
    return s;
}

static Tensor *picture(const cJSON *extents)
{
    int64_t shape[4] = {cJSON_GetArrayItem(extents, 0)->valueint, 3,
                        cJSON_GetArrayItem(extents, 1)->valueint,
                        cJSON_GetArrayItem(extents, 2)->valueint};
    int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
    float *values = malloc((size_t)count * sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(formula_uniform((uint32_t)i, 7) / 2 + 0.5);
    Tensor *t = tensor_from_floats(values, 4, shape);
    free(values);
    return t;
}

/* The largest difference from the expected values, relative to the largest of these. */
static double difference(const Tensor *t, const cJSON *expected)
{
    int64_t count = error_pending() ? 0 : tensor_count(t);
    if (count == 0 || count != cJSON_GetArraySize(expected))
        return INFINITY;
    double *values = malloc((size_t)count * sizeof *values), worst = 0, largest = 0;
    tensor_to_doubles(t, values, count);
    const cJSON *item = expected->child;
    for (int64_t i = 0; i < count; i++, item = item->next) {
        worst = fmax(worst, fabs(values[i] - item->valuedouble));
        largest = fmax(largest, fabs(item->valuedouble));
    }
    free(values);
    return worst / largest;
}

static void check_shapes(const Graph *g, const cJSON *shapes)
{
    const cJSON *shape;
    cJSON_ArrayForEach(shape, shapes)
    {
        const Parameter *p = graph_find_parameter(g, shape->string);
        bool same = p && p->rank == cJSON_GetArraySize(shape);
        for (int i = 0; same && i < p->rank; i++)
            same = p->shape[i] == cJSON_GetArrayItem(shape, i)->valueint;
        if (!same)
            printf("# %s\n", shape->string);
        CHECK(same);
    }
    CHECK(g->parameter_count == cJSON_GetArraySize(shapes));
}

/* After a pass with the batch's statistics, which moves the running ones. */
static void check_training(Network *network, const cJSON *c)
{
    const cJSON *extents = member(member(c, "outputs")->child, "extents"), *running;
    Tensor *out = network_forward(network, picture(extents),
                                  FORWARD_BATCH_STATISTICS | FORWARD_UPDATE_STATISTICS, NULL);
    CHECK_NEAR(difference(out, member(c, "training")), 0, 2e-5);
    Weights *after = network_weights(network, NULL);
    cJSON_ArrayForEach(running, member(c, "running"))
    {
        const Weight *w = weights_find(after, running->string);
        REQUIRE(w != NULL);
        Tensor *t = tensor_from_floats(w->values, 1, &w->count);
        CHECK_NEAR(difference(t, running), 0, 1e-5);
    }
    weights_free(after);
}

/* What is kept in files for others' sake. */
static void check_constants(const Weights *weights, const cJSON *constants)
{
    const cJSON *constant, *value;
    cJSON_ArrayForEach(constant, constants)
    {
        const Weight *w = weights_find(weights, constant->string);
        REQUIRE(w && w->count == cJSON_GetArraySize(constant));
        int64_t i = 0, wrong = 0;
        cJSON_ArrayForEach(value, constant)
        {
            wrong += w->values[i++] != (float)value->valueint;
        }
        CHECK(wrong == 0);
    }
}

static void check_outputs(const Graph *g, const cJSON *c)
{
    Weights *weights = formula_weights_by_kind(g);
    Network *network = network_new(g, weights, PRECISION_FP32);
    REQUIRE(network != NULL);
    check_constants(weights, member(c, "constants"));
    tensor_scope_begin();
    const cJSON *output;
    cJSON_ArrayForEach(output, member(c, "outputs"))
    {
        Tensor *out = network_forward(network, picture(member(output, "extents")), 0, NULL);
        double found = difference(out, member(output, "values"));
        if (!(found < 2e-5))
            printf("# %s\n", cJSON_PrintUnformatted(member(c, "graph")));
        CHECK_NEAR(found, 0, 2e-5);
        const cJSON *extent = member(output, "shape")->child;
        for (int i = 0; i < 4 && !error_pending(); i++, extent = extent ? extent->next : NULL)
            CHECK(tensor_extent(out, i) == (extent ? extent->valueint : 1));
    }
    if (member(c, "training"))
        check_training(network, c);
    tensor_scope_end();
    CHECK_NO_ERROR();
    network_free(network);
    weights_free(weights);
}

TEST(published_networks_have_the_published_parameters_under_the_published_keys)
{
    cJSON *cases = read_cases();
    const cJSON *c;
    cJSON_ArrayForEach(c, cases)
    {
        Specification s = specification(c);
        Graph *g = specification_build(&s);
        REQUIRE(g != NULL);
        CHECK(graph_trained_count(g) == integer(c, "parameters"));
        if (member(c, "shapes"))
            check_shapes(g, member(c, "shapes"));
        graph_free(g);
        specification_free(&s);
    }
    cJSON_Delete(cases);
}

TEST(networks_compute_what_the_published_modules_compute)
{
    cJSON *cases = read_cases();
    const cJSON *c;
    cJSON_ArrayForEach(c, cases)
    {
        if (!member(c, "outputs"))
            continue;
        Specification s = specification(c);
        Graph *g = specification_build(&s);
        REQUIRE(g != NULL);
        check_outputs(g, c);
        graph_free(g);
        specification_free(&s);
    }
    cJSON_Delete(cases);
    CHECK(tensor_live() == 0);
}

TEST(networks_are_recognised_with_their_hyper_parameters_from_keys_and_shapes)
{
    cJSON *cases = read_cases();
    const cJSON *c;
    cJSON_ArrayForEach(c, cases)
    {
        Specification s = specification(c), found;
        Graph *g = specification_build(&s);
        REQUIRE(g != NULL);
        Weights *weights = weights_new();
        for (int i = 0; i < g->parameter_count; i++)
            weights_add(weights, g->parameters[i].key, g->parameters[i].rank,
                        g->parameters[i].shape);
        if (model_recognise(weights, "foreign.pth", &found) == 0) {
            cJSON *expected = specification_dump(&s), *dumped = specification_dump(&found);
            bool same = cJSON_Compare(expected, dumped, 1) && s.scale == found.scale;
            if (!same)
                printf("# %s %s\n", cJSON_PrintUnformatted(expected),
                       cJSON_PrintUnformatted(dumped));
            CHECK(same);
            cJSON_Delete(expected);
            cJSON_Delete(dumped);
            specification_free(&found);
        }
        CHECK_NO_ERROR();
        weights_free(weights);
        graph_free(g);
        specification_free(&s);
    }
    cJSON_Delete(cases);
}
