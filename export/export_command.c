#include "export/export_command.h"

#include "core/command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "export/export_report.h"
#include "export/formats.h"
#include "export/metadata.h"
#include "nets/any_size.h"
#include "nets/cost.h"

/* An input size that every network takes; the multiple is the same for all. */
enum { COST_SIZE = 64 };

static const Field OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = FIELD_STRING,
     .offset = offsetof(ExportOptions, output),
     .argument = "OUT.onnx|OUT.safetensors|OUT.pth|OUT.param|DIR",
     .help = "the file to write, or the web page's folder"},
    {.name = "format",
     .kind = FIELD_STRING,
     .offset = offsetof(ExportOptions, format),
     .fallback = "auto",
     .argument = "auto|onnx|safetensors|pth|ncnn|web",
     .help = "what to write; auto goes by the output's extension"},
    {.name = "verify",
     .kind = FIELD_FLAG,
     .offset = offsetof(ExportOptions, verify),
     .help = "run the file (by ONNX Runtime where it is installed), compare it with the "
             "model; what differs is not kept"},
    {.name = "evaluation",
     .kind = FIELD_STRING,
     .offset = offsetof(ExportOptions, evaluation),
     .argument = "METRICS.JSON[:METHOD]",
     .help = "a report of unmush eval: the model's smoothing and hallucination go into the file's "
             "metadata (ONNX, safetensors, web)"},
    {.name = "half",
     .kind = FIELD_FLAG,
     .offset = offsetof(ExportOptions, half),
     .help = "ONNX with weights and computing in float16: half the size, made for GPUs; processors "
             "compute in float32 all the same, and take half as long again"},
    {.name = "int8",
     .kind = FIELD_FLAG,
     .offset = offsetof(ExportOptions, int8),
     .help = "ONNX with 8-bit numbers between the first and the last convolution: a third of the "
             "size or less, faster on processors (2.7 times where they have AVX-512 VNNI)"},
    {.name = "calibrate",
     .kind = FIELD_STRINGS,
     .offset = offsetof(ExportOptions, calibrate),
     .argument = "PICTURE|DIR",
     .help = "for --int8, repeatable: pictures like those it will enlarge; the network runs on "
             "pieces of each as it is, and shrunk by the scale, to see what values to expect"},
    {.name = "pictures",
     .kind = FIELD_STRINGS,
     .offset = offsetof(ExportOptions, pictures),
     .argument = "PICTURE|DIR",
     .help = "for --int8 --verify, repeatable: good pictures, shrunk by the scale and enlarged by "
             "the model and the file, to see what int8 costs; default: those of --calibrate"},
    {.name = "limit",
     .kind = FIELD_REAL,
     .offset = offsetof(ExportOptions, limit),
     .fallback = "0.3",
     .min = 0,
     .max = 100,
     .help = "for --int8 --verify: dB of PSNR-Y that it may cost; a file that costs more is not "
             "kept"},
    {.name = "runtime",
     .kind = FIELD_STRING,
     .offset = offsetof(ExportOptions, runtime),
     .argument = "DIR",
     .help = "for --format=web: onnxruntime-web, as npm installs it; default: $UNMUSH_WEB_RUNTIME, "
             "else ~/.cache/unmush/onnxruntime-web"},
    {0}};

static const Command COMMAND = {
    .name = "export",
    .summary = "write a model for other programs: ONNX, safetensors, .pth, ncnn, a web page",
    .synopsis = "MODEL -o OUT.onnx|OUT.safetensors|OUT.pth|OUT.param [--verify] | MODEL [MODEL2] "
                "-o DIR --format=web",
    .example = "unmush export model.safetensors -o model.onnx --verify",
    .notes =
        "MODEL is a generator in a .safetensors, .pth or .onnx file. Networks that only an ONNX\n"
        "file describes go to ONNX again; those known here, wherever they were found, to both.\n"
        "ONNX: opset 17; \"input\" is float RGB 0..1 (batch, 3, height, width), all extents\n"
        "but the channels open; \"output\" is the same, enlarged and not clamped.\n"
        "Networks that take only multiples get a padding and a crop in the file.\n"
        "safetensors and .pth: published keys; it says which programs recognise them. ncnn: "
        "OUT.param\n"
        "and OUT.bin, float16, blobs \"data\" and \"output\", as Upscayl takes them.\n"
        "Web page: a folder that enlarges pictures in the browser, without a server or a network;\n"
        "two models of one network (as for blend) give it a dial from crisp to creative.",
    .options = OPTIONS,
    .has_json = true,
    .least = 1,
    .most = 2};

/* What is not whole, or differs from the model, is not kept. */
static int write_model(const ExportJob *job, const Format *format)
{
    const ExportOptions *o = job->options;
    Staging staging;
    Agreement agreement = {0};
    interrupt_catch();
    int result = staging_begin(&staging, o->output, format->kind == FORMAT_FOLDER);
    if (result == 0)
        result = format->write(staging.path, job);
    if (result == 0 && o->verify)
        result = format->verify(staging.path, job, &agreement);
    if (result == 0)
        result = staging_publish(&staging);
    if (result == 0)
        export_report(job, format, &staging, &agreement);
    staging_end(&staging);
    return result;
}

static Model *read_generator(const char *source, const char *evaluation)
{
    Model *model = model_read(source);
    const Architecture *a = model ? model->specification.architecture : NULL;
    if (!a)
        return NULL;
    if (a->kind != KIND_GENERATOR)
        error_set(ERROR_FORMAT, "%s: %s (%s) is no upscaler; only generators are exported", source,
                  a->name, a->title);
    else if (!evaluation || metadata_set_evaluation(model, source, evaluation) == 0)
        return model;
    model_free(model);
    return NULL;
}

/* Other programs do not pad pictures for networks that begin with a pixel-unshuffle. */
static int make_any_size(Model *model)
{
    Cost cost;
    if (cost_of_graph(model->graph, COST_SIZE, COST_SIZE, &cost) != 0)
        return -1;
    if (cost.multiple == 1)
        return 0;
    Graph *g = graph_of_any_size(model->graph, cost.multiple, model->specification.scale);
    if (!g)
        return -1;
    graph_free(model->graph);
    model->graph = g;
    return 0;
}

static int export_models(const ExportOptions *o, const StringList *sources)
{
    bool two = sources->count > 1;
    if (!o->output)
        return error_set(ERROR_USAGE, "export: -o is missing");
    const Format *format = format_choose(o);
    if (format && two && !format->blends)
        return error_set(ERROR_USAGE, "export: only --format=web takes two models");
    if (two && o->evaluation && !file_exists(o->evaluation))
        return error_set(ERROR_USAGE,
                         "export: %s: no such file; for two models --evaluation takes "
                         "no METHOD",
                         o->evaluation);
    if (!format)
        return -1;
    Model *model = read_generator(sources->items[0], o->evaluation);
    Model *second = model && two ? read_generator(sources->items[1], o->evaluation) : NULL;
    ExportJob job = {.options = o,
                     .source = sources->items[0],
                     .model = model,
                     .second_source = second ? sources->items[1] : NULL,
                     .second = second};
    int result = error_pending() ? -1 : 0;
    if (result == 0 && format->any_size)
        result = make_any_size(model);
    if (result == 0)
        result = write_model(&job, format);
    model_free(model);
    model_free(second);
    return result;
}

int export_command(int argc, char **argv)
{
    ExportOptions options;
    StringList arguments;
    Parsed parsed = command_parse(&COMMAND, &options, &arguments, argc, argv);
    int result = parsed == PARSED_ERROR ? -1 : 0;
    if (parsed == PARSED_RUN)
        result = export_models(&options, &arguments);
    command_free(&COMMAND, &options, &arguments);
    return result;
}
