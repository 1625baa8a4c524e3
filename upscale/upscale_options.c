#include "upscale/upscale_options.h"

#include <stddef.h>
#include <string.h>

#include "core/error.h"
#include "upscale/engine.h"

#define OFFSET(member) .offset = offsetof(UpscaleOptions, member)

const Field UPSCALE_OPTIONS[] = {
    {.name = "model",
     .kind = FIELD_STRING,
     OFFSET(model),
     .argument = "FILE",
     .help = "a generator, .safetensors, .pth or .onnx; auto: each picture's own of --models"},
    {.name = "models",
     .kind = FIELD_STRING,
     OFFSET(models),
     .argument = "DIR",
     .help = "where models.json says which model damaged, text, line-art, portrait, texture and "
             "photo get"},
    {.name = "explain",
     .kind = FIELD_FLAG,
     OFFSET(explain),
     .help = "with --model=auto: only print each picture's class, why, and its model"},
    {.name = "blend",
     .kind = FIELD_STRING,
     OFFSET(blend),
     .argument = "FILE",
     .help = "a second model of the same network: what is used lies between both"},
    {.name = "alpha",
     .kind = FIELD_REAL,
     OFFSET(alpha),
     .fallback = "0.5",
     .min = 0,
     .max = 1,
     .help = "where: 0 is --model, 1 is --blend"},
    {.name = "output",
     .letter = 'o',
     .kind = FIELD_STRING,
     OFFSET(output),
     .argument = "OUT",
     .help = "a file for one picture, else a folder; - is standard output; without it NAME-xS.png "
             "beside each picture"},
    {.name = "scale",
     .kind = FIELD_REAL,
     OFFSET(scale),
     .fallback = "0",
     .min = 0,
     .max = 64,
     .help = "other than the model's: what it makes is resampled to it; 0: the model's"},
    {.name = "fit",
     .kind = FIELD_EXTENT,
     OFFSET(fit),
     .help = "as large as fits into WxH, in place of --scale"},
    {.name = "crop",
     .kind = FIELD_STRING,
     OFFSET(crop),
     .argument = "WxH[+X+Y]|A:B",
     .help = "first take this part of the picture, or the largest of this aspect ratio"},
    {.name = "grain",
     .kind = FIELD_STRING,
     OFFSET(grain),
     .fallback = "off",
     .argument = "off|keep|F",
     .help =
         "keep: gives the result the film grain of the picture, enlarged; F: F times as strong"},
    {.name = "format",
     .kind = FIELD_CHOICE,
     OFFSET(format),
     .fallback = "auto",
     .choices = "auto|same|png|jpeg|webp|tiff",
     .help = "of the results; auto: by OUT's extension, else png; same: each picture's own"},
    {.name = "quality",
     .kind = FIELD_INTEGER,
     OFFSET(quality),
     .fallback = "95",
     .min = 1,
     .max = 100,
     .help = "of JPEG and WebP"},
    {.name = "lossless", .kind = FIELD_FLAG, OFFSET(lossless), .help = "WebP without loss"},
    {.name = "depth",
     .kind = FIELD_CHOICE,
     OFFSET(depth),
     .fallback = "auto",
     .choices = "auto|8|16",
     .help = "bits a channel; auto: the picture's own where the format has them"},
    {.name = "overwrite", .kind = FIELD_FLAG, OFFSET(overwrite), .help = "replace files"},
    {.name = "skip", .kind = FIELD_FLAG, OFFSET(skip), .help = "leave out what is there already"},
    {.name = "tile",
     .kind = FIELD_INTEGER,
     OFFSET(tile),
     .fallback = "0",
     .min = 0,
     .max = 8192,
     .help = "edge of a tile in input pixels; 0: from free memory"},
    {.name = "memory",
     .kind = FIELD_INTEGER,
     OFFSET(memory),
     .fallback = "0",
     .min = 0,
     .max = 1 << 24,
     .argument = "MB",
     .help = "what tiles may take, picture and program not counted; 0: half of what is free"},
    {.name = "precision",
     .kind = FIELD_CHOICE,
     OFFSET(precision),
     .fallback = "fp32",
     .choices = "fp32|bf16",
     .help = "bf16 is faster and a little less exact"},
    {.name = "onnx",
     .kind = FIELD_CHOICE,
     OFFSET(onnx),
     .fallback = "auto",
     .choices = ONNX_CHOICES,
     .help = "what runs .onnx files: ONNX Runtime where it is installed, or libtorch by our own "
             "reader"},
    {0}};

bool upscale_options_route(const UpscaleOptions *o)
{
    return o->model && strcmp(o->model, "auto") == 0;
}

static int check_routing(const UpscaleOptions *o)
{
    bool routes = upscale_options_route(o);
    if (routes && !o->models && !o->explain)
        return error_set(ERROR_USAGE, "upscale: --model=auto needs --models=DIR");
    if (!routes && (o->models || o->explain))
        return error_set(ERROR_USAGE, "upscale: --models and --explain are for --model=auto");
    if (routes && o->blend)
        return error_set(ERROR_USAGE, "upscale: --blend needs one --model=FILE, not auto");
    return 0;
}

int upscale_options_check(const UpscaleOptions *o)
{
    if (!o->model)
        return error_set(ERROR_USAGE, "upscale: --model=FILE is missing");
    if (o->scale > 0 && o->fit.w > 0)
        return error_set(ERROR_USAGE, "upscale: --scale and --fit contradict each other");
    if (o->overwrite && o->skip)
        return error_set(ERROR_USAGE, "upscale: --overwrite and --skip contradict each other");
    return check_routing(o);
}
