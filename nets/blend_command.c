#include "core/command.h"
#include "core/error.h"
#include "core/log.h"
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

static int blend(const BlendOptions *o, const char *name_a, const char *name_b)
{
    if (!o->output)
        return error_set(ERROR_USAGE, "blend: -o OUT.safetensors is missing");
    Model *model = model_blend(name_a, name_b, o->alpha);
    int result = model ? model_write(o->output, &model->specification, model->weights) : -1;
    if (result == 0)
        log_info("%s: %g of %s in %s", o->output, o->alpha, name_b, name_a);
    model_free(model);
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
