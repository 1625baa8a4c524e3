#include <stdlib.h>

#include "core/command.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "nets/compose.h"
#include "nets/model.h"

typedef struct BlendOptions {
    char *output;
    double alpha;
} BlendOptions;

static const Field OPTIONS[] = {{.name = "output",
                                 .letter = 'o',
                                 .kind = FIELD_STRING,
                                 .argument = "OUT.safetensors",
                                 .offset = offsetof(BlendOptions, output),
                                 .help = "where the blended model goes"},
                                {.name = "alpha",
                                 .kind = FIELD_REAL,
                                 .offset = offsetof(BlendOptions, alpha),
                                 .fallback = "0.5",
                                 .min = 0,
                                 .max = 1,
                                 .help = "share of B: 0 is A, 1 is B"},
                                {0}};

static const Command BLEND = {
    .name = "blend",
    .summary = "interpolate two models' weights",
    .synopsis = "A B --alpha=F -o OUT.safetensors",
    .notes =
        "With a fidelity-trained A and an adversarially trained B that started from A, alpha is\n"
        "the dial from smooth to creative (network interpolation, Wang et al. 2018).",
    .example =
        "unmush blend l1.safetensors adversarial.safetensors --alpha=0.4 -o blend.safetensors",
    .options = OPTIONS,
    .least = 2,
    .most = 2};

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

static int blend(const BlendOptions *o, const char *name_a, const char *name_b)
{
    if (!o->output)
        return error_set(ERROR_USAGE, "blend: -o OUT.safetensors is missing");
    Model *a = model_read(name_a), *b = a ? model_read(name_b) : NULL;
    int result = a && b ? check_same(a, b, name_a, name_b) : -1;
    if (result == 0) {
        mix(a, b, o->alpha);
        graph_compose(a->graph, a->weights);
        describe(a, name_a, name_b, o->alpha);
        result = model_write(o->output, &a->specification, a->weights);
    }
    if (result == 0)
        log_info("%s: %g of %s in %s", o->output, o->alpha, name_b, name_a);
    model_free(a);
    model_free(b);
    return result;
}

int blend_command(int argc, char **argv)
{
    BlendOptions options;
    StringList arguments;
    Parsed parsed = command_parse(&BLEND, &options, &arguments, argc, argv);
    int result = parsed == PARSED_RUN     ? blend(&options, arguments.items[0], arguments.items[1])
                 : parsed == PARSED_ERROR ? -1
                                          : 0;
    command_free(&BLEND, &options, &arguments);
    return result;
}
