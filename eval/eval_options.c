#include "eval/eval_options.h"

#include <stddef.h>

#include "core/error.h"
#include "eval/baselines.h"
#include "eval/compare.h"
#include "upscale/engine.h"

static const Field OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, output),
     .argument = "DIR",
     .help =
         "folder for index.html, metrics.json, metrics.csv, classes.csv, plane.svg, strips.png"},
    {.name = "scale",
     .kind = FIELD_INTEGER,
     .offset = offsetof(EvalOptions, scale),
     .min = 1,
     .max = 16,
     .help = "how much larger the truth is than the input"},
    {.name = "hr",
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, hr),
     .argument = "DIR",
     .help = "the truth: high-resolution pictures, cropped to multiples of the scale"},
    {.name = "lr",
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, lr),
     .argument = "DIR",
     .help = "their low-resolution versions, matched by file stem; default: made from the truth.\n"
             "Alone, without --hr: judged from the inputs only, which is weaker evidence"},
    {.name = "degrade",
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, degrade),
     .argument = "NAME",
     .help = "how low-resolution versions are made; default bicubic"},
    {.name = "model",
     .kind = FIELD_STRINGS,
     .offset = offsetof(EvalOptions, models),
     .argument = "[NAME=]FILE",
     .help = "a model to judge, .safetensors, .pth or .onnx (repeatable)"},
    {.name = "onnx",
     .kind = FIELD_CHOICE,
     .offset = offsetof(EvalOptions, onnx),
     .fallback = "auto",
     .choices = ONNX_CHOICES,
     .help = "what runs .onnx files: ONNX Runtime where it is installed, or libtorch by our own "
             "reader"},
    {.name = "images",
     .kind = FIELD_STRINGS,
     .offset = offsetof(EvalOptions, images),
     .argument = "[NAME=]DIR",
     .help = "another program's pictures to judge, matched by file stem (repeatable)"},
    {.name = "baseline",
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, baseline),
     .fallback = BASELINES_ALL,
     .argument = "NAME,...",
     .help = "what to compare with, or none"},
    {.name = "weights",
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, weights),
     .argument = "DIR|cache",
     .help = "networks' weights, in a folder or fetched by unmush weights; adds LPIPS and DISTS"},
    {.name = "blend",
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, blend),
     .argument = "A,B",
     .help = "also judge what lies between two models: the dial from crisp to creative"},
    {.name = "blend-steps",
     .kind = FIELD_INTEGER,
     .offset = offsetof(EvalOptions, blend_steps),
     .fallback = "4",
     .min = 2,
     .max = 20,
     .help = "steps of the dial from A to B"},
    {.name = "crop",
     .kind = FIELD_INTEGER,
     .offset = offsetof(EvalOptions, crop),
     .fallback = "-1",
     .min = -1,
     .max = 4096,
     .help = "pixels dropped on each side before measuring; -1: the scale"},
    {.name = "compare",
     .kind = FIELD_FLAG,
     .offset = offsetof(EvalOptions, compare),
     .help = "instead: compare two metrics.json files of the same pictures; fails if the second\n"
             "is worse"},
    {.name = "threshold",
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, threshold),
     .fallback = COMPARE_THRESHOLDS,
     .argument = "METRIC=VALUE,...",
     .help = "how much worse --compare lets each measure get"},
    {0}};

const Command EVAL_COMMAND = {
    .name = "eval",
    .summary = "measure how upscalers smooth and what they make up",
    .synopsis =
        "-o DIR --scale=S --hr=DIR [--lr=DIR | --degrade=NAME] [--model=[NAME=]FILE]...\n"
        "                   [--images=[NAME=]DIR]... [--baseline=NAME,...] [--weights=DIR] "
        "[--crop=N]\n"
        "                   [--blend=A,B]\n"
        "       unmush eval -o DIR --scale=S --lr=DIR [--model=[NAME=]FILE]... "
        "[--images=[NAME=]DIR]...\n"
        "       unmush eval --compare BEFORE.json AFTER.json [--threshold=METRIC=VALUE,...]",
    .example = "unmush eval -o report --scale=4 --hr=photos --model=mine=model.safetensors "
               "--images=other=upscaled/",
    .notes =
        "Run it under mpirun to share the pictures over ranks. Open DIR/index.html to read the "
        "result.\n"
        "--weights: torchvision's alexnet*.pth, vgg16*.pth or squeezenet1_1*.pth, each beside "
        "LPIPS's\n"
        "lpips-v0.1-alex.pth, lpips-v0.1-vgg.pth or lpips-v0.1-squeeze.pth; for DISTS vgg16*.pth "
        "and its\n"
        "weights.pt. `unmush weights fetch lpips-alex dists` gets them; then --weights=cache.",
    .options = OPTIONS,
    .most = 2,
    .has_json = true};

int eval_options_check(const EvalOptions *o, const StringList *arguments)
{
    if (o->compare && arguments->count != 2)
        return error_set(ERROR_USAGE, "eval: --compare BEFORE.json AFTER.json: two files");
    if (o->compare)
        return 0;
    if (arguments->count > 0)
        return error_set(ERROR_USAGE, "eval: %s: pictures are named by --hr, --lr and --images",
                         arguments->items[0]);
    if (!o->output)
        return error_set(ERROR_USAGE, "eval: name the output folder: -o DIR");
    if (!o->scale)
        return error_set(ERROR_USAGE, "eval: name the scale: --scale=S");
    if (!o->hr && !o->lr)
        return error_set(ERROR_USAGE, "eval: name the true pictures: --hr=DIR; or, without truth, "
                                      "the inputs: --lr=DIR");
    if (!o->hr && (o->weights || o->blend))
        return error_set(ERROR_USAGE, "eval: --%s compares with the truth: name it, --hr=DIR",
                         o->weights ? "weights" : "blend");
    if (o->lr && o->degrade)
        return error_set(ERROR_USAGE, "eval: --lr and --degrade exclude each other");
    return 0;
}
