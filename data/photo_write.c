/* Writing pictures: what every format shares. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "data/exif.h"
#include "data/image_codecs.h"
#include "data/photo_codecs.h"

static const PhotoCodec *const CODECS[PHOTO_FORMATS] = {&PHOTO_CODEC_PNG, &PHOTO_CODEC_JPEG,
                                                        &PHOTO_CODEC_WEBP, &PHOTO_CODEC_TIFF};

/* The writer that callers hold. */
typedef struct Output {
    PhotoWriter writer; /* first: callers' pointer is its address */
    char *name;
    FileWriter *file;  /* NULL for a caller's stream */
    FILE *destination; /* where `stream` is a temporary file that is copied at the end */
    int rows;          /* so far */
} Output;

const char *photo_format_name(PhotoFormat format)
{
    return CODECS[format]->name;
}

const char *photo_format_extension(PhotoFormat format)
{
    return CODECS[format]->extensions[0];
}

bool photo_format_of(const char *path, PhotoFormat *format)
{
    for (int f = 0; f < PHOTO_FORMATS; f++)
        for (const char *const *e = CODECS[f]->extensions; *e; e++)
            if (file_has_extension(path, *e)) {
                *format = (PhotoFormat)f;
                return true;
            }
    return false;
}

size_t photo_stride(const PhotoHeader *h)
{
    return (size_t)h->width * (size_t)h->channels * (size_t)h->depth / 8;
}

bool photo_resolution(const PhotoNotes *notes, PhotoUnit unit, double *x, double *y)
{
    static const double METRES[] = {0, 0, 0.0254, 0.01, 1};
    double from = METRES[notes->unit], to = METRES[unit];
    if (from == 0)
        return false;
    *x = notes->x_resolution * to / from;
    *y = notes->y_resolution * to / from;
    return true;
}

int photo_check_header(PhotoFormat format, const PhotoHeader *h)
{
    const PhotoCodec *codec = CODECS[format];
    if (h->width < 1 || h->height < 1 || h->channels < 1 || h->channels > 4 ||
        (h->depth != 8 && h->depth != 16))
        return error_set(ERROR_SHAPE, "%d x %d pixels of %d channels and %d bits: no picture",
                         h->width, h->height, h->channels, h->depth);
    if (h->width > codec->most_edge || h->height > codec->most_edge)
        return error_set(ERROR_SHAPE, "%d x %d pixels: %s holds at most %d a side", h->width,
                         h->height, codec->name, codec->most_edge);
    if (h->channels % 2 == 0 && !codec->alpha)
        return error_set(ERROR_SHAPE, "%s holds no transparency", codec->name);
    if (h->depth == 16 && !codec->deep)
        return error_set(ERROR_SHAPE, "%s holds 8 bits, not 16", codec->name);
    return 0;
}

/* A gray profile does not fit the RGB that gray becomes. */
static bool loses_profile(const PhotoCodec *codec, const PhotoHeader *h)
{
    return h->channels <= 2 && !codec->gray && h->notes.profile.bytes;
}

static bool loses_exif(const PhotoCodec *codec, const PhotoHeader *h)
{
    bool too_large =
        codec->most_with_exif && photo_stride(h) * (uint64_t)h->height > codec->most_with_exif;
    return h->notes.exif.bytes && (too_large || h->notes.exif.count > codec->most_exif);
}

static void copy_block(PhotoBlock *block)
{
    PhotoBlock from = *block;
    if (!from.bytes)
        return;
    block->bytes = memory_new(from.count + 1); /* a zero byte follows */
    memcpy(block->bytes, from.bytes, from.count);
}

/* The notes as this file will have them. */
static void settle_notes(PhotoWriter *w)
{
    PhotoNotes *notes = &w->header.notes;
    if (loses_profile(w->codec, &w->header))
        notes->profile = (PhotoBlock){0};
    copy_block(&notes->profile);
    copy_block(&notes->exif);
    copy_block(&notes->xmp);
    exif_set_size(&notes->exif, w->header.width, w->header.height);
    xmp_set_size(&notes->xmp, w->header.width, w->header.height);
    if (loses_exif(w->codec, &w->header))
        block_free(&notes->exif);
    if (notes->xmp.count > w->codec->most_xmp)
        block_free(&notes->xmp);
}

static void settle(PhotoWriter *w, const PhotoSettings *settings)
{
    w->settings = *settings;
    if (w->settings.quality == 0)
        w->settings.quality = 95;
    if (w->settings.level == 0)
        w->settings.level = 4;
    settle_notes(w);
}

static void free_output(Output *o)
{
    PhotoWriter *w = &o->writer;
    if (w->state)
        w->codec->free(w);
    if (o->destination && w->stream)
        fclose(w->stream);
    photo_notes_free(&w->header.notes);
    free(o->name);
    free(o);
}

/* Records what the stream says, where nothing better is known. */
static int fail(const Output *o, int reason)
{
    errno = reason ? reason : EIO;
    return error_set_errno(ERROR_FILE, "%s: cannot write", o->name);
}

static PhotoWriter *begin(Output *o, FILE *stream, const char *name, PhotoFormat format,
                          const PhotoHeader *header, const PhotoSettings *settings)
{
    PhotoWriter *w = &o->writer;
    *w = (PhotoWriter){.codec = CODECS[format], .header = *header, .stream = stream};
    w->name = o->name = memory_copy_string(name);
    settle(w, settings);
    errno = 0;
    if (w->codec->seeks && !o->file) {
        o->destination = stream;
        w->stream = tmpfile();
    }
    if (w->stream && w->codec->begin(w) == 0)
        return w;
    fail(o, errno);
    photo_abandon(w);
    return NULL;
}

PhotoWriter *photo_begin(const char *path, PhotoFormat format, const PhotoHeader *header,
                         const PhotoSettings *settings)
{
    if (photo_check_header(format, header) != 0) {
        error_note("%s", path);
        return NULL;
    }
    FileWriter *file = file_begin(path);
    if (!file)
        return NULL;
    Output *o = memory_new(sizeof *o);
    o->file = file;
    return begin(o, file_stream(file), path, format, header, settings);
}

PhotoWriter *photo_begin_stream(FILE *stream, const char *name, PhotoFormat format,
                                const PhotoHeader *header, const PhotoSettings *settings)
{
    if (photo_check_header(format, header) != 0) {
        error_note("%s", name);
        return NULL;
    }
    return begin(memory_new(sizeof(Output)), stream, name, format, header, settings);
}

int photo_rows(PhotoWriter *w, const void *rows, int count)
{
    Output *o = (Output *)w;
    if (count > w->header.height - o->rows)
        return error_set(ERROR_SHAPE, "%s: more rows than the %d of the picture", o->name,
                         w->header.height);
    o->rows += count;
    errno = 0;
    return w->codec->rows(w, rows, count) == 0 ? 0 : fail(o, errno);
}

/* From the temporary file to where the picture belongs. */
static int copy_to_destination(Output *o)
{
    enum { PIECE = 1 << 16 };
    FILE *from = o->writer.stream;
    char *piece = memory_new(PIECE);
    size_t count = 0;
    int result = fseek(from, 0, SEEK_SET);
    while (result == 0 && (count = fread(piece, 1, PIECE, from)) > 0)
        result = fwrite(piece, 1, count, o->destination) == count ? 0 : -1;
    free(piece);
    return result == 0 && !ferror(from) ? 0 : -1;
}

static int end(Output *o)
{
    PhotoWriter *w = &o->writer;
    if (o->rows != w->header.height)
        return error_set(ERROR_SHAPE, "%s: %d of %d rows were written", o->name, o->rows,
                         w->header.height);
    errno = 0;
    if (w->codec->end(w) != 0 || (o->destination && copy_to_destination(o) != 0) ||
        fflush(o->destination ? o->destination : w->stream) != 0)
        return fail(o, errno);
    return 0;
}

int photo_commit(PhotoWriter *w)
{
    Output *o = (Output *)w;
    if (end(o) != 0) {
        photo_abandon(w);
        return -1;
    }
    FileWriter *file = o->file;
    bool keep = w->settings.keep;
    free_output(o);
    if (!file)
        return 0;
    return keep ? file_commit_new(file) : file_commit(file);
}

void photo_abandon(PhotoWriter *w)
{
    if (!w)
        return;
    FileWriter *file = ((Output *)w)->file;
    free_output((Output *)w);
    file_abandon(file);
}

void photo_losses(PhotoFormat format, const PhotoHeader *h, char *text, size_t size)
{
    const PhotoCodec *codec = CODECS[format];
    const PhotoNotes *notes = &h->notes;
    const PhotoColours *colours = &notes->colours;
    bool odd_colours = !codec->colours && (colours->gamma || colours->chromaticities[0]);
    snprintf(text, size, "%s%s%s%s", loses_profile(codec, h) ? ", the gray colour profile" : "",
             odd_colours ? ", gamma and chromaticities" : "", loses_exif(codec, h) ? ", EXIF" : "",
             notes->xmp.count > codec->most_xmp ? ", XMP" : "");
    if (size > 2 && text[0])
        memmove(text, text + 2, strlen(text + 2) + 1);
}
