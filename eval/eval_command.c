#include "eval/eval_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/command.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "eval/baselines.h"
#include "eval/folder.h"
#include "eval/judge.h"
#include "eval/report.h"
#include "eval/sheet.h"

typedef struct EvalOptions {
    char *output, *hr, *lr, *degrade, *baseline, *weights;
    int64_t scale, crop;
    StringList models, images;
} EvalOptions;

static const Field OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, output),
     .argument = "DIR",
     .help = "folder for metrics.json, metrics.csv, strips.png and index.html"},
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
     .help = "their low-resolution versions, matched by file stem; default: made from the truth"},
    {.name = "degrade",
     .kind = FIELD_STRING,
     .offset = offsetof(EvalOptions, degrade),
     .argument = "NAME",
     .help = "how low-resolution versions are made; default bicubic"},
    {.name = "model",
     .kind = FIELD_STRINGS,
     .offset = offsetof(EvalOptions, models),
     .argument = "[NAME=]FILE",
     .help = "a model to judge (repeatable)"},
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
     .argument = "DIR",
     .help = "folder of feature-extractor weights; adds LPIPS"},
    {.name = "crop",
     .kind = FIELD_INTEGER,
     .offset = offsetof(EvalOptions, crop),
     .fallback = "-1",
     .min = -1,
     .max = 4096,
     .help = "pixels dropped on each side before measuring; -1: the scale"},
    {0}};

static const Command COMMAND = {
    .name = "eval",
    .summary = "measure how upscalers smooth and what they make up",
    .synopsis = "-o DIR --scale=S --hr=DIR [--lr=DIR | --degrade=NAME] [--model=[NAME=]FILE]...\n"
                "                   [--images=[NAME=]DIR]... [--baseline=NAME,...] [--weights=DIR] "
                "[--crop=N]",
    .example = "unmush eval -o report --scale=4 --hr=photos --model=mine=model.safetensors "
               "--images=other=upscaled/",
    .notes =
        "Run it under mpirun to share the pictures over ranks. Open DIR/index.html to read the "
        "result.\n"
        "--weights: torchvision's alexnet*.pth, vgg16*.pth or squeezenet1_1*.pth, each beside "
        "LPIPS's\n"
        "lpips-v0.1-alex.pth, lpips-v0.1-vgg.pth or lpips-v0.1-squeeze.pth.",
    .options = OPTIONS,
    .has_json = true};

/* What one evaluation needs, built in this order and freed in the reverse one. */
typedef struct Evaluation {
    PictureSet set;
    MethodList methods;
    PerceptualMeasure *perceptual;
    Results results;
    Strips strips;
} Evaluation;

static int check_options(const EvalOptions *o)
{
    if (!o->output)
        return error_set(ERROR_USAGE, "eval: name the output folder: -o DIR");
    if (!o->scale)
        return error_set(ERROR_USAGE, "eval: name the scale: --scale=S");
    if (!o->hr)
        return error_set(ERROR_USAGE, "eval: name the true pictures: --hr=DIR");
    if (o->lr && o->degrade)
        return error_set(ERROR_USAGE, "eval: --lr and --degrade exclude each other");
    return 0;
}

static int add_models(Evaluation *e, const StringList *models)
{
    for (int i = 0; i < models->count; i++) {
        char *name, *path;
        method_argument_split(models->items[i], &name, &path);
        Method *method = method_list_add(&e->methods, name, "model", path);
        int result = method ? method_from_model(method, name, path, e->set.scale) : -1;
        free(name);
        free(path);
        if (result != 0)
            return -1;
    }
    return 0;
}

static int add_folders(Evaluation *e, const StringList *folders)
{
    for (int i = 0; i < folders->count; i++) {
        char *name, *path;
        method_argument_split(folders->items[i], &name, &path);
        Method *method = method_list_add(&e->methods, name, "images", path);
        int result = method ? method_from_folder(method, &e->set) : -1;
        free(name);
        free(path);
        if (result != 0)
            return -1;
    }
    return 0;
}

/* Everything that can be found wrong without computing is found here. */
static int prepare(Evaluation *e, const EvalOptions *o)
{
    const char *degrade = o->degrade ? o->degrade : "bicubic";
    if (baselines_add(&e->methods, o->baseline) != 0 ||
        picture_set_open(&e->set, o->hr, o->lr, degrade, (int)o->scale) != 0 ||
        add_folders(e, &o->images) != 0 || add_models(e, &o->models) != 0)
        return -1;
    if (e->methods.count == 0)
        return error_set(ERROR_USAGE,
                         "eval: nothing to judge: give --model, --images or --baseline");
    e->perceptual = perceptual_open(o->weights);
    if (!e->perceptual)
        return -1;
    e->results = results_new(&e->set, &e->methods, (int)(o->crop < 0 ? o->scale : o->crop));
    e->results.hr = o->hr;
    e->results.lr = o->lr;
    for (Metric m = 0; m < METRIC_COUNT; m++)
        if (METRICS[m].needs == NEEDS_WEIGHTS)
            e->results.measured[m] = perceptual_has(e->perceptual, m);
    e->strips = strips_new(&e->set, e->methods.count);
    return 0;
}

enum { FILE_COUNT = 5 };
static const char *const FILE_NAMES[FILE_COUNT] = {"metrics.json", "metrics.csv", "classes.csv",
                                                   "strips.png", "index.html"};

static int write_file(const Evaluation *e, const cJSON *json, int which, const char *path)
{
    if (which == 0)
        return json_write(path, json);
    if (which == 1)
        return results_write_csv(&e->results, path);
    if (which == 2)
        return results_write_classes(&e->results, path);
    return which == 3 ? sheet_write(&e->results, &e->strips, path)
                      : report_write(&e->results, &e->strips, path);
}

/* All or none: each file is finished beside its name before the first one gets it. */
static int write_files(const Evaluation *e, const char *folder, const cJSON *json)
{
    char *paths[FILE_COUNT], *parts[FILE_COUNT];
    int result = 0;
    for (int i = 0; i < FILE_COUNT; i++) {
        paths[i] = file_join(folder, FILE_NAMES[i]);
        parts[i] = memory_print("%s.part", paths[i]);
        if (result == 0)
            result = write_file(e, json, i, parts[i]);
    }
    for (int i = 0; i < FILE_COUNT && result == 0; i++)
        result = file_publish(parts[i], paths[i]);
    if (result == 0)
        log_info("wrote metrics.json, metrics.csv, classes.csv, strips.png and index.html to %s",
                 folder);
    for (int i = 0; i < FILE_COUNT; i++) {
        if (result != 0)
            unlink(parts[i]);
        free(paths[i]);
        free(parts[i]);
    }
    return result;
}

/* Ground truth that was enlarged or compressed itself measures little. */
static void warn_of_truth(const Results *r)
{
    for (int i = 0; i < r->set->count; i++) {
        char reasons[SUSPICION_BYTES] = "";
        if (suspicion_explain(&r->suspicions[i], SUSPECT_TRUTH, reasons, sizeof reasons) > 0)
            log_warn("%s: %s", r->set->names[i], reasons);
    }
}

/* Rank 0's part. */
static int show(const Evaluation *e, const char *folder)
{
    cJSON *json = results_json(&e->results);
    int result = json ? write_files(e, folder, json) : -1;
    warn_of_truth(&e->results);
    if (result == 0 && command_common()->json) {
        char *text = cJSON_Print(json);
        puts(text);
        cJSON_free(text);
    } else if (result == 0) {
        results_print(&e->results, stdout);
    }
    cJSON_Delete(json);
    return result;
}

static int evaluate(Evaluation *e, const EvalOptions *o)
{
    if (check_options(o) == 0)
        prepare(e, o);
    if (ranks_agree() != 0)
        return -1;
    bool made = ranks_rank() == 0 && !file_exists(o->output);
    if (ranks_rank() == 0)
        file_make_directories(o->output);
    if (ranks_agree() != 0)
        return -1;
    int result = judge_all(e->perceptual, &e->results, &e->strips);
    if (result == 0 && ranks_rank() == 0)
        show(e, o->output);
    result = result == 0 ? ranks_agree() : -1;
    if (result != 0 && made)
        rmdir(o->output); /* only an empty folder goes */
    return result;
}

int eval_command(int argc, char **argv)
{
    EvalOptions options;
    StringList arguments;
    Evaluation evaluation = {0};
    if (ranks_begin() != 0)
        return -1;
    Parsed parsed = command_parse(&COMMAND, &options, &arguments, argc, argv);
    int result = parsed == PARSED_HELP ? 0 : -1;
    if (parsed == PARSED_ERROR)
        ranks_agree(); /* every rank read the same: one of them says what is wrong */
    if (parsed == PARSED_RUN) {
        interrupt_catch();
        result = evaluate(&evaluation, &options);
    }
    strips_free(&evaluation.strips);
    results_free(&evaluation.results);
    perceptual_close(evaluation.perceptual);
    method_list_free(&evaluation.methods);
    picture_set_close(&evaluation.set);
    command_free(&COMMAND, &options, &arguments);
    return result;
}
