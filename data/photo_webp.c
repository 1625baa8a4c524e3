/* WebP through libwebp, which wants the whole picture, and libwebpmux for what lies around it. */
#include <stdlib.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/image_codecs.h"
#include "data/photo_codecs.h"

typedef struct WebpState {
    WebPPicture picture;
    int rows; /* so far */
} WebpState;

static int fail(const PhotoWriter *w, int code)
{
    return error_set(ERROR_FILE, "%s: libwebp's error %d", w->name, code);
}

static int webp_begin(PhotoWriter *w)
{
    WebpState *s = w->state = memory_new(sizeof *s);
    if (!WebPPictureInit(&s->picture))
        return fail(w, 0);
    s->picture.use_argb = 1;
    s->picture.width = w->header.width;
    s->picture.height = w->header.height;
    return WebPPictureAlloc(&s->picture) ? 0 : fail(w, (int)s->picture.error_code);
}

/* Gray becomes RGB. */
static uint32_t argb(const uint8_t *p, int channels)
{
    bool colour = channels >= 3, opaque = channels % 2 == 1;
    uint32_t red = p[0], green = p[colour ? 1 : 0], blue = p[colour ? 2 : 0];
    uint32_t alpha = opaque ? 255 : p[channels - 1];
    return alpha << 24 | red << 16 | green << 8 | blue;
}

static int webp_rows(PhotoWriter *w, const uint8_t *rows, int count)
{
    WebpState *s = w->state;
    int channels = w->header.channels;
    for (int y = 0; y < count; y++, s->rows++) {
        uint32_t *to = s->picture.argb + (size_t)s->rows * (size_t)s->picture.argb_stride;
        for (int x = 0; x < w->header.width; x++, rows += channels)
            to[x] = argb(rows, channels);
    }
    return 0;
}

/* `coded` is for WebPMemoryWriterClear either way. */
static int encode(const PhotoWriter *w, WebPMemoryWriter *coded)
{
    WebpState *s = w->state;
    WebPConfig config;
    WebPMemoryWriterInit(coded);
    if (!WebPConfigInit(&config))
        return fail(w, 0);
    config.quality = w->settings.lossless ? 75 : (float)w->settings.quality; /* lossless: effort */
    config.lossless = w->settings.lossless;
    config.exact = 1; /* colours below what is transparent, too */
    s->picture.writer = WebPMemoryWrite;
    s->picture.custom_ptr = coded;
    if (WebPEncode(&config, &s->picture))
        return 0;
    if (s->picture.error_code != VP8_ENC_ERROR_PARTITION0_OVERFLOW)
        return fail(w, (int)s->picture.error_code);
    /* Detail over a large area: with fewer choices per block it fits. */
    config.partition_limit = 100;
    WebPMemoryWriterClear(coded);
    return WebPEncode(&config, &s->picture) ? 0 : fail(w, (int)s->picture.error_code);
}

static void put_note(WebPMux *mux, const char name[4], const PhotoBlock *note, WebPMuxError *error)
{
    WebPData data = {note->bytes, note->count};
    if (note->bytes && *error == WEBP_MUX_OK)
        *error = WebPMuxSetChunk(mux, name, &data, 0);
}

/* `whole` is for WebPDataClear either way. */
static int assemble(const PhotoWriter *w, const WebPMemoryWriter *coded, WebPData *whole)
{
    WebPData picture = {coded->mem, coded->size};
    WebPMux *mux = WebPMuxNew();
    WebPMuxError error = mux ? WebPMuxSetImage(mux, &picture, 0) : WEBP_MUX_MEMORY_ERROR;
    put_note(mux, "ICCP", &w->header.notes.profile, &error);
    put_note(mux, "EXIF", &w->header.notes.exif, &error);
    put_note(mux, "XMP ", &w->header.notes.xmp, &error);
    if (error == WEBP_MUX_OK)
        error = WebPMuxAssemble(mux, whole);
    WebPMuxDelete(mux);
    return error == WEBP_MUX_OK ? 0 : fail(w, (int)error);
}

static int webp_end(PhotoWriter *w)
{
    WebPMemoryWriter coded;
    WebPData whole = {0};
    int result = encode(w, &coded);
    if (result == 0)
        result = assemble(w, &coded, &whole);
    if (result == 0 && fwrite(whole.bytes, 1, whole.size, w->stream) != whole.size)
        result = -1;
    WebPMemoryWriterClear(&coded);
    WebPDataClear(&whole);
    return result;
}

static void webp_free_state(PhotoWriter *w)
{
    WebpState *s = w->state;
    WebPPictureFree(&s->picture);
    free(s);
}

const PhotoCodec PHOTO_CODEC_WEBP = {.name = "WebP",
                                     .extensions = {"webp"},
                                     .most_edge = WEBP_MAX_DIMENSION,
                                     .alpha = true,
                                     .most_exif = IMAGE_MOST_NOTE,
                                     .most_xmp = IMAGE_MOST_NOTE,
                                     .begin = webp_begin,
                                     .rows = webp_rows,
                                     .end = webp_end,
                                     .free = webp_free_state};
