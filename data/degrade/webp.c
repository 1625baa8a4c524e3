/* One lossy WebP generation in memory through libwebp (VP8: colour is always halved both ways, and
 * the decoder smooths it). */
#include "data/degrade/operations.h"

#include <webp/decode.h>
#include <webp/encode.h>

#include "core/error.h"

typedef struct WebpValues {
    int quality, method;
} WebpValues;

static const Parameter PARAMETERS[] = {
    {"quality", PARAMETER_INTEGER, offsetof(WebpValues, quality), "75", 0, 100, NULL, NULL,
     "libwebp's quality"},
    {"method", PARAMETER_INTEGER, offsetof(WebpValues, method), "4", 0, 6, NULL, NULL,
     "libwebp's effort; 4 is what most programs use, less is faster and leaves more artifacts"},
    {0},
};

static int encode(const WebpValues *v, const uint8_t *rgb, WebPPicture *webp)
{
    WebPConfig config;
    if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, (float)v->quality))
        return -1;
    config.method = v->method;
    if (!WebPPictureImportRGB(webp, rgb, webp->width * 3))
        return -1;
    return WebPEncode(&config, webp) ? 0 : -1;
}

static int recode(const WebpValues *v, const Picture *picture, uint8_t *rgb)
{
    WebPPicture webp;
    WebPMemoryWriter coded;
    WebPMemoryWriterInit(&coded);
    int result = WebPPictureInit(&webp) ? 0 : -1;
    webp.width = picture->width;
    webp.height = picture->height;
    webp.writer = WebPMemoryWrite;
    webp.custom_ptr = &coded;
    if (result == 0)
        result = encode(v, rgb, &webp);
    size_t bytes = picture_pixels(picture) * 3;
    if (result == 0 && !WebPDecodeRGBInto(coded.mem, coded.size, rgb, bytes, picture->width * 3))
        result = -1;
    if (result != 0)
        error_set(ERROR_SHAPE, "webp: %dx%d pixels cannot be encoded (libwebp's error %d)",
                  picture->width, picture->height, (int)webp.error_code);
    WebPPictureFree(&webp);
    WebPMemoryWriterClear(&coded);
    return result;
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    if (picture->width > WEBP_MAX_DIMENSION || picture->height > WEBP_MAX_DIMENSION)
        return error_set(ERROR_SHAPE, "webp: %dx%d pixels, WebP holds at most %d either way",
                         picture->width, picture->height, WEBP_MAX_DIMENSION);
    uint8_t *rgb = workspace_take(work, picture_pixels(picture), 3);
    picture_to_bytes(picture, rgb);
    if (recode(values, picture, rgb) != 0)
        return -1;
    picture_from_bytes(rgb, picture);
    return 0;
}

const Operation WEBP_OPERATION = {
    .name = "webp",
    .help = "one lossy WebP generation; rounds to 8 bits",
    .parameters = PARAMETERS,
    .bytes = sizeof(WebpValues),
    .apply = apply,
};
