/* Strips and tiles of a TIFF, samples together or apart, as interleaved pixels. */
#include <stdlib.h>

#include "core/memory.h"
#include "data/image_tiff.h"

/* Strips and tiles larger than this and than the picture are a trap. */
static const uint64_t MOST_SPARE_BYTES = (uint64_t)64 << 20;

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
        return tiff_damaged(r);
    if (p->bytes > IMAGE_MOST_BYTES || (p->bytes > MOST_SPARE_BYTES && p->bytes > 2 * picture))
        return tiff_refuse(r, "has strips or tiles of a size that cannot be");
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
    return got == wanted && !r->reason[0] ? 0 : tiff_damaged(r);
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

int tiff_read_pixels(const TiffReader *r, const Layout *l)
{
    Pieces p;
    if (measure_pieces(r, l, &p) != 0)
        return -1;
    uint8_t *scratch = memory_array((size_t)p.bytes, 1);
    int result = 0;
    for (int plane = 0; result == 0 && plane < (l->separate ? l->samples : 1); plane++)
        if (plane < l->colours || plane == l->alpha)
            result = read_plane(r, l, &p, plane, scratch);
    free(scratch);
    if (result == 0 && l->premultiplied)
        divide_by_alpha(r->decoded);
    return result;
}
