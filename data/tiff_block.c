#include "data/tiff_block.h"

#include <string.h>

bool tiff_number(const TiffBlock *t, size_t at, size_t size, uint32_t *value)
{
    if (at > t->count || t->count - at < size)
        return false;
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        size_t from = t->big_endian ? at + i : at + size - 1 - i;
        *value = *value << 8 | t->bytes[from];
    }
    return true;
}

bool tiff_open(TiffBlock *t, const uint8_t *bytes, size_t count)
{
    uint32_t magic;
    *t = (TiffBlock){.bytes = bytes, .count = count};
    if (count < 8)
        return false;
    t->big_endian = memcmp(bytes, "MM", 2) == 0;
    if (!t->big_endian && memcmp(bytes, "II", 2) != 0)
        return false;
    return tiff_number(t, 2, 2, &magic) && magic == 42 && tiff_number(t, 4, 4, &t->directory);
}

size_t tiff_find(const TiffBlock *t, uint32_t directory, uint32_t tag)
{
    uint32_t entries, found;
    if (!tiff_number(t, directory, 2, &entries))
        return 0;
    for (size_t i = 0; i < entries; i++) {
        size_t at = (size_t)directory + 2 + i * 12;
        if (at > t->count || t->count - at < 12)
            return 0;
        if (tiff_number(t, at, 2, &found) && found == tag)
            return at;
    }
    return 0;
}

bool tiff_value(const TiffBlock *t, uint32_t directory, uint32_t tag, uint32_t *value)
{
    uint32_t type, count;
    size_t at = tiff_find(t, directory, tag);
    if (!at || !tiff_number(t, at + 2, 2, &type) || !tiff_number(t, at + 4, 4, &count) ||
        count != 1 || (type != TIFF_TYPE_SHORT && type != TIFF_TYPE_LONG && type != TIFF_TYPE_IFD))
        return false;
    return tiff_number(t, at + 8, type == TIFF_TYPE_SHORT ? 2 : 4, value);
}

bool tiff_has_directory(const TiffBlock *t, uint32_t directory)
{
    uint32_t entries;
    if (!tiff_number(t, directory, 2, &entries))
        return false;
    return t->count - directory - 2 >= (size_t)entries * 12 + 4;
}

const uint8_t *tiff_text(const TiffBlock *t, uint32_t directory, uint32_t tag, size_t *count)
{
    uint32_t type, length, place;
    size_t at = tiff_find(t, directory, tag);
    if (!at || !tiff_number(t, at + 2, 2, &type) || !tiff_number(t, at + 4, 4, &length) ||
        !tiff_number(t, at + 8, 4, &place) || type != TIFF_TYPE_ASCII)
        return NULL;
    size_t from = length <= 4 ? at + 8 : place;
    if (from > t->count || t->count - from < length)
        return NULL;
    *count = length;
    return t->bytes + from;
}
