/* Colour management through Little CMS, and transparency. */
#include <lcms2.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/image_codecs.h"

/* Relative colorimetric with black point compensation is what viewers do. */
enum { FLAGS = cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE | cmsFLAGS_COPY_ALPHA };

static cmsUInt32Number format_of(const Decoded *d, bool gray)
{
    if (gray)
        return d->depth == 16 ? TYPE_GRAY_16 : TYPE_GRAY_8;
    if (d->channels == 4)
        return d->depth == 16 ? TYPE_RGBA_16 : TYPE_RGBA_8;
    return d->depth == 16 ? TYPE_RGB_16 : TYPE_RGB_8;
}

/* Whether it moves no colour of a coarse grid by more than one level. */
static bool is_identity(cmsHPROFILE from, cmsHPROFILE to, bool gray)
{
    enum { SIDE = 9, STEP = 255 / (SIDE - 1) };
    cmsHTRANSFORM transform =
        cmsCreateTransform(from, gray ? TYPE_GRAY_8 : TYPE_RGB_8, to, TYPE_RGB_8,
                           INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_BLACKPOINTCOMPENSATION);
    bool same = transform != NULL;
    for (int i = 0; same && i < (gray ? SIDE : SIDE * SIDE * SIDE); i++) {
        uint8_t red = (uint8_t)(i % SIDE * STEP), green = (uint8_t)(i / SIDE % SIDE * STEP);
        uint8_t blue = (uint8_t)(i / SIDE / SIDE * STEP);
        uint8_t colour[3] = {red, green, blue}, made[3];
        cmsDoTransform(transform, colour, made, 1);
        for (int c = 0; c < 3; c++)
            same = same && abs(made[c] - colour[gray ? 0 : c]) <= 1;
    }
    if (transform)
        cmsDeleteTransform(transform);
    return same;
}

/* Gray pictures were spread over three channels: the first is the gray. */
static void transform_gray_row(cmsHTRANSFORM transform, const Decoded *d, char *row, char *gray,
                               char *rgb)
{
    size_t sample = (size_t)d->depth / 8, pixel = sample * (size_t)d->channels;
    for (size_t x = 0; x < (size_t)d->width; x++)
        memcpy(gray + x * sample, row + x * pixel, sample);
    cmsDoTransform(transform, gray, rgb, (cmsUInt32Number)d->width);
    for (size_t x = 0; x < (size_t)d->width; x++)
        memcpy(row + x * pixel, rgb + x * 3 * sample, 3 * sample);
}

static void transform_pixels(cmsHTRANSFORM transform, const Decoded *d, bool gray)
{
    size_t row_bytes = (size_t)d->width * (size_t)d->channels * (size_t)d->depth / 8;
    char *scratch = memory_array(row_bytes, 2);
    for (int y = 0; y < d->height; y++) {
        char *row = (char *)d->pixels + (size_t)y * row_bytes;
        if (gray)
            transform_gray_row(transform, d, row, scratch, scratch + row_bytes);
        else
            cmsDoTransform(transform, row, row, (cmsUInt32Number)d->width);
    }
    free(scratch);
}

static void convert(const Decoded *d, cmsHPROFILE from, cmsHPROFILE to)
{
    bool gray = cmsGetColorSpace(from) == cmsSigGrayData;
    if ((!gray && cmsGetColorSpace(from) != cmsSigRgbData) || is_identity(from, to, gray))
        return;
    cmsUInt32Number result =
        gray ? (d->depth == 16 ? TYPE_RGB_16 : TYPE_RGB_8) : format_of(d, false);
    cmsHTRANSFORM transform = cmsCreateTransform(from, format_of(d, gray), to, result,
                                                 INTENT_RELATIVE_COLORIMETRIC, FLAGS);
    if (transform) {
        transform_pixels(transform, d, gray);
        cmsDeleteTransform(transform);
    }
}

void decoded_to_srgb(Decoded *d)
{
    if (!d->notes.profile.bytes || !d->pixels)
        return;
    cmsHPROFILE from =
        cmsOpenProfileFromMem(d->notes.profile.bytes, (cmsUInt32Number)d->notes.profile.count);
    cmsHPROFILE to = cmsCreate_sRGBProfile();
    if (from && to)
        convert(d, from, to);
    if (from)
        cmsCloseProfile(from);
    if (to)
        cmsCloseProfile(to);
}

/* From the end, in place. */
static void spread8(uint8_t *pixels, size_t count, size_t channels)
{
    for (size_t i = count; i-- > 0;) {
        uint8_t gray = pixels[i * channels], alpha = pixels[i * channels + channels - 1];
        uint8_t *to = pixels + i * (channels + 2);
        to[channels + 1] = alpha; /* is the gray without alpha */
        to[0] = to[1] = to[2] = gray;
    }
}

static void spread16(uint16_t *pixels, size_t count, size_t channels)
{
    for (size_t i = count; i-- > 0;) {
        uint16_t gray = pixels[i * channels], alpha = pixels[i * channels + channels - 1];
        uint16_t *to = pixels + i * (channels + 2);
        to[channels + 1] = alpha;
        to[0] = to[1] = to[2] = gray;
    }
}

void decoded_spread(Decoded *d)
{
    if (d->channels > 2)
        return;
    size_t count = (size_t)d->width * (size_t)d->height, old = (size_t)d->channels;
    d->channels += 2;
    if (!d->pixels)
        return;
    d->pixels = memory_resize(d->pixels, count, (size_t)d->channels * (size_t)d->depth / 8);
    if (d->depth == 16)
        spread16(d->pixels, count, old);
    else
        spread8(d->pixels, count, old);
}

FOR_EVERY_PROCESSOR
static void flatten8(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t alpha = pixels[4 * i + 3];
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] =
                (uint8_t)((pixels[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

FOR_EVERY_PROCESSOR
static void flatten16(uint16_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t alpha = pixels[4 * i + 3];
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] =
                (uint16_t)((pixels[4 * i + c] * alpha + 65535 * (65535 - alpha) + 32767) / 65535);
    }
}

void decoded_flatten(Decoded *d)
{
    if (d->channels == 3)
        return;
    d->channels = 3;
    if (!d->pixels)
        return;
    size_t count = (size_t)d->width * (size_t)d->height;
    if (d->depth == 16)
        flatten16(d->pixels, count);
    else
        flatten8(d->pixels, count);
}
