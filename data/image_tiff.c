/* TIFF through libtiff. What libtiff calls an error ends the reading, even where it goes on: a
 * damaged picture must not become training data. */
#include "data/image_tiff.h"

#include <string.h>

#include "core/error.h"
#include "data/tiff_exif.h"

/* More pages than this are not counted. */
enum { MOST_PAGES = 1000 };

static int note_reason(TIFF *tiff, void *data, const char *module, const char *format, va_list list)
{
    TiffReader *r = data;
    (void)tiff, (void)module;
    if (!r->reason[0])
        vsnprintf(r->reason, sizeof r->reason, format, list);
    return 1;
}

static int ignore_warning(TIFF *tiff, void *data, const char *module, const char *format,
                          va_list list)
{
    (void)tiff, (void)data, (void)module, (void)format, (void)list;
    return 1;
}

static tmsize_t supply(thandle_t handle, void *to, tmsize_t count)
{
    TiffReader *r = handle;
    uint64_t left = r->at < r->encoded->count ? r->encoded->count - r->at : 0;
    size_t got = (uint64_t)count < left ? (size_t)count : (size_t)left;
    memcpy(to, r->encoded->bytes + (got ? r->at : 0), got);
    r->at += got;
    return (tmsize_t)got;
}

static tmsize_t write_nothing(thandle_t handle, void *bytes, tmsize_t count)
{
    (void)handle, (void)bytes, (void)count;
    return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    TiffReader *r = handle;
    r->at = whence == SEEK_SET   ? offset
            : whence == SEEK_CUR ? r->at + offset
                                 : r->encoded->count + offset;
    return r->at;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size(thandle_t handle)
{
    TiffReader *r = handle;
    return r->encoded->count;
}

static TIFF *open_tiff(TiffReader *r)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, note_reason, r);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, NULL);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)IMAGE_MOST_BYTES);
    TIFF *tiff = TIFFClientOpenExt(r->encoded->path, "rm", r, supply, write_nothing, seek,
                                   close_nothing, size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

int tiff_damaged(const TiffReader *r)
{
    return error_set(ERROR_FORMAT, "%s: damaged or truncated TIFF: %s", r->encoded->path,
                     r->reason[0] ? r->reason : "its directory lacks what it needs");
}

int tiff_refuse(const TiffReader *r, const char *what)
{
    return error_set(ERROR_FORMAT, "%s: a TIFF that %s", r->encoded->path, what);
}

static void note_resolution(const TiffReader *r)
{
    static const PhotoUnit UNITS[] = {PHOTO_UNIT_NONE, PHOTO_UNIT_ASPECT, PHOTO_UNIT_INCH,
                                      PHOTO_UNIT_CENTIMETRE};
    float x, y;
    uint16_t unit;
    PhotoNotes *notes = &r->decoded->notes;
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    if (unit > RESUNIT_CENTIMETER || !TIFFGetField(r->tiff, TIFFTAG_XRESOLUTION, &x) ||
        !TIFFGetField(r->tiff, TIFFTAG_YRESOLUTION, &y) || !(x > 0) || !(y > 0) || x > 1e6f ||
        y > 1e6f || (unit == RESUNIT_NONE && !(x < y) && !(y < x)))
        return;
    notes->unit = UNITS[unit];
    notes->x_resolution = (double)x;
    notes->y_resolution = (double)y;
}

static void note_block(const TiffReader *r, uint32_t tag, PhotoBlock *block)
{
    uint32_t count = 0;
    void *bytes = NULL;
    if (TIFFGetField(r->tiff, tag, &count, &bytes) && bytes)
        block_keep(block, bytes, count);
}

/* Pages behind the first, which may be damaged: that is nothing to us. */
static int count_pages(TiffReader *r)
{
    int pages = 1, directories = 1;
    while (directories++ < MOST_PAGES && !TIFFLastDirectory(r->tiff) &&
           TIFFReadDirectory(r->tiff)) {
        uint32_t kind = 0;
        TIFFGetField(r->tiff, TIFFTAG_SUBFILETYPE, &kind);
        pages += !(kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK));
    }
    return pages;
}

static int read_tiff(TiffReader *r, DecodeWhat what)
{
    Layout l = {.alpha = -1};
    uint16_t orientation;
    if (!r->tiff)
        return tiff_damaged(r);
    if (tiff_read_layout(r, &l) != 0 ||
        decoded_prepare(r->decoded, r->encoded, l.width, l.height, l.colours + (l.alpha >= 0),
                        l.bits == 16 ? 16 : 8, what) != 0)
        return -1;
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ORIENTATION, &orientation);
    r->decoded->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    if (what == DECODE_HEADER)
        return 0;
    note_block(r, TIFFTAG_ICCPROFILE, &r->decoded->notes.profile);
    if (tiff_read_pixels(r, &l) != 0)
        return -1;
    if (what == DECODE_EVERYTHING) {
        note_resolution(r);
        note_block(r, TIFFTAG_XMLPACKET, &r->decoded->notes.xmp);
        tiff_collect_exif(r->encoded->bytes, r->encoded->count, &r->decoded->notes.exif);
        r->decoded->pages = count_pages(r);
    }
    return 0;
}

int tiff_decode(const Encoded *encoded, DecodeWhat what, Decoded *decoded)
{
    TiffReader r = {.encoded = encoded, .decoded = decoded};
    r.tiff = open_tiff(&r);
    int result = read_tiff(&r, what);
    if (r.tiff)
        TIFFClose(r.tiff);
    return result;
}
