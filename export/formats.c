#include "export/formats.h"

#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "export/ncnn/model.h"
#include "export/onnx_model.h"
#include "export/web.h"
#include "export/weights_model.h"

const Format FORMATS[] = {{.name = "onnx",
                           .has_texts = true,
                           .extensions = "onnx",
                           .title = "ONNX, opset 17",
                           .any_size = true,
                           .kind = FORMAT_FILE,
                           .precisions = true,
                           .write = onnx_model_write,
                           .verify = onnx_model_verify,
                           .opens_in = onnx_model_opens_in},
                          {.name = "safetensors",
                           .has_texts = true,
                           .extensions = "safetensors",
                           .title = "safetensors",
                           .kind = FORMAT_FILE,
                           .write = safetensors_model_write,
                           .verify = weights_model_verify,
                           .opens_in = weights_model_opens_in},
                          {.name = "pth",
                           .extensions = "pth",
                           .title = "PyTorch, a zip archive",
                           .kind = FORMAT_FILE,
                           .write = pth_model_write,
                           .verify = weights_model_verify,
                           .opens_in = weights_model_opens_in},
                          {.name = "ncnn",
                           .extensions = "param bin",
                           .title = "ncnn, float16",
                           .kind = FORMAT_FILE,
                           .write = ncnn_model_write,
                           .verify = ncnn_model_verify,
                           .opens_in = ncnn_model_opens_in},
                          {.name = "web",
                           .has_texts = true,
                           .extensions = "",
                           .title = "a web page",
                           .blends = true,
                           .kind = FORMAT_FOLDER,
                           .precisions = true,
                           .write = web_write,
                           .verify = web_verify,
                           .opens_in = web_opens_in},
                          {0}};

/* Whether path ends in one of the words of `extensions`. */
static bool has_extension(const char *path, const char *extensions)
{
    char word[16];
    for (int used = 0; sscanf(extensions, "%15s%n", word, &used) == 1; extensions += used)
        if (file_has_extension(path, word))
            return true;
    return false;
}

static const Format *find(const ExportOptions *o)
{
    bool automatic = strcmp(o->format, "auto") == 0;
    for (const Format *f = FORMATS; f->name; f++)
        if (automatic ? has_extension(o->output, f->extensions) : strcmp(o->format, f->name) == 0)
            return f;
    return NULL;
}

/* "onnx, safetensors" or ".onnx, .safetensors", in static storage. */
static const char *list(bool extensions)
{
    static _Thread_local char text[200];
    size_t used = 0;
    *text = 0;
    for (const Format *f = FORMATS; f->name; f++) {
        if (extensions && !*f->extensions)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "",
                                 extensions ? "." : "");
        for (const char *c = extensions ? f->extensions : f->name; *c; c++)
            used += (size_t)snprintf(text + used, sizeof text - used, *c == ' ' ? ", ." : "%c", *c);
    }
    return text;
}

const char *export_precision(const ExportOptions *o)
{
    return o->half ? "fp16" : o->int8 ? "int8" : "fp32";
}

static int check_precision(const ExportOptions *o, const Format *format)
{
    bool calibrates = o->calibrate.count > 0;
    if ((o->half || o->int8) && !format->precisions)
        return error_set(ERROR_USAGE, "export: %s is not for %s", o->half ? "--half" : "--int8",
                         format->name);
    if (o->half && o->int8)
        return error_set(ERROR_USAGE, "export: either --half or --int8");
    if (o->int8 && !calibrates)
        return error_set(ERROR_USAGE, "export: --int8 needs --calibrate=PICTURE|DIR, pictures like "
                                      "those it will enlarge");
    if (!o->int8 && (calibrates || o->pictures.count > 0))
        return error_set(ERROR_USAGE, "export: --calibrate and --pictures are for --int8");
    return 0;
}

const Format *format_choose(const ExportOptions *o)
{
    const Format *format = find(o);
    if (!format && strcmp(o->format, "auto") != 0)
        error_set(ERROR_USAGE, "export: --format=%s is not one of auto, %s", o->format,
                  list(false));
    else if (!format)
        error_set(ERROR_USAGE, "export: %s ends in none of %s; give --format=", o->output,
                  list(true));
    if (format && check_precision(o, format) != 0)
        return NULL;
    if (format && o->evaluation && !format->has_texts) {
        error_set(ERROR_USAGE, "export: --evaluation is not for %s, which has no room for it",
                  format->name);
        return NULL;
    }
    return format;
}
