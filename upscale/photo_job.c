#include "upscale/photo_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "data/suspect.h"
#include "upscale/grain/keep.h"
#include "upscale/hidden.h"

enum { TINY = 64 }; /* pixels: networks have little to go by below */

bool photo_is_stream(const char *path)
{
    return strcmp(path, "-") == 0;
}

static int read_photo(const char *path, Photo *photo)
{
    return photo_is_stream(path) ? photo_read_stream(stdin, "standard input", photo)
                                 : photo_read(path, photo);
}

static Pixels pixels_of_photo(const Photo *photo)
{
    return (Pixels){photo->header.width, photo->header.height, photo->header.channels,
                    photo->header.depth, photo->pixels,        0};
}

/* ---- What is wrong with the source ---------------------------------------------------------- */

/* As 8-bit RGB, whatever it is. */
static Image image_of(const Pixels *p)
{
    Image image = image_new(p->width, p->height);
    size_t step = (size_t)p->channels, count = (size_t)p->width * (size_t)p->height;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < 3; c++) {
            size_t at = i * step + (pixels_colours(p) == 3 ? c : 0);
            image.rgb[3 * i + c] = p->depth == 8
                                       ? ((const uint8_t *)p->values)[at]
                                       : (uint8_t)((((const uint16_t *)p->values)[at] + 128) / 257);
        }
    return image;
}

static void warn_of_source(const char *name, const Photo *photo)
{
    Pixels pixels = pixels_of_photo(photo);
    char reasons[SUSPICION_BYTES] = "";
    if (log_is_quiet())
        return;
    Image image = image_of(&pixels);
    Suspicion suspicion = image_examine(&image);
    if (suspicion_explain(&suspicion, SUSPECT_INPUT, reasons, sizeof reasons) > 0)
        log_info("%s: %s", name, reasons);
    image_free(&image);
    if (pixels.width < TINY || pixels.height < TINY)
        log_info("%s: only %dx%d pixels: much of the result is guessed", name, pixels.width,
                 pixels.height);
    if (photo->pages > 1)
        log_info("%s: has %d pages; the first one is enlarged", name, photo->pages);
}

/* ---- Steps ---------------------------------------------------------------------------------- */

static int crop(Photo *photo, const CropRule *rule)
{
    CropPlace place;
    PhotoHeader *h = &photo->header;
    if (crop_place(rule, h->width, h->height, &place) != 0)
        return -1;
    size_t pixel = (size_t)(h->channels * h->depth / 8), row = (size_t)place.width * pixel;
    char *to = photo->pixels;
    for (int y = 0; y < place.height; y++) {
        size_t from = (size_t)(place.y + y) * (size_t)h->width + (size_t)place.x;
        memmove(to + (size_t)y * row, to + from * pixel, row);
    }
    h->width = place.width;
    h->height = place.height;
    return 0;
}

/* The header of the result. Formats without alpha get it laid over white, those of 8 bits 8. */
static int plan_result(const PhotoSteps *s, const Photo *photo, int scale, PhotoFormat format,
                       PhotoHeader *to)
{
    *to = photo->header;
    Extent target = geometry_target(to->width, to->height, scale, s->factor, s->fit);
    if (target.w > INT32_MAX / 8 || target.h > INT32_MAX / 8)
        return error_set(ERROR_SHAPE, "%lldx%lld is too large", (long long)target.w,
                         (long long)target.h);
    to->width = (int)target.w;
    to->height = (int)target.h;
    if (format == PHOTO_JPEG)
        to->channels = to->channels < 3 ? 1 : 3;
    if (format == PHOTO_JPEG || format == PHOTO_WEBP)
        to->depth = 8;
    else if (s->depth)
        to->depth = s->depth;
    return photo_check_header(format, to);
}

static void warn_of_result(const char *name, const Photo *photo, int scale, const PhotoHeader *to,
                           PhotoFormat format)
{
    char losses[512] = "";
    photo_losses(format, to, losses, sizeof losses);
    if (*losses)
        log_info("%s: %s", name, losses);
    if (to->channels < photo->header.channels)
        log_info("%s: %s knows no transparency: laid over white", name, photo_format_name(format));
    if (to->width > photo->header.width * scale)
        log_info("%s: larger than the model's %d times: the rest is interpolated", name, scale);
}

static int write_rows(void *context, const void *rows, int count)
{
    return photo_rows(context, rows, count);
}

/* The stages behind the network: resampling where the extents differ, grain, alpha, rounding. */
static int stream_rows(Upscaler *u, const Pixels *lr, const KeptGrain *kept, const PhotoHeader *to,
                       PhotoWriter *writer, UpscaleProgress *progress, void *context)
{
    int scale = upscaler_scale(u), width = lr->width * scale, height = lr->height * scale;
    RowSink *rounding =
        rounding_new(to->width, to->height, to->channels, to->depth, write_rows, writer);
    RowSink *flat =
        to->channels < lr->channels ? flatten_new(to->width, to->height, rounding) : NULL;
    RowSink *grain = grain_keep_rows(kept, lr->width, lr->height, flat ? flat : rounding);
    RowSink *last = grain ? grain : flat ? flat : rounding;
    RowSink *resize = width == to->width && height == to->height
                          ? NULL
                          : resize_new(width, height, KERNEL_BICUBIC, last);
    int result = upscaler_stream(u, lr, resize ? resize : last, progress, context);
    resize_free(resize);
    grain_rows_free(grain);
    flatten_free(flat);
    rounding_free(rounding);
    return result;
}

static int write_photo(const PhotoSteps *s, const PhotoPlace *place, const Photo *photo,
                       const KeptGrain *kept, const PhotoHeader *to, Upscaler *u,
                       UpscaleProgress *progress, void *context)
{
    Pixels lr = pixels_of_photo(photo);
    PhotoWriter *writer =
        photo_is_stream(place->to)
            ? photo_begin_stream(stdout, "standard output", place->format, to, &s->settings)
            : photo_begin(place->to, place->format, to, &s->settings);
    if (!writer)
        return -1;
    if (stream_rows(u, &lr, kept, to, writer, progress, context) == 0)
        return photo_commit(writer);
    photo_abandon(writer);
    return error_note("%s", place->from);
}

/* What does not depend on the picture's pixels; errors of it are the picture's. */
static int prepare(const PhotoSteps *s, const PhotoPlace *place, Upscaler *u, Photo *photo,
                   PhotoHeader *to)
{
    int scale = upscaler_scale(u);
    if (plan_result(s, photo, scale, place->format, to) != 0)
        return error_note("%s", place->from);
    warn_of_result(place->from, photo, scale, to, place->format);
    if (upscaler_tiles_show(u, photo->header.width, photo->header.height))
        log_info("%s: too large for memory in one piece, and this network looks at whole pictures: "
                 "tiles may show",
                 place->from);
    return 0;
}

/* `plain` is tried on grain, as a mixture takes this picture alone. From here on errors are the
 * program's, no longer the picture's. */
static int enlarge(const PhotoSteps *s, const PhotoPlace *place, Photo *photo, Upscaler *u,
                   Upscaler *plain, const GrainFinding *grain, UpscaleProgress *progress,
                   void *context, PhotoResult *result)
{
    PhotoHeader to;
    KeptGrain kept;
    if (prepare(s, place, u, photo, &to) != 0)
        return -1;
    *result = (PhotoResult){to.width, to.height, false};
    if (photo->header.channels % 2 == 0)
        hidden_fill(photo->pixels, photo->header.width, photo->header.height,
                    photo->header.channels, photo->header.depth);
    Pixels lr = pixels_of_photo(photo);
    if (grain_keep(grain, s->grain, &lr, plain, &kept) != 0)
        return error_note("%s", place->from);
    return write_photo(s, place, photo, &kept, &to, u, progress, context);
}

/* The same with the model that routing chooses, and the scale of its row unless --scale or --fit
 * say another. */
static int enlarge_routed(const PhotoSteps *s, const PhotoPlace *place, Photo *photo,
                          const GrainFinding *grain, const RouteModels *routes,
                          UpscaleProgress *progress, void *context, PhotoResult *result)
{
    Pixels pixels = pixels_of_photo(photo);
    Image image = image_of(&pixels);
    RouteChoice choice;
    PhotoSteps steps = *s;
    route_choose(routes, &image, &choice);
    image_free(&image);
    log_info("%s: %s", place->from, choice.text);
    if (steps.factor == 0 && steps.fit.w == 0)
        steps.factor = choice.factor;
    int status = enlarge(&steps, place, photo, choice.upscaler, choice.plain, grain, progress,
                         context, result);
    route_choice_free(&choice);
    return status;
}

static void examine_grain(const char *name, const Photo *photo, GrainFinding *grain)
{
    Pixels pixels = pixels_of_photo(photo);
    if (grain_measure(&pixels, grain))
        log_info("%s: grain of %.1f levels and %.1f px", name, grain->grain.strength,
                 grain->grain.size);
    else
        log_info("%s: no grain found, none is added", name);
}

/* The grain is measured before the crop: the more of the picture there is, the better it is known.
 * `grain` may be NULL. */
static int read_cropped(const PhotoSteps *s, const char *path, Photo *photo, GrainFinding *grain)
{
    if (read_photo(path, photo) != 0)
        return -1;
    if (grain && s->grain > 0)
        examine_grain(path, photo, grain);
    if (!s->crop || crop(photo, &s->crop_rule) == 0)
        return 0;
    photo_free(photo);
    return error_note("%s", path);
}

int photo_job_run(const PhotoSteps *s, const PhotoPlace *place, const PhotoModels *models,
                  UpscaleProgress *progress, void *context, PhotoResult *result)
{
    Photo photo;
    GrainFinding grain = {0};
    *result = (PhotoResult){.unreadable = true};
    if (read_cropped(s, place->from, &photo, &grain) != 0)
        return -1;
    warn_of_source(place->from, &photo);
    int status = models->model ? enlarge(s, place, &photo, models->model, models->model, &grain,
                                         progress, context, result)
                               : enlarge_routed(s, place, &photo, &grain, models->routes, progress,
                                                context, result);
    photo_free(&photo);
    return status;
}

int photo_job_explain(const PhotoSteps *s, const char *path, const RouteModels *routes)
{
    Photo photo;
    if (read_cropped(s, path, &photo, NULL) != 0)
        return -1;
    Pixels pixels = pixels_of_photo(&photo);
    Image image = image_of(&pixels);
    char *text = route_explain(routes, path, &image);
    fputs(text, stdout);
    free(text);
    image_free(&image);
    photo_free(&photo);
    return 0;
}
