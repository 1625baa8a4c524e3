/* PNG through libpng, whose longjmp never leaves this file: no function that calls setjmp changes a
 * local variable after that. */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/image_codecs.h"
#include "data/photo_codecs.h"

typedef struct PngState {
    png_structp png;
    png_infop info;
    bool stream_failed;
    char reason[200];
} PngState;

static void note_reason(png_structp png, png_const_charp text)
{
    PngState *s = png_get_error_ptr(png);
    snprintf(s->reason, sizeof s->reason, "%s", text);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t count)
{
    PhotoWriter *w = png_get_io_ptr(png);
    PngState *s = w->state;
    if (fwrite(bytes, 1, count, w->stream) == count)
        return;
    s->stream_failed = true;
    png_error(png, "cannot write");
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

/* After a jump. What the stream says is in errno. */
static int fail(const PhotoWriter *w)
{
    const PngState *s = w->state;
    return s->stream_failed ? -1 : error_set(ERROR_FILE, "%s: libpng: %s", w->name, s->reason);
}

static void set_colours(PngState *s, const PhotoNotes *notes)
{
    const PhotoColours *colours = &notes->colours;
    const int32_t *c = colours->chromaticities;
    if (notes->profile.bytes) {
        png_set_iCCP(s->png, s->info, "ICC profile", PNG_COMPRESSION_TYPE_BASE,
                     notes->profile.bytes, (png_uint_32)notes->profile.count);
    } else if (colours->srgb) {
        png_set_sRGB(s->png, s->info, colours->intent);
    } else {
        if (colours->gamma)
            png_set_gAMA_fixed(s->png, s->info, colours->gamma);
        if (c[0])
            png_set_cHRM_fixed(s->png, s->info, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
    }
}

static void set_resolution(PngState *s, const PhotoNotes *notes)
{
    double x, y;
    if (photo_resolution(notes, PHOTO_UNIT_METRE, &x, &y))
        png_set_pHYs(s->png, s->info, (png_uint_32)x, (png_uint_32)y, PNG_RESOLUTION_METER);
    else if (notes->unit == PHOTO_UNIT_ASPECT)
        png_set_pHYs(s->png, s->info, (png_uint_32)notes->x_resolution,
                     (png_uint_32)notes->y_resolution, PNG_RESOLUTION_UNKNOWN);
}

/* As iTXt: the packet is text that may be long, and readers look for it uncompressed. */
static void set_xmp(PngState *s, const PhotoBlock *xmp)
{
    if (!xmp->bytes)
        return;
    png_text text = {.compression = PNG_ITXT_COMPRESSION_NONE,
                     .key = (char *)PNG_XMP_KEY,
                     .text = (char *)xmp->bytes, /* a zero byte follows */
                     .itxt_length = xmp->count,
                     .lang = (char *)"",
                     .lang_key = (char *)""};
    png_set_text(s->png, s->info, &text, 1);
}

static int write_header(PhotoWriter *w)
{
    static const int COLOURS[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GA, PNG_COLOR_TYPE_RGB,
                                  PNG_COLOR_TYPE_RGBA};
    PngState *s = w->state;
    const PhotoHeader *h = &w->header;
    if (setjmp(png_jmpbuf(s->png)))
        return fail(w);
    png_set_write_fn(s->png, w, write_bytes, flush_nothing);
    png_set_user_limits(s->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_benign_errors(s->png, 1); /* a profile that libpng does not like is left out */
    png_set_compression_level(s->png, w->settings.level);
    png_set_IHDR(s->png, s->info, (png_uint_32)h->width, (png_uint_32)h->height, h->depth,
                 COLOURS[h->channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    set_colours(s, &h->notes);
    set_resolution(s, &h->notes);
    set_xmp(s, &h->notes.xmp);
    if (h->notes.exif.bytes)
        png_set_eXIf_1(s->png, s->info, (png_uint_32)h->notes.exif.count, h->notes.exif.bytes);
    png_write_info(s->png, s->info);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (h->depth == 16)
        png_set_swap(s->png);
#endif
    return 0;
}

static int png_begin(PhotoWriter *w)
{
    PngState *s = w->state = memory_new(sizeof *s);
    s->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, s, note_reason, ignore_warning);
    s->info = s->png ? png_create_info_struct(s->png) : NULL;
    if (!s->info)
        return error_set(ERROR_FILE, "%s: libpng does not start", w->name);
    return write_header(w);
}

static int png_rows(PhotoWriter *w, const uint8_t *rows, int count)
{
    PngState *s = w->state;
    if (setjmp(png_jmpbuf(s->png)))
        return fail(w);
    for (int y = 0; y < count; y++)
        png_write_row(s->png, rows + (size_t)y * photo_stride(&w->header));
    return 0;
}

static int png_end(PhotoWriter *w)
{
    PngState *s = w->state;
    if (setjmp(png_jmpbuf(s->png)))
        return fail(w);
    png_write_end(s->png, NULL); /* what was written before the pixels is not written again */
    return 0;
}

static void png_free_state(PhotoWriter *w)
{
    PngState *s = w->state;
    png_destroy_write_struct(&s->png, &s->info);
    free(s);
}

const PhotoCodec PHOTO_CODEC_PNG = {.name = "PNG",
                                    .extensions = {"png"},
                                    .most_edge = PNG_UINT_31_MAX,
                                    .alpha = true,
                                    .gray = true,
                                    .deep = true,
                                    .colours = true,
                                    .most_exif = IMAGE_MOST_NOTE,
                                    .most_xmp = IMAGE_MOST_NOTE,
                                    .begin = png_begin,
                                    .rows = png_rows,
                                    .end = png_end,
                                    .free = png_free_state};
