/* Interpolation of two models' parameters. */
#include <stdlib.h>

#include "core/error.h"
#include "core/json.h"
#include "nets/compose.h"
#include "nets/model.h"

/* A different activation, say, has the same arrays. */
static bool same_parameters(const Specification *a, const Specification *b)
{
    cJSON *of_a = specification_dump(a), *of_b = specification_dump(b);
    bool same = cJSON_Compare(of_a, of_b, 1);
    cJSON_Delete(of_a);
    cJSON_Delete(of_b);
    return same;
}

/* Both must be the same network: the same parameters in the same shapes. */
static int check_same(const Model *a, const Model *b, const char *name_a, const char *name_b)
{
    if (a->specification.architecture != b->specification.architecture ||
        a->specification.scale != b->specification.scale)
        return error_set(ERROR_CONFIG, "%s is a %s x%d, %s a %s x%d: they cannot be blended",
                         name_a, a->specification.architecture->name, a->specification.scale,
                         name_b, b->specification.architecture->name, b->specification.scale);
    if (graph_check_weights(a->graph, b->weights, name_b) != 0)
        return error_note("cannot be blended with %s", name_a);
    if (!same_parameters(&a->specification, &b->specification))
        return error_set(ERROR_CONFIG,
                         "%s and %s differ in hyper-parameters: they cannot be blended", name_a,
                         name_b);
    if (!graph_same(a->graph, b->graph))
        return error_set(ERROR_CONFIG, "%s and %s are different networks: they cannot be blended",
                         name_a, name_b);
    return 0;
}

static void mix(Model *a, const Model *b, double alpha)
{
    for (int i = 0; i < a->graph->parameter_count; i++) {
        const char *key = a->graph->parameters[i].key;
        if (a->graph->parameters[i].constant)
            continue;
        float *x = weights_find(a->weights, key)->values;
        const float *y = weights_find(b->weights, key)->values;
        for (int64_t k = 0; k < a->graph->parameters[i].count; k++)
            x[k] = (float)((1 - alpha) * x[k] + alpha * y[k]);
    }
}

static void describe(Model *a, const char *name_a, const char *name_b, double alpha)
{
    cJSON *object = cJSON_CreateObject(), *of = cJSON_AddArrayToObject(object, "blend");
    cJSON_AddItemToArray(of, cJSON_CreateString(name_a));
    cJSON_AddItemToArray(of, cJSON_CreateString(name_b));
    cJSON_AddNumberToObject(object, "alpha", alpha);
    char *text = json_line(object);
    weights_set_text(a->weights, "unmush.provenance", text);
    free(text);
    cJSON_Delete(object);
}

Model *model_blend(const char *path_a, const char *path_b, double alpha)
{
    Model *a = model_read(path_a), *b = a ? model_read(path_b) : NULL;
    if (b && check_same(a, b, path_a, path_b) == 0) {
        mix(a, b, alpha);
        graph_compose(a->graph, a->weights);
        describe(a, path_a, path_b, alpha);
        model_free(b);
        return a;
    }
    model_free(a);
    model_free(b);
    return NULL;
}
