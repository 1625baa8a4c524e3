#include "upscale/upscale_command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/findings.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "data/image.h"
#include "upscale/grain/keep.h"
#include "upscale/photo_job.h"
#include "upscale/upscale_names.h"
#include "upscale/upscale_options.h"

static const Command UPSCALE = {
    .name = "upscale",
    .summary = "enlarge pictures with a model",
    .synopsis = "--model=FILE|auto [-o OUT] [--scale=F|--fit=WxH] [--crop=...] IMAGE|DIR|-...",
    .notes =
        "PNG, JPEG, WebP and TIFF in and out, with transparency, gray, 16 bit, colour profile and\n"
        "EXIF. Folders are taken with their subfolders, which OUT mirrors. What cannot be read is\n"
        "told at the end, with exit status 1; the others are done. Files are never replaced "
        "unless\n"
        "--overwrite says so.\n"
        "--model=auto --models=DIR gives each picture the model that DIR/models.json names for "
        "its\n"
        "class, such as {\"photo\": {\"model\": \"FILE\"}, \"text\": {\"model\": \"FILE\", "
        "\"scale\": 2}};\n"
        "a picture that is partly drawn and partly photographed gets both. --explain says why.\n"
        "Tiles overlap by the network's receptive field: the result does not depend on them.\n"
        "$UNMUSH_ONNXRUNTIME names ONNX Runtime's libonnxruntime.so where the system has none.",
    .example = "unmush upscale --model=model.safetensors --crop=16:9 --fit=3840x2160 "
               "-o wallpaper.jpg photo.jpg",
    .options = UPSCALE_OPTIONS,
    .least = 1,
    .most = -1,
    .has_json = true};

/* ---- Progress over all pictures, in thousands of input pixels -------------------------------- */

typedef struct Watch {
    Progress progress;
    int64_t before; /* pixels of the pictures that are done */
    const char *name;
} Watch;

enum { THOUSAND = 1000 };

static int64_t pixels_of(const Errand *errand)
{
    int width = 0, height = 0;
    if (photo_is_stream(errand->from) || image_read_size(errand->from, &width, &height) != 0)
        error_clear();
    return (int64_t)width * height;
}

static int watch_tile(void *context, int64_t done, int64_t total)
{
    Watch *w = context;
    (void)total;
    if (interrupt_pending())
        return error_set(ERROR_INTERRUPT, "interrupted");
    progress_update(&w->progress, (w->before + done) / THOUSAND, w->name);
    return 0;
}

static Watch watch_begin(ErrandList *list)
{
    int64_t total = 0;
    for (int i = 0; i < list->count && !log_is_quiet(); i++)
        total += list->items[i].pixels = pixels_of(&list->items[i]);
    return (Watch){.progress = progress_begin("upscaling", "thousand pixels", 0, total / THOUSAND)};
}

/* ---- Pictures ------------------------------------------------------------------------------- */

static int make_folder_of(const char *path)
{
    char *folder = memory_print("%.*s", (int)(file_name(path) - path), path);
    int result = file_make_directories(folder);
    free(folder);
    return result;
}

static void report_json(cJSON *pictures, const Errand *errand, const PhotoResult *result)
{
    cJSON *picture = cJSON_CreateObject();
    cJSON_AddStringToObject(picture, "input", errand->from);
    cJSON_AddStringToObject(picture, "output", errand->to);
    cJSON_AddNumberToObject(picture, "width", result->width);
    cJSON_AddNumberToObject(picture, "height", result->height);
    cJSON_AddItemToArray(pictures, picture);
}

/* Errors of pictures that cannot be read are put aside; others end the work. */
static int run_errand(const PhotoSteps *steps, const Errand *errand, const PhotoModels *models,
                      Watch *watch, cJSON *pictures, Findings *findings)
{
    PhotoPlace place = {errand->from, errand->to, errand->format};
    PhotoResult result = {0};
    watch->name = errand->from;
    if (errand->in_folder && make_folder_of(errand->to) != 0)
        return -1;
    if (photo_job_run(steps, &place, models, watch_tile, watch, &result) == 0)
        report_json(pictures, errand, &result);
    else if (result.unreadable)
        findings_add(findings);
    watch->before += errand->pixels;
    progress_update(&watch->progress, watch->before / THOUSAND, errand->from);
    return error_pending() ? -1 : 0;
}

static int run_errands(const PhotoSteps *steps, ErrandList *list, const PhotoModels *models,
                       cJSON *pictures)
{
    Findings findings = {0};
    Watch watch = watch_begin(list);
    int done = 0;
    while (done < list->count && !interrupt_pending() &&
           run_errand(steps, &list->items[done], models, &watch, pictures, &findings) == 0)
        done++;
    if (done < list->count && !error_pending())
        error_set(ERROR_INTERRUPT, "interrupted after %d of %d pictures", done, list->count);
    findings_add(&findings);
    progress_end(&watch.progress);
    return findings_end(&findings);
}

static void print_json(cJSON *pictures, const ErrandList *list)
{
    cJSON *object = cJSON_CreateObject();
    int done = cJSON_GetArraySize(pictures);
    cJSON_AddItemToObject(object, "pictures", pictures);
    cJSON_AddNumberToObject(object, "skipped", list->skipped);
    cJSON_AddNumberToObject(object, "failed", list->count - done);
    char *line = json_line(object);
    puts(line);
    free(line);
    cJSON_Delete(object);
}

static int upscale_all(const PhotoSteps *steps, ErrandList *list, const PhotoModels *models)
{
    cJSON *pictures = cJSON_CreateArray();
    interrupt_catch();
    int result = run_errands(steps, list, models, pictures);
    if (list->skipped)
        log_info("%d were there already", list->skipped);
    if (command_common()->json)
        print_json(pictures, list);
    else
        cJSON_Delete(pictures);
    return result;
}

/* ---- Options -------------------------------------------------------------------------------- */

static int steps_of(const UpscaleOptions *o, PhotoSteps *steps)
{
    *steps = (PhotoSteps){
        .factor = o->scale,
        .fit = o->fit,
        .depth = o->depth * 8,
        .settings = {.quality = (int)o->quality, .lossless = o->lossless, .keep = !o->overwrite}};
    steps->crop = o->crop != NULL;
    if (grain_parse(o->grain, &steps->grain) != 0)
        return -1;
    return o->crop ? crop_parse(o->crop, &steps->crop_rule) : 0;
}

static Upscaler *open_blend(const UpscaleOptions *o, Precision precision)
{
    Model *model = model_blend(o->model, o->blend, o->alpha);
    return model ? upscaler_take(model, precision, (int)o->tile) : NULL;
}

/* A RouteOpener. */
static Upscaler *open_model(void *context, const char *path)
{
    const UpscaleOptions *o = context;
    Precision precision = o->precision == 0 ? PRECISION_FP32 : PRECISION_BF16;
    Upscaler *u = o->blend ? open_blend(o, precision)
                           : upscaler_open(path, precision, (OnnxChoice)o->onnx, (int)o->tile);
    if (!u)
        return NULL;
    upscaler_limit_memory(u, o->memory << 20);
    log_info("%s: computed by %s", path, upscaler_engine(u));
    return u;
}

/* What is added to names: "x4", "x2.5", "1920x1080"; "auto" where every picture has its own scale
 * (0). */
static char *suffix_for(const UpscaleOptions *o, int model_scale)
{
    if (o->fit.w > 0)
        return memory_print("%lldx%lld", (long long)o->fit.w, (long long)o->fit.h);
    if (o->scale == 0 && model_scale == 0)
        return memory_copy_string("auto");
    return memory_print("x%g", o->scale > 0 ? o->scale : model_scale);
}

static int check_terminal(const ErrandList *list)
{
    if (list->count == 1 && photo_is_stream(list->items[0].to) && isatty(STDOUT_FILENO))
        return error_set(ERROR_USAGE, "upscale: no picture is written to a terminal; give -o");
    if (list->count == 1 && photo_is_stream(list->items[0].to) && command_common()->json)
        return error_set(ERROR_USAGE, "upscale: standard output cannot hold picture and JSON");
    return 0;
}

static int explain(const PhotoSteps *steps, const StringList *arguments, const RouteModels *routes)
{
    FileList files = {0};
    Findings unreadable = {0};
    int result = 0;
    for (int i = 0; i < arguments->count && result == 0; i++) {
        if (photo_is_stream(arguments->items[i]))
            file_list_add(&files, "-");
        else
            result = image_list(arguments->items[i], &files);
    }
    for (int i = 0; i < files.count && result == 0; i++)
        if (photo_job_explain(steps, files.paths[i], routes) != 0)
            findings_add(&unreadable);
    file_list_free(&files);
    return result == 0 ? findings_end(&unreadable) : -1;
}

static int enlarge(UpscaleOptions *o, const PhotoSteps *steps, const StringList *arguments,
                   const PhotoModels *models)
{
    ErrandList list = {0};
    char *suffix = suffix_for(o, models->model ? upscaler_scale(models->model)
                                               : route_common_scale(models->routes));
    int result = errands_make(o, arguments, suffix, &list);
    if (result == 0)
        result = check_terminal(&list);
    if (result == 0)
        result = upscale_all(steps, &list, models);
    errands_free(&list);
    free(suffix);
    return result;
}

static int upscale(UpscaleOptions *o, const StringList *arguments)
{
    PhotoSteps steps;
    if (upscale_options_check(o) != 0 || steps_of(o, &steps) != 0)
        return -1;
    if (o->memory == 0) /* once, before models are opened */
        o->memory = (memory_available() / 2 >> 20) + 1;
    if (!upscale_options_route(o)) {
        PhotoModels models = {.model = open_model(o, o->model)};
        int result = models.model ? enlarge(o, &steps, arguments, &models) : -1;
        upscaler_free(models.model);
        return result;
    }
    RouteModels *routes = o->models ? route_open(o->models, open_model, o) : NULL;
    PhotoModels models = {.routes = routes};
    int result = error_pending() ? -1
                 : o->explain    ? explain(&steps, arguments, routes)
                                 : enlarge(o, &steps, arguments, &models);
    route_free(routes);
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
