/* What a TIFF's directory says of its pixels. TIFF 6.0, sections 3 to 6 and 18. */
#include <string.h>

#include "core/error.h"
#include "data/image_tiff.h"

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
        return tiff_refuse(r, "begins with a preview (a camera's raw file?), convert it first");
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
        return tiff_refuse(r, "holds floating-point numbers, convert it to 16 bits first");
    if (format == SAMPLEFORMAT_INT || format == SAMPLEFORMAT_COMPLEXINT)
        return tiff_refuse(r, "holds signed numbers, convert it first");
    bool small = l->bits == 1 || l->bits == 2 || l->bits == 4;
    if (l->bits != 8 && l->bits != 16 &&
        !(small && (l->colours == 1 || l->palette) && l->alpha < 0))
        return error_set(ERROR_FORMAT, "%s: a TIFF of %d bits a sample, only 8 and 16 are read",
                         r->encoded->path, l->bits);
    if (l->palette && l->bits > 8)
        return tiff_refuse(r, "has a palette of more than 256 colours");
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
        return tiff_refuse(r, "is CMYK, convert it to RGB first");
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

/* Palettes hold 16 bits; some programs wrote 8, or 8 and a zero byte. */
static int fill_palette(const TiffReader *r, Layout *l)
{
    uint16_t *map[3];
    size_t entries = (size_t)1 << l->bits;
    unsigned high = 0, low = 0;
    if (!TIFFGetField(r->tiff, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]))
        return tiff_damaged(r);
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

int tiff_read_layout(const TiffReader *r, Layout *l)
{
    uint16_t planes;
    if (!TIFFGetField(r->tiff, TIFFTAG_IMAGEWIDTH, &l->width) ||
        !TIFFGetField(r->tiff, TIFFTAG_IMAGELENGTH, &l->height) ||
        !TIFFGetField(r->tiff, TIFFTAG_PHOTOMETRIC, &l->photometric))
        return tiff_damaged(r);
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
        return tiff_refuse(r, "has fewer samples than colours");
    return check_samples(r, l) == 0 ? fill_levels(r, l) : -1;
}
