#include "upscale/upscale_command.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/command.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "data/suspect.h"
#include "upscale/upscaler.h"

typedef struct UpscaleOptions {
    char *model, *output;
    int64_t tile;
    int precision, onnx;
} UpscaleOptions;

static const Field OPTIONS[] = {
    {.name = "model",
     .kind = FIELD_STRING,
     .offset = offsetof(UpscaleOptions, model),
     .argument = "FILE",
     .help = "a generator, .safetensors, .pth or .onnx"},
    {.name = "output",
     .letter = 'o',
     .kind = FIELD_STRING,
     .argument = "OUT",
     .offset = offsetof(UpscaleOptions, output),
     .help =
         "a PNG file for one picture, else a folder; without it NAME-xS.png beside each picture"},
    {.name = "tile",
     .kind = FIELD_INTEGER,
     .offset = offsetof(UpscaleOptions, tile),
     .fallback = "0",
     .min = 0,
     .max = 8192,
     .help = "edge of a tile in input pixels; 0: from free memory"},
    {.name = "precision",
     .kind = FIELD_CHOICE,
     .offset = offsetof(UpscaleOptions, precision),
     .fallback = "fp32",
     .choices = "fp32|bf16",
     .help = "bf16 is faster and a little less exact"},
    {.name = "onnx",
     .kind = FIELD_CHOICE,
     .offset = offsetof(UpscaleOptions, onnx),
     .fallback = "auto",
     .choices = ONNX_CHOICES,
     .help = "what runs .onnx files: ONNX Runtime where it is installed, or libtorch by our own "
             "reader"},
    {0}};

static const Command UPSCALE = {
    .name = "upscale",
    .summary = "enlarge pictures with a model",
    .synopsis = "--model=FILE [-o OUT] [--tile=N] IMAGE|DIR...",
    .notes =
        "Tiles overlap by the network's receptive field: the result does not depend on them.\n"
        "$UNMUSH_ONNXRUNTIME names ONNX Runtime's libonnxruntime.so where the system has none.",
    .example = "unmush upscale --model=model.safetensors -o large.png small.png",
    .options = OPTIONS,
    .least = 1,
    .most = -1};

/* Where the enlarged form of `path` goes. */
static char *output_path(const UpscaleOptions *o, const char *path, bool single, int scale)
{
    if (o->output && single && !file_is_directory(o->output))
        return memory_copy_string(o->output);
    char *stem = file_stem(path), *result;
    if (o->output)
        result = memory_print("%s%s%s.png", o->output,
                              o->output[strlen(o->output) - 1] == '/' ? "" : "/", stem);
    else
        result = memory_print("%.*s%s-x%d.png", (int)(file_name(path) - path), path, stem, scale);
    free(stem);
    return result;
}

static int upscale_one(Upscaler *u, const char *from, const char *to)
{
    Image lr, sr;
    if (image_read(from, &lr) != 0)
        return -1;
    char reasons[SUSPICION_BYTES] = "";
    Suspicion suspicion = image_examine(&lr);
    if (suspicion_explain(&suspicion, SUSPECT_INPUT, reasons, sizeof reasons) > 0)
        log_info("%s: %s", from, reasons);
    int result = upscaler_run(u, &lr, &sr);
    image_free(&lr);
    if (result != 0)
        return error_note("%s", from);
    result = image_write(to, &sr);
    image_free(&sr);
    return result;
}

/* The index of the first picture that is the file `path`, or -1. */
static int index_of_file(const FileList *list, const char *path)
{
    struct stat there, here;
    if (stat(path, &there) != 0)
        return -1;
    for (int i = 0; i < list->count; i++)
        if (stat(list->paths[i], &here) == 0 && here.st_dev == there.st_dev &&
            here.st_ino == there.st_ino)
            return i;
    return -1;
}

/* Two pictures must not end under one name, and none may replace one that is to be read. */
static int check_names(const UpscaleOptions *o, const FileList *list, int scale)
{
    FileList outputs = {0};
    int result = 0;
    for (int i = 0; i < list->count && result == 0; i++) {
        char *path = output_path(o, list->paths[i], list->count == 1, scale);
        for (int k = 0; k < outputs.count && result == 0; k++)
            if (strcmp(outputs.paths[k], path) == 0)
                result = error_set(ERROR_USAGE, "%s and %s would both become %s", list->paths[k],
                                   list->paths[i], path);
        if (result == 0 && index_of_file(list, path) >= 0)
            result =
                error_set(ERROR_USAGE, "%s would replace a picture that is to be enlarged", path);
        file_list_add(&outputs, path);
        free(path);
    }
    file_list_free(&outputs);
    return result;
}

static int upscale_all(const UpscaleOptions *o, Upscaler *u, const FileList *list)
{
    int scale = upscaler_scale(u);
    bool single = list->count == 1;
    if (check_names(o, list, scale) != 0)
        return -1;
    bool folder = o->output && (!single || o->output[strlen(o->output) - 1] == '/');
    if (folder && file_make_directories(o->output) != 0)
        return -1;
    interrupt_catch();
    Progress progress = progress_begin("upscaling", "pictures", 0, list->count);
    for (int i = 0; i < list->count; i++) {
        if (interrupt_pending())
            return error_set(ERROR_INTERRUPT, "interrupted after %d of %d pictures", i,
                             list->count);
        char *to = output_path(o, list->paths[i], single, scale);
        int result = upscale_one(u, list->paths[i], to);
        if (result == 0)
            progress_update(&progress, i + 1, to);
        free(to);
        if (result != 0)
            return -1;
    }
    progress_end(&progress);
    return 0;
}

static int upscale(const UpscaleOptions *o, const StringList *arguments)
{
    if (!o->model || !*o->model)
        return error_set(ERROR_USAGE, "upscale: --model=FILE is missing");
    if (o->output && !*o->output)
        return error_set(ERROR_USAGE, "upscale: -o needs a name");
    if (o->output && image_is_named_like_one(o->output) && !file_has_extension(o->output, "png") &&
        !file_is_directory(o->output))
        return error_set(ERROR_USAGE, "upscale: %s: pictures are written as PNG", o->output);
    FileList list = {0};
    int result = 0;
    for (int i = 0; i < arguments->count && result == 0; i++)
        result = image_list(arguments->items[i], &list);
    Precision precision = o->precision == 0 ? PRECISION_FP32 : PRECISION_BF16;
    Upscaler *u =
        result == 0 ? upscaler_open(o->model, precision, (OnnxChoice)o->onnx, (int)o->tile) : NULL;
    if (u)
        log_info("%s: computed by %s", o->model, upscaler_engine(u));
    result = u ? upscale_all(o, u, &list) : -1;
    upscaler_free(u);
    file_list_free(&list);
    return result;
}

int upscale_command(int argc, char **argv)
{
    UpscaleOptions options;
    StringList arguments;
    Parsed parsed = command_parse(&UPSCALE, &options, &arguments, argc, argv);
    int result = parsed == PARSED_RUN     ? upscale(&options, &arguments)
                 : parsed == PARSED_ERROR ? -1
                                          : 0;
    command_free(&UPSCALE, &options, &arguments);
    return result;
}
