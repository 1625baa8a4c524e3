#include "data/tiff_exif.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/image_codecs.h"
#include "data/tiff_block.h"

enum { ENTRY = 12, HEADER = 8, NO_PARENT = 0 };
enum { EXIF_DIRECTORY = 0x8769, GPS_DIRECTORY = 0x8825, INTEROPERABILITY = 0xA005 };

/* The block as it grows. */
typedef struct Copy {
    const TiffBlock *from;
    uint8_t *bytes;
    size_t count, capacity;
    bool too_large, has_content;
} Copy;

static void put(Copy *c, size_t at, size_t size, uint32_t value)
{
    for (size_t i = 0; i < size; i++)
        c->bytes[c->from->big_endian ? at + size - 1 - i : at + i] = (uint8_t)(value >> 8 * i);
}

/* Room for `count` zero bytes at an even place; 0 if the block becomes too large. */
static size_t extend(Copy *c, size_t count)
{
    size_t at = c->count + c->count % 2;
    if (count > IMAGE_MOST_NOTE || at + count > IMAGE_MOST_NOTE) {
        c->too_large = true;
        return 0;
    }
    if (at + count > c->capacity) {
        c->capacity = 2 * (at + count);
        c->bytes = memory_resize(c->bytes, c->capacity, 1);
    }
    memset(c->bytes + c->count, 0, at + count - c->count);
    c->count = at + count;
    return at;
}

/* TIFF 6.0, section 2: BYTE to DOUBLE, and IFD. */
static uint32_t type_size(uint32_t type)
{
    static const uint8_t SIZES[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    return type < sizeof SIZES ? SIZES[type] : 0;
}

/* Of the first directory: what describes the picture, not how its pixels lie in the file. */
static bool is_descriptive(uint32_t tag)
{
    static const uint16_t TAGS[] = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746,
                                    0x4749, 0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F};
    for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++)
        if (TAGS[i] == tag)
            return true;
    return tag == EXIF_DIRECTORY || tag == GPS_DIRECTORY;
}

static bool is_directory(uint32_t tag, uint32_t parent)
{
    if (parent == NO_PARENT)
        return tag == EXIF_DIRECTORY || tag == GPS_DIRECTORY;
    return parent == EXIF_DIRECTORY && tag == INTEROPERABILITY;
}

typedef struct Entry {
    size_t at; /* in the file */
    uint32_t tag, place;
    size_t bytes;
} Entry;

/* Which directories have been met below the one that is read: only the first of each is followed,
 * or a small file could lead to billions of entries. */
typedef struct Met {
    bool gps, other; /* EXIF or interoperability, which are never below the same one */
} Met;

static bool meet(const TiffBlock *t, const Entry *e, Met *met)
{
    bool *this = e->tag == GPS_DIRECTORY ? &met->gps : &met->other;
    if (*this || !tiff_has_directory(t, e->place))
        return false;
    *this = true;
    return true;
}

/* False if it is to be left out: damaged, none that is wanted, or a directory once more. */
static bool read_entry(const TiffBlock *t, size_t at, uint32_t parent, Met *met, Entry *e)
{
    uint32_t type, count;
    e->at = at;
    if (!tiff_number(t, at, 2, &e->tag) || !tiff_number(t, at + 2, 2, &type) ||
        !tiff_number(t, at + 4, 4, &count) || !tiff_number(t, at + 8, 4, &e->place) ||
        type_size(type) == 0 || (parent == NO_PARENT && !is_descriptive(e->tag)))
        return false;
    uint64_t bytes = (uint64_t)count * type_size(type);
    if (bytes > t->count || (bytes > 4 && (e->place > t->count || t->count - e->place < bytes)))
        return false;
    e->bytes = (size_t)bytes;
    return !is_directory(e->tag, parent) || meet(t, e, met);
}

static size_t copy_directory(Copy *c, uint32_t directory, uint32_t parent);

static void copy_entry(Copy *c, const Entry *e, uint32_t parent, size_t to)
{
    memcpy(c->bytes + to, c->from->bytes + e->at, ENTRY);
    if (is_directory(e->tag, parent)) {
        size_t at = copy_directory(c, e->place, e->tag);
        put(c, to + 8, 4, (uint32_t)at);
    } else if (e->bytes > 4) {
        size_t at = extend(c, e->bytes);
        if (at)
            memcpy(c->bytes + at, c->from->bytes + e->place, e->bytes);
        put(c, to + 8, 4, (uint32_t)at);
    }
    c->has_content = true;
}

/* Where the copy lies. */
static size_t copy_directory(Copy *c, uint32_t directory, uint32_t parent)
{
    uint32_t entries = 0, kept = 0;
    Met counted = {0}, copied = {0};
    Entry e;
    tiff_number(c->from, directory, 2, &entries);
    for (uint32_t i = 0; i < entries; i++)
        kept +=
            read_entry(c->from, (size_t)directory + 2 + (size_t)i * ENTRY, parent, &counted, &e);
    size_t at = extend(c, 2 + (size_t)kept * ENTRY + 4), to = at + 2;
    if (!at)
        return 0;
    put(c, at, 2, kept);
    for (uint32_t i = 0; i < entries && !c->too_large; i++)
        if (read_entry(c->from, (size_t)directory + 2 + (size_t)i * ENTRY, parent, &copied, &e)) {
            copy_entry(c, &e, parent, to);
            to += ENTRY;
        }
    return at;
}

void tiff_collect_exif(const uint8_t *bytes, size_t count, PhotoBlock *exif)
{
    TiffBlock file;
    if (!tiff_open(&file, bytes, count) || !tiff_has_directory(&file, file.directory))
        return;
    Copy copy = {.from = &file};
    extend(&copy, HEADER);
    memcpy(copy.bytes, bytes, 4);
    put(&copy, 4, 4, HEADER);
    copy_directory(&copy, file.directory, NO_PARENT);
    if (copy.has_content && !copy.too_large)
        block_keep(exif, copy.bytes, copy.count);
    free(copy.bytes);
}
