#include "export/export_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "export/onnx_model.h"
#include "export/verify.h"
#include "nets/onnx/read.h"

enum { FORMAT_AUTO, FORMAT_ONNX, FORMAT_SAFETENSORS };

typedef struct ExportOptions {
    char *output;
    int format;
    bool verify;
} ExportOptions;

static const Field OPTIONS[] = {{.name = "output",
                                 .letter = 'o',
                                 .kind = FIELD_STRING,
                                 .offset = offsetof(ExportOptions, output),
                                 .argument = "OUT.onnx|OUT.safetensors",
                                 .help = "the file to write"},
                                {.name = "format",
                                 .kind = FIELD_CHOICE,
                                 .offset = offsetof(ExportOptions, format),
                                 .fallback = "auto",
                                 .choices = "auto|onnx|safetensors",
                                 .help = "what to write; auto goes by the output's extension"},
                                {.name = "verify",
                                 .kind = FIELD_FLAG,
                                 .offset = offsetof(ExportOptions, verify),
                                 .help = "read the file back, run it, compare it with the model; "
                                         "a file that differs is not kept"},
                                {0}};

static const Command COMMAND = {
    .name = "export",
    .summary = "write a model as ONNX or safetensors",
    .synopsis = "MODEL -o OUT.onnx|OUT.safetensors [--format=onnx|safetensors] [--verify]",
    .example = "unmush export model.safetensors -o model.onnx --verify",
    .notes =
        "MODEL is a generator in a .safetensors, .pth or .onnx file. Networks that only an ONNX\n"
        "file describes go to ONNX again; those known here, wherever they were found, to both.\n"
        "ONNX: opset 17; \"input\" is float RGB 0..1 (batch, 3, height, width), all extents\n"
        "but the channels open; \"output\" is the same, enlarged and not clamped.",
    .options = OPTIONS,
    .has_json = true,
    .least = 1,
    .most = 1};

static int choose_format(ExportOptions *o)
{
    if (!o->output)
        return error_set(ERROR_USAGE, "export: -o OUT.onnx|OUT.safetensors is missing");
    if (o->format == FORMAT_AUTO && file_has_extension(o->output, "onnx"))
        o->format = FORMAT_ONNX;
    if (o->format == FORMAT_AUTO && file_has_extension(o->output, "safetensors"))
        o->format = FORMAT_SAFETENSORS;
    if (o->format == FORMAT_AUTO)
        return error_set(
            ERROR_USAGE,
            "export: %s ends in neither .onnx nor .safetensors; give --format=", o->output);
    if (file_is_directory(o->output))
        return error_set(ERROR_FILE, "%s: is a folder", o->output);
    return 0;
}

/* The model's parameters and texts, without arrays that its network does not use. */
static Weights *own_weights(const Model *model)
{
    Weights *own = weights_new();
    for (int i = 0; i < model->graph->parameter_count; i++) {
        const Parameter *p = &model->graph->parameters[i];
        Weight *w = weights_add(own, p->key, p->rank, p->shape);
        memcpy(w->values, weights_find(model->weights, p->key)->values,
               (size_t)p->count * sizeof *w->values);
    }
    for (int i = 0; i < model->weights->text_count; i++)
        weights_set_text(own, model->weights->texts[i].key, model->weights->texts[i].value);
    return own;
}

static int write_safetensors(const char *path, const Model *model)
{
    Weights *own = own_weights(model);
    int result = model_write(path, &model->specification, own);
    weights_free(own);
    return result;
}

static int write_file(const char *path, const char *source, int format, const Model *model)
{
    return format == FORMAT_ONNX ? onnx_model_write(path, model, source)
                                 : write_safetensors(path, model);
}

static int verify_onnx(const char *path, Runnable original, Agreement *agreement)
{
    OnnxNetwork network;
    if (onnx_read(path, &network) != 0)
        return -1;
    Runnable written = {network.graph, network.weights};
    int result = verify_agreement(path, original, written, agreement);
    onnx_network_free(&network);
    return result;
}

static int verify_safetensors(const char *path, Runnable original, Agreement *agreement)
{
    Model *model = model_read(path);
    if (!model)
        return -1;
    Runnable written = {model->graph, model->weights};
    int result = verify_agreement(path, original, written, agreement);
    model_free(model);
    return result;
}

/* Writes under another name, so that OUT is only ever a file that was verified. */
static int write_verified(const ExportOptions *o, const char *source, const Model *model,
                          Agreement *agreement)
{
    char *unverified = memory_print("%s.unverified", o->output);
    Runnable original = {model->graph, model->weights};
    interrupt_catch();
    int result = write_file(unverified, source, o->format, model);
    if (result == 0)
        result = o->format == FORMAT_ONNX ? verify_onnx(unverified, original, agreement)
                                          : verify_safetensors(unverified, original, agreement);
    if (result == 0)
        result = file_publish(unverified, o->output);
    else
        unlink(unverified);
    free(unverified);
    return result;
}

static void print_json(const ExportOptions *o, double bytes, const Agreement *agreement)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", o->output);
    cJSON_AddStringToObject(object, "format", o->format == FORMAT_ONNX ? "onnx" : "safetensors");
    cJSON_AddNumberToObject(object, "bytes", bytes);
    cJSON_AddBoolToObject(object, "verified", o->verify);
    if (o->verify) {
        cJSON_AddStringToObject(object, "verified_by", "unmush's own reader");
        cJSON_AddItemToObject(object, "largest_difference", json_number(agreement->largest));
        cJSON_AddStringToObject(object, "sizes", agreement->sizes);
    }
    char *line = json_line(object);
    puts(line);
    free(line);
    cJSON_Delete(object);
}

static void report(const ExportOptions *o, const Agreement *agreement)
{
    struct stat status;
    double bytes = stat(o->output, &status) == 0 ? (double)status.st_size : 0;
    if (command_common()->json) {
        print_json(o, bytes, agreement);
        return;
    }
    if (log_is_quiet())
        return;
    printf("%s: %s, %.2f MB\n", o->output,
           o->format == FORMAT_ONNX ? "ONNX, opset 17" : "safetensors", bytes / 1e6);
    if (o->verify)
        printf("verified by our own reader: largest difference %.3g (limit %g) over %d inputs, "
               "sizes %s, batches of 1 and 2\n",
               agreement->largest, VERIFY_LIMIT, agreement->inputs, agreement->sizes);
}

static int export_model(const ExportOptions *o, const char *source)
{
    Model *model = model_read(source);
    if (!model)
        return -1;
    const Architecture *a = model->specification.architecture;
    Agreement agreement = {0};
    int result;
    if (a->kind != KIND_GENERATOR)
        result = error_set(ERROR_FORMAT, "%s: %s (%s) is no upscaler; only generators are exported",
                           source, a->name, a->title);
    else if (o->verify)
        result = write_verified(o, source, model, &agreement);
    else
        result = write_file(o->output, source, o->format, model);
    if (result == 0)
        report(o, &agreement);
    model_free(model);
    return result;
}

int export_command(int argc, char **argv)
{
    ExportOptions options;
    StringList arguments;
    Parsed parsed = command_parse(&COMMAND, &options, &arguments, argc, argv);
    int result = parsed == PARSED_ERROR ? -1 : 0;
    if (parsed == PARSED_RUN)
        result = choose_format(&options);
    if (parsed == PARSED_RUN && result == 0)
        result = export_model(&options, arguments.items[0]);
    command_free(&COMMAND, &options, &arguments);
    return result;
}
