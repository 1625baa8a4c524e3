#include "data/exif.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/tiff_block.h"

/* Exif 2.32, table 4 and following. */
enum {
    IMAGE_WIDTH = 0x0100,
    IMAGE_LENGTH = 0x0101,
    STRIP_OFFSETS = 0x0111,
    ORIENTATION = 0x0112,
    STRIP_BYTES = 0x0117,
    THUMBNAIL = 0x0201,
    THUMBNAIL_BYTES = 0x0202,
    RELATED_WIDTH = 0x1001,
    RELATED_LENGTH = 0x1002,
    EXIF_DIRECTORY = 0x8769,
    PIXEL_WIDTH = 0xA002,
    PIXEL_HEIGHT = 0xA003,
    INTEROPERABILITY = 0xA005
};

/* Writes a number; it must be all inside. */
static void put(PhotoBlock *exif, const TiffBlock *t, size_t at, size_t size, uint32_t value)
{
    for (size_t i = 0; i < size; i++) {
        size_t to = t->big_endian ? at + size - 1 - i : at + i;
        exif->bytes[to] = (uint8_t)(value >> 8 * i);
    }
}

/* Sets an entry that is one number, if there is one. It becomes LONG, which Exif allows for
 * extents, and some readers want. */
static void set_entry(PhotoBlock *exif, const TiffBlock *t, uint32_t directory, uint32_t tag,
                      uint32_t value)
{
    uint32_t old;
    if (!tiff_value(t, directory, tag, &old))
        return;
    size_t at = tiff_find(t, directory, tag);
    put(exif, t, at + 2, 2, TIFF_TYPE_LONG);
    put(exif, t, at + 8, 4, value);
}

bool exif_is_whole(const PhotoBlock *exif)
{
    TiffBlock t;
    uint32_t entries;
    return exif->bytes && tiff_open(&t, exif->bytes, exif->count) &&
           tiff_number(&t, t.directory, 2, &entries);
}

void exif_set_upright(PhotoBlock *exif)
{
    TiffBlock t;
    size_t at = exif_is_whole(exif) && tiff_open(&t, exif->bytes, exif->count)
                    ? tiff_find(&t, t.directory, ORIENTATION)
                    : 0;
    if (!at)
        return;
    /* Whatever its type and count were: readers differ in what they make of damaged ones. */
    put(exif, &t, at + 2, 2, TIFF_TYPE_SHORT);
    put(exif, &t, at + 4, 4, 1);
    put(exif, &t, at + 8, 4, 0);
    put(exif, &t, at + 8, 2, 1);
}

void exif_set_size(PhotoBlock *exif, int width, int height)
{
    TiffBlock t;
    uint32_t more, w = (uint32_t)width, h = (uint32_t)height;
    if (!exif_is_whole(exif) || !tiff_open(&t, exif->bytes, exif->count))
        return;
    set_entry(exif, &t, t.directory, IMAGE_WIDTH, w);
    set_entry(exif, &t, t.directory, IMAGE_LENGTH, h);
    if (!tiff_value(&t, t.directory, EXIF_DIRECTORY, &more))
        return;
    set_entry(exif, &t, more, PIXEL_WIDTH, w);
    set_entry(exif, &t, more, PIXEL_HEIGHT, h);
    if (!tiff_value(&t, more, INTEROPERABILITY, &more))
        return;
    set_entry(exif, &t, more, RELATED_WIDTH, w);
    set_entry(exif, &t, more, RELATED_LENGTH, h);
}

/* Clears what two entries of a directory say where it is, if that is inside, and cuts it off where
 * nothing but padding follows. */
static void clear_picture(PhotoBlock *exif, const TiffBlock *t, uint32_t directory,
                          uint32_t place_tag, uint32_t bytes_tag)
{
    enum { HEADER = 8, PADDING = 3 };
    uint32_t place, bytes;
    if (!tiff_value(t, directory, place_tag, &place) ||
        !tiff_value(t, directory, bytes_tag, &bytes) || place < HEADER || place > exif->count ||
        exif->count - place < bytes)
        return;
    memset(exif->bytes + place, 0, bytes);
    if (exif->count - place - bytes <= PADDING && place > directory && place > t->directory + 2)
        exif->count = place;
}

void exif_drop_thumbnail(PhotoBlock *exif)
{
    TiffBlock t;
    uint32_t entries, second;
    if (!exif_is_whole(exif) || !tiff_open(&t, exif->bytes, exif->count) ||
        !tiff_number(&t, t.directory, 2, &entries))
        return;
    size_t link = (size_t)t.directory + 2 + (size_t)entries * 12;
    if (!tiff_number(&t, link, 4, &second) || second == 0)
        return;
    put(exif, &t, link, 4, 0);
    clear_picture(exif, &t, second, THUMBNAIL, THUMBNAIL_BYTES);
    t.count = exif->count;
    clear_picture(exif, &t, second, STRIP_OFFSETS, STRIP_BYTES);
}

typedef struct Text {
    const char *from, *end;
} Text;

/* The digits that are the value of a property whose name ends at `at`: ="6", ='6' or >6<. */
static Text find_digits(const char *at, const char *end)
{
    Text digits = {at, at};
    if (at < end && *at == '>')
        at++;
    else if (end - at >= 2 && at[0] == '=' && (at[1] == '"' || at[1] == '\''))
        at += 2;
    else
        return digits;
    digits.from = digits.end = at;
    while (digits.end < end && *digits.end >= '0' && *digits.end <= '9')
        digits.end++;
    return digits;
}

/* Sets a property of one whole number wherever it is. */
static void set_property(PhotoBlock *xmp, const char *name, int value)
{
    if (!xmp->bytes)
        return;
    size_t name_bytes = strlen(name), used = 0;
    const char *from = (const char *)xmp->bytes, *end = from + xmp->count, *at;
    /* Each is at least 17 characters long and grows by at most 9. */
    char *changed = memory_array(xmp->count / 2 + 1, 4);
    while ((at = memmem(from, (size_t)(end - from), name, name_bytes))) {
        Text digits = find_digits(at + name_bytes, end);
        size_t before = (size_t)(digits.from - from);
        memcpy(changed + used, from, before);
        used += before;
        if (digits.end > digits.from)
            used += (size_t)sprintf(changed + used, "%d", value);
        from = digits.end;
    }
    memcpy(changed + used, from, (size_t)(end - from));
    used += (size_t)(end - from);
    changed[used] = 0;
    free(xmp->bytes);
    *xmp = (PhotoBlock){(uint8_t *)changed, used};
}

void xmp_set_upright(PhotoBlock *xmp)
{
    set_property(xmp, "tiff:Orientation", 1);
}

void xmp_set_size(PhotoBlock *xmp, int width, int height)
{
    set_property(xmp, "exif:PixelXDimension", width);
    set_property(xmp, "exif:PixelYDimension", height);
    set_property(xmp, "tiff:ImageWidth", width);
    set_property(xmp, "tiff:ImageLength", height);
}
