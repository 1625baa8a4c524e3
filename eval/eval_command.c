#include "eval/eval_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "core/findings.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "eval/baselines.h"
#include "eval/blends.h"
#include "eval/compare.h"
#include "eval/eval_options.h"
#include "eval/folder.h"
#include "eval/judge.h"
#include "eval/outputs.h"

/* What one evaluation needs, built in this order and freed in the reverse one. */
typedef struct Evaluation {
    PictureSet set;
    MethodList methods;
    PerceptualMeasure *perceptual;
    Results results;
    Exhibits exhibits;
    OnnxChoice onnx;
} Evaluation;

static int open_model(Evaluation *e, Method *method)
{
    return method_from_model(method, e->set.scale, e->onnx);
}

static int open_folder(Evaluation *e, Method *method)
{
    return method_from_folder(method, &e->set);
}

/* Adds a method for each argument; what is wrong with one does not hide what is with another. */
static void add_methods(Evaluation *e, const StringList *arguments, const char *kind,
                        int (*open)(Evaluation *e, Method *method), Findings *findings)
{
    for (int i = 0; i < arguments->count; i++) {
        char *name, *path;
        method_argument_split(arguments->items[i], &name, &path);
        Method *method = method_list_add(&e->methods, name, kind, path);
        if (method)
            open(e, method);
        findings_add(findings);
        free(name);
        free(path);
    }
}

static int add_all(Evaluation *e, const EvalOptions *o)
{
    Findings findings = {0};
    add_methods(e, &o->images, "images", open_folder, &findings);
    add_methods(e, &o->models, "model", open_model, &findings);
    if (findings_end(&findings) != 0)
        return -1;
    if (!o->blend)
        return 0;
    return blends_add(&e->methods, o->blend, (int)o->blend_steps, e->set.scale, e->onnx);
}

/* Everything that can be found wrong without computing is found here. */
static int prepare(Evaluation *e, const EvalOptions *o)
{
    const char *degrade = o->degrade ? o->degrade : "bicubic";
    e->onnx = (OnnxChoice)o->onnx;
    if (baselines_add(&e->methods, o->baseline) != 0 ||
        picture_set_open(&e->set, o->hr, o->lr, degrade, (int)o->scale) != 0 || add_all(e, o) != 0)
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
            e->results.measured[m] = !e->set.input_only && perceptual_has(e->perceptual, m);
    e->exhibits = exhibits_new(&e->set, &e->methods, e->results.crop);
    return 0;
}

/* Ground truth that was enlarged or compressed itself measures little. */
static void warn_of_truth(const Results *r)
{
    for (int i = 0; i < r->set->count; i++) {
        char reasons[SUSPICION_BYTES] = "";
        if (suspicion_explain(&r->suspicions[i], results_use(r), reasons, sizeof reasons) > 0)
            log_warn("%s: %s", r->set->names[i], reasons);
    }
}

/* Rank 0's part. */
static int show(const Evaluation *e, const char *folder)
{
    cJSON *json = results_json(&e->results);
    int result = json ? outputs_write(&e->results, &e->exhibits, json, folder) : -1;
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
    prepare(e, o);
    if (ranks_agree() != 0)
        return -1;
    bool made = ranks_rank() == 0 && !file_exists(o->output);
    if (ranks_rank() == 0)
        file_make_directories(o->output);
    if (ranks_agree() != 0)
        return -1;
    int result = judge_all(e->perceptual, &e->results, &e->exhibits);
    if (result == 0 && ranks_rank() == 0)
        show(e, o->output);
    result = result == 0 ? ranks_agree() : -1;
    if (result != 0 && made)
        rmdir(o->output); /* only an empty folder goes */
    return result;
}

static int run(Evaluation *e, const EvalOptions *o, const StringList *arguments)
{
    eval_options_check(o, arguments);
    if (ranks_agree() != 0)
        return -1;
    if (!o->compare)
        return evaluate(e, o);
    if (ranks_rank() == 0)
        compare_files(arguments->items[0], arguments->items[1], o->threshold,
                      command_common()->json, stdout);
    return ranks_agree();
}

int eval_command(int argc, char **argv)
{
    EvalOptions options;
    StringList arguments;
    Evaluation evaluation = {0};
    if (ranks_begin() != 0)
        return -1;
    Parsed parsed = command_parse(&EVAL_COMMAND, &options, &arguments, argc, argv);
    int result = parsed == PARSED_HELP ? 0 : -1;
    if (parsed == PARSED_ERROR)
        ranks_agree(); /* every rank read the same: one of them says what is wrong */
    if (parsed == PARSED_RUN) {
        interrupt_catch();
        memory_keep();
        result = run(&evaluation, &options, &arguments);
    }
    exhibits_free(&evaluation.exhibits);
    results_free(&evaluation.results);
    perceptual_close(evaluation.perceptual);
    method_list_free(&evaluation.methods);
    picture_set_close(&evaluation.set);
    command_free(&EVAL_COMMAND, &options, &arguments);
    return result;
}
