#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/image_codecs.h"
#include "data/tiff_block.h"

/* Orientation is tag 0x0112 of the first directory, one value of type SHORT (3). */
static int find_orientation(const TiffBlock *t)
{
    uint32_t entries, tag, type, value;
    if (!tiff_number(t, t->directory, 2, &entries))
        return 1;
    for (uint32_t i = 0; i < entries; i++) {
        size_t at = (size_t)t->directory + 2 + (size_t)i * 12;
        if (!tiff_number(t, at, 2, &tag) || !tiff_number(t, at + 2, 2, &type) ||
            !tiff_number(t, at + 8, 2, &value))
            return 1;
        if (tag == 0x0112)
            return type == 3 && value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

int exif_orientation(const uint8_t *bytes, size_t count)
{
    static const char MARK[6] = "Exif\0";
    if (count >= sizeof MARK && memcmp(bytes, MARK, sizeof MARK) == 0) {
        bytes += sizeof MARK;
        count -= sizeof MARK;
    }
    TiffBlock tiff;
    return tiff_open(&tiff, bytes, count) ? find_orientation(&tiff) : 1;
}

void decoded_orient(Decoded *d)
{
    int orientation = d->orientation;
    d->orientation = 1;
    if (orientation <= 1)
        return;
    bool turned = orientation >= 5;
    bool flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int width = turned ? d->height : d->width, height = turned ? d->width : d->height;
    size_t pixel = (size_t)d->channels * (size_t)d->depth / 8;
    const char *from = d->pixels;
    char *upright = from ? memory_array((size_t)width * (size_t)height, pixel) : NULL,
         *to = upright;
    for (int y = 0; from && y < height; y++) {
        for (int x = 0; x < width; x++, to += pixel) {
            int u = turned ? y : x, v = turned ? x : y; /* before flipping, in the stored picture */
            u = flip_x ? d->width - 1 - u : u;
            v = flip_y ? d->height - 1 - v : v;
            memcpy(to, from + ((size_t)v * (size_t)d->width + (size_t)u) * pixel, pixel);
        }
    }
    free(d->pixels);
    d->pixels = upright;
    d->width = width;
    d->height = height;
}
