/* TIFF through libtiff: strips and tiles, samples together or apart. What libtiff calls an error
 * ends the reading, even where it goes on: a damaged picture must not become training data. */
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/image_codecs.h"
#include "data/tiff_exif.h"

/* Strips and tiles larger than this and than the picture are a trap. */
static const uint64_t MOST_SPARE_BYTES = (uint64_t)64 << 20;

/* More pages than this are not counted. */
enum { MOST_PAGES = 1000 };

typedef struct TiffReader {
    const Encoded *encoded;
    uint64_t at;
    TIFF *tiff;
    Decoded *decoded;
    char reason[300]; /* libtiff's first error */
} TiffReader;

/* How samples lie in the file. */
typedef struct Layout {
    uint32_t width, height;
    uint16_t photometric, bits, samples, compression;
    int colours; /* 1 or 3 channels, not counting alpha */
    int alpha;   /* the sample that is alpha, or -1 */
    bool premultiplied, separate, palette;
    uint8_t levels[4][256]; /* of a channel's value of up to 8 bits */
} Layout;

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

static int damaged(const TiffReader *r)
{
    return error_set(ERROR_FORMAT, "%s: damaged or truncated TIFF: %s", r->encoded->path,
                     r->reason[0] ? r->reason : "its directory lacks what it needs");
}

/* `what` needs a verb of its own: "is float, ...". */
static int refuse(const TiffReader *r, const char *what)
{
    return error_set(ERROR_FORMAT, "%s: a TIFF that %s", r->encoded->path, what);
}

static bool is_known_compression(uint16_t compression)
{
    switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_LZW:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_JPEG:
    case COMPRESSION_ZSTD:
        return TIFFIsCODECConfigured(compression);
    }
    return false;
}

static int check_kind(const TiffReader *r, const Layout *l)
{
    uint32_t kind = 0;
    void *version;
    TIFFGetField(r->tiff, TIFFTAG_SUBFILETYPE, &kind);
    if (kind & FILETYPE_REDUCEDIMAGE || TIFFGetField(r->tiff, TIFFTAG_DNGVERSION, &version))
        return refuse(r, "begins with a preview (a camera's raw file?), convert it first");
    if (!is_known_compression(l->compression))
        return error_set(ERROR_FORMAT, "%s: a TIFF of compression scheme %d, which is not read",
                         r->encoded->path, l->compression);
    return 0;
}

static int check_samples(const TiffReader *r, const Layout *l)
{
    uint16_t format;
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_SAMPLEFORMAT, &format);
    if (format == SAMPLEFORMAT_IEEEFP || format == SAMPLEFORMAT_COMPLEXIEEEFP)
        return refuse(r, "holds floating-point numbers, convert it to 16 bits first");
    if (format == SAMPLEFORMAT_INT || format == SAMPLEFORMAT_COMPLEXINT)
        return refuse(r, "holds signed numbers, convert it first");
    bool small = l->bits == 1 || l->bits == 2 || l->bits == 4;
    if (l->bits != 8 && l->bits != 16 &&
        !(small && (l->colours == 1 || l->palette) && l->alpha < 0))
        return error_set(ERROR_FORMAT, "%s: a TIFF of %d bits a sample, only 8 and 16 are read",
                         r->encoded->path, l->bits);
    if (l->palette && l->bits > 8)
        return refuse(r, "has a palette of more than 256 colours");
    return 0;
}

/* -1 and an error for what is neither gray nor RGB. */
static int count_colours(const TiffReader *r, Layout *l)
{
    switch (l->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
        return 1;
    case PHOTOMETRIC_PALETTE:
        l->palette = true;
        return 3;
    case PHOTOMETRIC_YCBCR:
        if (l->compression != COMPRESSION_JPEG || l->separate)
            break;
        TIFFSetField(r->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        return 3;
    case PHOTOMETRIC_RGB:
        return 3;
    case PHOTOMETRIC_SEPARATED:
        return refuse(r, "is CMYK, convert it to RGB first");
    }
    return error_set(ERROR_FORMAT,
                     "%s: a TIFF of photometric interpretation %d, only gray, palettes and RGB are "
                     "read",
                     r->encoded->path, l->photometric);
}

/* The first extra sample that says it is alpha. */
static void find_alpha(const TiffReader *r, Layout *l)
{
    uint16_t extra = 0, *kinds = NULL;
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
    l->alpha = -1;
    for (int i = 0; i < extra && l->alpha < 0; i++)
        if (kinds[i] == EXTRASAMPLE_ASSOCALPHA || kinds[i] == EXTRASAMPLE_UNASSALPHA) {
            l->alpha = l->samples - extra + i;
            l->premultiplied = kinds[i] == EXTRASAMPLE_ASSOCALPHA;
        }
}

static int read_layout(const TiffReader *r, Layout *l)
{
    uint16_t planes;
    if (!TIFFGetField(r->tiff, TIFFTAG_IMAGEWIDTH, &l->width) ||
        !TIFFGetField(r->tiff, TIFFTAG_IMAGELENGTH, &l->height) ||
        !TIFFGetField(r->tiff, TIFFTAG_PHOTOMETRIC, &l->photometric))
        return damaged(r);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_BITSPERSAMPLE, &l->bits);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_SAMPLESPERPIXEL, &l->samples);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_COMPRESSION, &l->compression);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_PLANARCONFIG, &planes);
    l->separate = planes == PLANARCONFIG_SEPARATE && l->samples > 1;
    if (check_kind(r, l) != 0)
        return -1;
    l->colours = count_colours(r, l);
    if (l->colours < 0)
        return -1;
    find_alpha(r, l);
    int stored = l->palette ? 1 : l->colours;
    if (l->samples < stored || (l->alpha >= 0 && l->alpha < stored) || l->alpha >= l->samples)
        return refuse(r, "has fewer samples than colours");
    return check_samples(r, l);
}

/* Palettes hold 16 bits; some programs wrote 8, or 8 and a zero byte. */
static int fill_palette(const TiffReader *r, Layout *l)
{
    uint16_t *map[3];
    size_t entries = (size_t)1 << l->bits;
    unsigned high = 0, low = 0;
    if (!TIFFGetField(r->tiff, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]))
        return damaged(r);
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < entries; i++)
            high |= map[c][i] >> 8, low |= map[c][i] & 255u;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < entries; i++)
            l->levels[c][i] = (uint8_t)(!high ? map[c][i]
                                        : low ? (map[c][i] + 128u) / 257
                                              : map[c][i] >> 8);
    return 0;
}

/* What a value of up to 8 bits means in each channel. */
static int fill_levels(const TiffReader *r, Layout *l)
{
    if (l->bits > 8)
        return 0;
    int most = (1 << l->bits) - 1;
    for (int c = 0; c < 4; c++)
        for (int i = 0; i <= most; i++)
            l->levels[c][i] = (uint8_t)(i * 255 / most);
    if (l->photometric == PHOTOMETRIC_MINISWHITE)
        for (int i = 0; i <= most; i++)
            l->levels[0][i] = (uint8_t)(255 - i * 255 / most);
    return l->palette ? fill_palette(r, l) : 0;
}

static unsigned small_sample(const uint8_t *row, size_t i, unsigned bits)
{
    size_t at = i * bits;
    return (unsigned)row[at / 8] >> (8 - bits - at % 8) & ((1u << bits) - 1);
}

/* `count` samples of one channel, `step` apart from the first, into the picture's row y from x on.
 */
static void put_samples(const Decoded *d, const Layout *l, const uint8_t *row, size_t first,
                        size_t step, size_t channel, size_t y, size_t x, size_t count)
{
    size_t channels = (size_t)d->channels, to = (y * (size_t)d->width + x) * channels + channel;
    if (d->depth == 16) {
        uint16_t flip = l->photometric == PHOTOMETRIC_MINISWHITE && channel == 0 ? 0xFFFF : 0;
        const uint16_t *from = (const uint16_t *)(const void *)row + first;
        for (size_t i = 0; i < count; i++)
            ((uint16_t *)d->pixels)[to + i * channels] = from[i * step] ^ flip;
    } else if (l->bits == 8) {
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)d->pixels)[to + i * channels] = l->levels[channel][row[first + i * step]];
    } else {
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)d->pixels)[to + i * channels] =
                l->levels[channel][small_sample(row, first + i * step, l->bits)];
    }
}

/* A row of a strip or tile: of one plane where samples lie apart. */
static void put_row(const Decoded *d, const Layout *l, const uint8_t *row, int plane, size_t y,
                    size_t x, size_t count)
{
    for (int c = 0; c < d->channels; c++) {
        int sample = c == l->colours ? l->alpha : l->palette ? 0 : c;
        if (!l->separate)
            put_samples(d, l, row, (size_t)sample, l->samples, (size_t)c, y, x, count);
        else if (sample == plane)
            put_samples(d, l, row, 0, 1, (size_t)c, y, x, count);
    }
}

/* Strips and tiles alike. */
typedef struct Pieces {
    uint32_t width, height;
    uint64_t bytes, row_bytes;
    bool tiled;
} Pieces;

static int measure_pieces(const TiffReader *r, const Layout *l, Pieces *p)
{
    p->tiled = TIFFIsTiled(r->tiff);
    p->width = l->width;
    if (p->tiled) {
        TIFFGetField(r->tiff, TIFFTAG_TILEWIDTH, &p->width);
        TIFFGetField(r->tiff, TIFFTAG_TILELENGTH, &p->height);
        p->bytes = TIFFTileSize64(r->tiff);
        p->row_bytes = TIFFTileRowSize64(r->tiff);
    } else {
        TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ROWSPERSTRIP, &p->height);
        p->height = p->height < l->height ? p->height : l->height;
        p->row_bytes = TIFFScanlineSize64(r->tiff);
        p->bytes = p->row_bytes * p->height;
    }
    uint64_t together = l->separate ? 1 : l->samples;
    uint64_t picture = (uint64_t)l->width * l->height * l->samples * l->bits / 8;
    if (p->width == 0 || p->height == 0 || p->row_bytes < (p->width * together * l->bits + 7) / 8 ||
        p->bytes / p->height < p->row_bytes)
        return damaged(r);
    if (p->bytes > MOST_SPARE_BYTES && p->bytes > 2 * picture)
        return refuse(r, "has tiles larger than the picture");
    return 0;
}

static int read_piece(const TiffReader *r, const Pieces *p, uint32_t x, uint32_t y, int plane,
                      uint32_t rows, uint8_t *scratch)
{
    tmsize_t wanted = (tmsize_t)(p->row_bytes * (p->tiled ? p->height : rows));
    tmsize_t got =
        p->tiled ? TIFFReadEncodedTile(r->tiff, TIFFComputeTile(r->tiff, x, y, 0, (uint16_t)plane),
                                       scratch, wanted)
                 : TIFFReadEncodedStrip(r->tiff, TIFFComputeStrip(r->tiff, y, (uint16_t)plane),
                                        scratch, wanted);
    return got == wanted && !r->reason[0] ? 0 : damaged(r);
}

static int read_plane(const TiffReader *r, const Layout *l, const Pieces *p, int plane,
                      uint8_t *scratch)
{
    for (uint32_t y = 0; y < l->height; y += p->height)
        for (uint32_t x = 0; x < l->width; x += p->width) {
            uint32_t rows = l->height - y < p->height ? l->height - y : p->height;
            uint32_t columns = l->width - x < p->width ? l->width - x : p->width;
            if (read_piece(r, p, x, y, plane, rows, scratch) != 0)
                return -1;
            for (uint32_t j = 0; j < rows; j++)
                put_row(r->decoded, l, scratch + j * p->row_bytes, plane, y + j, x, columns);
        }
    return 0;
}

static int read_pixels(const TiffReader *r, Layout *l)
{
    Pieces p;
    if (fill_levels(r, l) != 0 || measure_pieces(r, l, &p) != 0)
        return -1;
    uint8_t *scratch = memory_array((size_t)p.bytes, 1);
    int result = 0;
    for (int plane = 0; result == 0 && plane < (l->separate ? l->samples : 1); plane++)
        if (plane < l->colours || plane == l->alpha)
            result = read_plane(r, l, &p, plane, scratch);
    free(scratch);
    return result;
}

/* Colours over alpha, rounded. */
static void divide_by_alpha(const Decoded *d)
{
    size_t pixels = (size_t)d->width * (size_t)d->height, channels = (size_t)d->channels;
    uint32_t most = d->depth == 16 ? 0xFFFF : 0xFF;
    uint8_t *bytes = d->pixels;
    uint16_t *words = d->pixels;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c + 1 < channels; c++) {
            size_t at = i * channels + c, over = i * channels + channels - 1;
            uint64_t alpha = d->depth == 16 ? words[over] : bytes[over];
            uint64_t colour = d->depth == 16 ? words[at] : bytes[at];
            uint64_t value = alpha ? (colour * most + alpha / 2) / alpha : 0;
            value = value < most ? value : most;
            if (d->depth == 16)
                words[at] = (uint16_t)value;
            else
                bytes[at] = (uint8_t)value;
        }
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
        return damaged(r);
    if (read_layout(r, &l) != 0 ||
        decoded_prepare(r->decoded, r->encoded, l.width, l.height, l.colours + (l.alpha >= 0),
                        l.bits == 16 ? 16 : 8, what) != 0)
        return -1;
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ORIENTATION, &orientation);
    r->decoded->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    if (what == DECODE_HEADER)
        return 0;
    note_block(r, TIFFTAG_ICCPROFILE, &r->decoded->notes.profile);
    if (read_pixels(r, &l) != 0)
        return -1;
    if (l.premultiplied)
        divide_by_alpha(r->decoded);
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
