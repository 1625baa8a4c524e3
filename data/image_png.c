/* PNG through libpng, whose longjmp never leaves this file: each function that calls setjmp keeps
 * what it changes in a struct, so no local variable is lost. */
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/image_codecs.h"

/* Ancillary chunks that are kept in memory. */
enum { MOST_CHUNKS = 100 };

typedef struct PngReader {
    png_structp png;
    png_infop info, end; /* end: what comes after the pixels, unless it is not looked at */
    const Encoded *encoded;
    size_t at;
    DecodeWhat what;
    bool too_large, truncated;
    Decoded *decoded;
    png_bytep *rows;
    char reason[200];
} PngReader;

static void note_reason(png_structp png, png_const_charp text)
{
    PngReader *r = png_get_error_ptr(png);
    snprintf(r->reason, sizeof r->reason, "%s", text);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void supply(png_structp png, png_bytep to, size_t count)
{
    PngReader *r = png_get_io_ptr(png);
    if (count > r->encoded->count - r->at) {
        r->truncated = true;
        png_error(png, "ends too early");
    }
    memcpy(to, r->encoded->bytes + r->at, count);
    r->at += count;
}

/* Everything becomes gray or RGB, perhaps with alpha, of 8 or 16 bits as stored: no gamma, no
 * background. */
static void request_whole_bytes(PngReader *r)
{
    png_set_expand(r->png);
    png_set_interlace_handling(r->png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    png_set_swap(r->png);
#endif
    png_read_update_info(r->png, r->info);
}

static void note_exif(PngReader *r, png_infop info)
{
    png_bytep exif;
    png_uint_32 bytes;
    (void)r, (void)info, (void)exif, (void)bytes;
#ifdef PNG_eXIf_SUPPORTED
    if (png_get_eXIf_1(r->png, info, &bytes, &exif) != PNG_INFO_eXIf)
        return;
    r->decoded->orientation = exif_orientation(exif, bytes);
    if (r->what == DECODE_EVERYTHING)
        block_keep(&r->decoded->notes.exif, exif, bytes);
#endif
}

static void note_xmp(PngReader *r, png_infop info)
{
    png_textp texts;
    int count = png_get_text(r->png, info, &texts, NULL);
    for (int i = 0; i < count; i++)
        if (texts[i].compression >= PNG_ITXT_COMPRESSION_NONE &&
            strcmp(texts[i].key, PNG_XMP_KEY) == 0)
            block_keep(&r->decoded->notes.xmp, (uint8_t *)texts[i].text, texts[i].itxt_length);
}

static void note_resolution(PngReader *r)
{
    png_uint_32 x, y;
    int unit;
    PhotoNotes *notes = &r->decoded->notes;
    if (!png_get_pHYs(r->png, r->info, &x, &y, &unit) || !x || !y ||
        (unit == PNG_RESOLUTION_UNKNOWN && x == y))
        return;
    notes->unit = unit == PNG_RESOLUTION_METER ? PHOTO_UNIT_METRE : PHOTO_UNIT_ASPECT;
    notes->x_resolution = x;
    notes->y_resolution = y;
}

static void note_colours(PngReader *r)
{
    PhotoColours *colours = &r->decoded->notes.colours;
    png_fixed_point *c = colours->chromaticities, gamma;
    if (r->decoded->notes.profile.bytes)
        return;
    colours->srgb = png_get_sRGB(r->png, r->info, &colours->intent) != 0;
    if (colours->srgb)
        return;
    if (png_get_gAMA_fixed(r->png, r->info, &gamma))
        colours->gamma = gamma;
    png_get_cHRM_fixed(r->png, r->info, c, c + 1, c + 2, c + 3, c + 4, c + 5, c + 6, c + 7);
}

/* Of the chunks before the pixels. */
static void note_chunks(PngReader *r)
{
    png_charp name;
    png_bytep profile;
    png_uint_32 bytes;
    int compression;
    if (png_get_iCCP(r->png, r->info, &name, &compression, &profile, &bytes) == PNG_INFO_iCCP)
        block_keep(&r->decoded->notes.profile, profile, bytes);
    note_exif(r, r->info);
    if (r->what != DECODE_EVERYTHING)
        return;
    note_xmp(r, r->info);
    note_resolution(r);
    note_colours(r);
}

static void note_late_chunks(PngReader *r)
{
    if (!r->decoded->notes.exif.bytes)
        note_exif(r, r->end);
    note_xmp(r, r->end);
}

static int read_png(PngReader *r)
{
    if (setjmp(png_jmpbuf(r->png)))
        return -1;
    png_set_read_fn(r->png, r, supply);
    png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(r->png, 2 * IMAGE_MOST_NOTE);
    png_set_chunk_cache_max(r->png, MOST_CHUNKS);
    png_read_info(r->png, r->info);
    note_chunks(r);
    bool alpha = png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_ALPHA ||
                 png_get_valid(r->png, r->info, PNG_INFO_tRNS);
    bool colour = png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_COLOR;
    int depth = png_get_bit_depth(r->png, r->info) == 16 ? 16 : 8;
    r->too_large = decoded_prepare(r->decoded, r->encoded, png_get_image_width(r->png, r->info),
                                   png_get_image_height(r->png, r->info), (colour ? 3 : 1) + alpha,
                                   depth, r->what) != 0;
    if (r->too_large || r->what == DECODE_HEADER)
        return r->too_large ? -1 : 0;
    request_whole_bytes(r);
    size_t stride = (size_t)r->decoded->width * (size_t)r->decoded->channels * (size_t)depth / 8;
    if (png_get_rowbytes(r->png, r->info) != stride)
        png_error(r->png, "unexpected pixel format");
    r->rows = memory_array((size_t)r->decoded->height, sizeof *r->rows);
    for (int y = 0; y < r->decoded->height; y++)
        r->rows[y] = (png_bytep)r->decoded->pixels + (size_t)y * stride;
    png_read_image(r->png, r->rows);
    png_read_end(r->png, r->end);
    if (r->end)
        note_late_chunks(r);
    return 0;
}

/* Whether a chunk claims to be large and longer than the file: libpng would allocate and clear what
 * it claims before it reads. PNG specification, 5.3: length, type, data, checksum. */
static bool has_hollow_chunk(const Encoded *encoded)
{
    enum { SIGNATURE = 8, FRAME = 12, LARGE = 1 << 20 };
    size_t at = SIGNATURE;
    while (at < encoded->count && encoded->count - at >= FRAME) {
        size_t length = png_get_uint_32(encoded->bytes + at), left = encoded->count - at - FRAME;
        if (length > left)
            return length > LARGE && memcmp(encoded->bytes + at + 4, "IDAT", 4) != 0;
        at += FRAME + length;
    }
    return false;
}

int png_decode(const Encoded *encoded, DecodeWhat what, Decoded *decoded)
{
    if (has_hollow_chunk(encoded))
        return error_set(ERROR_FORMAT, "%s: truncated PNG", encoded->path);
    PngReader r = {.encoded = encoded, .what = what, .decoded = decoded};
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, note_reason, ignore_warning);
    r.info = r.png ? png_create_info_struct(r.png) : NULL;
    r.end = r.info && what == DECODE_EVERYTHING ? png_create_info_struct(r.png) : NULL;
    int result = r.info ? read_png(&r) : -1;
    png_destroy_read_struct(&r.png, &r.info, &r.end);
    free(r.rows);
    if (result != 0 && r.truncated)
        return error_set(ERROR_FORMAT, "%s: truncated PNG", encoded->path);
    if (result != 0 && !r.too_large)
        return error_set(ERROR_FORMAT, "%s: damaged PNG: %s", encoded->path, r.reason);
    return result;
}

typedef struct PngWriter {
    png_structp png;
    png_infop info;
    FILE *stream;
    const Image *image;
} PngWriter;

static void leave_writing(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static int write_png(PngWriter *w)
{
    if (setjmp(png_jmpbuf(w->png)))
        return -1;
    png_init_io(w->png, w->stream);
    png_set_user_limits(w->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_compression_level(w->png, 4);
    png_set_IHDR(w->png, w->info, (png_uint_32)w->image->width, (png_uint_32)w->image->height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    for (int y = 0; y < w->image->height; y++)
        png_write_row(w->png, w->image->rgb + (size_t)y * (size_t)w->image->width * 3);
    png_write_end(w->png, NULL);
    return 0;
}

int image_write(const char *path, const Image *image)
{
    FileWriter *file = file_begin(path);
    if (!file)
        return -1;
    PngWriter w = {.stream = file_stream(file), .image = image};
    w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, leave_writing, ignore_warning);
    w.info = w.png ? png_create_info_struct(w.png) : NULL;
    errno = 0;
    int result = w.info ? write_png(&w) : -1;
    int reason = errno;
    png_destroy_write_struct(&w.png, &w.info);
    if (result == 0)
        return file_commit(file);
    file_abandon(file);
    errno = reason ? reason : EIO;
    return error_set_errno(ERROR_FILE, "%s: cannot write", path);
}
