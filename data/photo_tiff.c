/* TIFF through libtiff, strip by strip, its directory last. An EXIF block is a TIFF file of its
 * own: it becomes the beginning of this one, byte for byte, so that its offsets, and those in
 * makers' notes, stay right; the new first directory points to the old ones of EXIF and GPS. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/image_codecs.h"
#include "data/photo_codecs.h"
#include "data/tiff_block.h"

enum { STRIP_BYTES = 1 << 18, EXIF_DIRECTORY = 0x8769, GPS_DIRECTORY = 0x8825 };

typedef struct TiffState {
    TIFF *tiff;
    uint8_t *row; /* libtiff changes what it writes */
    int y;
    int stream_errno; /* of a failed write */
    char reason[200];
} TiffState;

static int note_reason(TIFF *tiff, void *data, const char *module, const char *format, va_list list)
{
    TiffState *s = data;
    (void)tiff, (void)module;
    if (!s->reason[0])
        vsnprintf(s->reason, sizeof s->reason, format, list);
    return 1;
}

static int ignore_warning(TIFF *tiff, void *data, const char *module, const char *format,
                          va_list list)
{
    (void)tiff, (void)data, (void)module, (void)format, (void)list;
    return 1;
}

static tmsize_t read_nothing(thandle_t handle, void *bytes, tmsize_t count)
{
    (void)handle, (void)bytes, (void)count;
    return 0;
}

static tmsize_t write_bytes(thandle_t handle, void *bytes, tmsize_t count)
{
    PhotoWriter *w = handle;
    TiffState *s = w->state;
    size_t written = fwrite(bytes, 1, (size_t)count, w->stream);
    if (written != (size_t)count)
        s->stream_errno = errno ? errno : EIO;
    return (tmsize_t)written;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    PhotoWriter *w = handle;
    if (fseeko(w->stream, (off_t)offset, whence) != 0)
        return (toff_t)-1;
    return (toff_t)ftello(w->stream);
}

static toff_t size(thandle_t handle)
{
    PhotoWriter *w = handle;
    off_t at = ftello(w->stream);
    toff_t end = seek(handle, 0, SEEK_END);
    return fseeko(w->stream, at, SEEK_SET) == 0 ? end : (toff_t)-1;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static int fail(const PhotoWriter *w)
{
    const TiffState *s = w->state;
    errno = s->stream_errno;
    if (s->stream_errno)
        return -1;
    return error_set(ERROR_FILE, "%s: libtiff: %s", w->name, s->reason);
}

static bool is_big(const PhotoHeader *h)
{
    return photo_stride(h) * (uint64_t)h->height > PHOTO_CODEC_TIFF.most_with_exif;
}

static TIFF *open_tiff(PhotoWriter *w, bool big_endian)
{
    char mode[8];
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return NULL;
    snprintf(mode, sizeof mode, "w%c%s", big_endian ? 'b' : 'l', is_big(&w->header) ? "8" : "");
    TIFFOpenOptionsSetErrorHandlerExtR(options, note_reason, w->state);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, NULL);
    TIFF *tiff = TIFFClientOpenExt(w->name, mode, w, read_nothing, write_bytes, seek, close_nothing,
                                   size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static void set_layout(TIFF *tiff, const PhotoHeader *h)
{
    uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
    uint32_t rows = (uint32_t)(STRIP_BYTES / photo_stride(h) + 1);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)h->width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)h->height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, h->depth);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, h->channels);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                 h->channels >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    if (h->channels % 2 == 0)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows);
}

static void set_packing(TIFF *tiff, const PhotoSettings *settings)
{
    static const int SCHEMES[] = {COMPRESSION_ADOBE_DEFLATE, COMPRESSION_LZW, COMPRESSION_NONE};
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, SCHEMES[settings->packing]);
    if (settings->packing == PHOTO_PACKING_NONE)
        return;
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    if (settings->packing == PHOTO_PACKING_DEFLATE)
        TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, settings->level);
}

static void set_resolution(TIFF *tiff, const PhotoNotes *notes)
{
    double x = notes->x_resolution, y = notes->y_resolution;
    bool centimetre = notes->unit == PHOTO_UNIT_CENTIMETRE,
         shape = notes->unit == PHOTO_UNIT_ASPECT;
    if (!shape && !photo_resolution(notes, centimetre ? notes->unit : PHOTO_UNIT_INCH, &x, &y))
        return;
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, x);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, y);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT,
                 shape        ? RESUNIT_NONE
                 : centimetre ? RESUNIT_CENTIMETER
                              : RESUNIT_INCH);
}

/* EXIF's own first directory is left behind: of it, texts go into the new one. */
static void set_text(TIFF *tiff, const TiffBlock *exif, uint32_t tag)
{
    size_t count;
    const uint8_t *bytes = tiff_text(exif, exif->directory, tag, &count);
    if (!bytes)
        return;
    char *text = memory_new(count + 1);
    memcpy(text, bytes, count);
    if (text[0])
        TIFFSetField(tiff, tag, text);
    free(text);
}

static void set_directory(TIFF *tiff, const TiffBlock *exif, uint32_t tag)
{
    uint32_t directory;
    if (tiff_value(exif, exif->directory, tag, &directory) && tiff_has_directory(exif, directory))
        TIFFSetField(tiff, tag, (uint64_t)directory);
}

static void set_exif(TIFF *tiff, const TiffBlock *exif)
{
    static const uint32_t TEXTS[] = {TIFFTAG_IMAGEDESCRIPTION, TIFFTAG_MAKE,     TIFFTAG_MODEL,
                                     TIFFTAG_SOFTWARE,         TIFFTAG_DATETIME, TIFFTAG_ARTIST,
                                     TIFFTAG_HOSTCOMPUTER,     TIFFTAG_COPYRIGHT};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        set_text(tiff, exif, TEXTS[i]);
    set_directory(tiff, exif, EXIF_DIRECTORY);
    set_directory(tiff, exif, GPS_DIRECTORY);
}

static void set_block(TIFF *tiff, uint32_t tag, const PhotoBlock *block)
{
    if (block->bytes)
        TIFFSetField(tiff, tag, (uint32_t)block->count, block->bytes);
}

/* libtiff overwrites the block's header with its own, and appends. */
static int write_exif(const PhotoWriter *w)
{
    const PhotoBlock *exif = &w->header.notes.exif;
    size_t even = exif->count + exif->count % 2; /* a zero byte follows the block */
    return fwrite(exif->bytes, 1, even, w->stream) == even ? 0 : -1;
}

static int tiff_begin(PhotoWriter *w)
{
    TiffState *s = w->state = memory_new(sizeof *s);
    const PhotoNotes *notes = &w->header.notes;
    TiffBlock exif;
    bool has_exif = notes->exif.bytes && tiff_open(&exif, notes->exif.bytes, notes->exif.count);
    if (has_exif && write_exif(w) != 0)
        return -1;
    s->row = memory_new(photo_stride(&w->header));
    s->tiff = open_tiff(w, has_exif && exif.big_endian);
    if (!s->tiff)
        return fail(w);
    set_layout(s->tiff, &w->header);
    set_packing(s->tiff, &w->settings);
    set_resolution(s->tiff, notes);
    set_block(s->tiff, TIFFTAG_ICCPROFILE, &notes->profile);
    set_block(s->tiff, TIFFTAG_XMLPACKET, &notes->xmp);
    if (has_exif)
        set_exif(s->tiff, &exif);
    return s->reason[0] ? fail(w) : 0;
}

static int tiff_rows(PhotoWriter *w, const uint8_t *rows, int count)
{
    TiffState *s = w->state;
    size_t stride = photo_stride(&w->header);
    for (int i = 0; i < count; i++) {
        memcpy(s->row, rows + (size_t)i * stride, stride);
        if (TIFFWriteScanline(s->tiff, s->row, (uint32_t)s->y++, 0) < 0)
            return fail(w);
    }
    return s->reason[0] || s->stream_errno ? fail(w) : 0;
}

static int tiff_end(PhotoWriter *w)
{
    TiffState *s = w->state;
    return TIFFWriteDirectory(s->tiff) && !s->stream_errno ? 0 : fail(w);
}

static void tiff_free_state(PhotoWriter *w)
{
    TiffState *s = w->state;
    if (s->tiff)
        TIFFCleanup(s->tiff);
    free(s->row);
    free(s);
}

const PhotoCodec PHOTO_CODEC_TIFF = {.name = "TIFF",
                                     .extensions = {"tif", "tiff"},
                                     .most_edge = INT32_MAX,
                                     .alpha = true,
                                     .gray = true,
                                     .deep = true,
                                     .most_exif = IMAGE_MOST_NOTE,
                                     .most_xmp = IMAGE_MOST_NOTE,
                                     .most_with_exif = 4000000000u,
                                     .seeks = true,
                                     .begin = tiff_begin,
                                     .rows = tiff_rows,
                                     .end = tiff_end,
                                     .free = tiff_free_state};
