/* EXIF of TIFF files whose directories lead to others again and again. */
#include "data/tiff_exif.h"

#include <stdlib.h>

#include "core/memory.h"
#include "data/tiff_block.h"
#include "tests/unit.h"

enum { HEADER = 8, ENTRY = 12, EXIF = 0x8769, GPS = 0x8825, INTEROPERABILITY = 0xA005 };
enum { VERSION = 1, SHORT = TIFF_TYPE_SHORT, LONG = TIFF_TYPE_LONG };

/* A little-endian file as it grows. */
typedef struct File {
    uint8_t *bytes;
    size_t count;
} File;

static void put(File *f, int size, size_t value)
{
    for (int i = 0; i < size; i++)
        f->bytes[f->count++] = (uint8_t)(value >> 8 * i);
}

/* `times` entries of one value each. */
static void put_entries(File *f, size_t times, size_t tag, size_t type, size_t value)
{
    for (size_t i = 0; i < times; i++) {
        put(f, 2, tag);
        put(f, 2, type);
        put(f, 4, 1);
        put(f, 4, value);
    }
}

static size_t size_of(size_t entries)
{
    return 2 + entries * ENTRY + 4;
}

/* EXIF, EXIF, GPS, GPS -> a directory with `times` of interoperability -> one with `last` entries
 * of that type. */
static File file_of(size_t times, size_t last, size_t type)
{
    size_t exif = HEADER + size_of(4), below = exif + size_of(times);
    File f = {memory_array(below + size_of(last), 1), 0};
    memcpy(f.bytes, "II*", 4);
    f.count = 4;
    put(&f, 4, HEADER);
    put(&f, 2, 4);
    put_entries(&f, 2, EXIF, LONG, exif);
    put_entries(&f, 2, GPS, LONG, below);
    put(&f, 4, 0);
    put(&f, 2, times);
    put_entries(&f, times, INTEROPERABILITY, LONG, below);
    put(&f, 4, 0);
    put(&f, 2, last);
    put_entries(&f, last, VERSION, type, 7);
    put(&f, 4, 0);
    return f;
}

static PhotoBlock exif_of(size_t times, size_t last, size_t type)
{
    PhotoBlock exif = {0};
    File f = file_of(times, last, type);
    tiff_collect_exif(f.bytes, f.count, &exif);
    free(f.bytes);
    return exif;
}

TEST(the_first_directory_of_each_kind_is_kept_and_others_are_not)
{
    PhotoBlock exif = exif_of(3, 1, SHORT);
    TiffBlock block;
    uint32_t entries, place, value;
    REQUIRE(tiff_open(&block, exif.bytes, exif.count));
    CHECK(tiff_number(&block, block.directory, 2, &entries) && entries == 2);
    REQUIRE(tiff_value(&block, block.directory, GPS, &place));
    CHECK(tiff_value(&block, place, VERSION, &value) && value == 7);
    REQUIRE(tiff_value(&block, block.directory, EXIF, &place));
    CHECK(tiff_number(&block, place, 2, &entries) && entries == 1);
    REQUIRE(tiff_value(&block, place, INTEROPERABILITY, &place));
    CHECK(tiff_value(&block, place, VERSION, &value) && value == 7);
    CHECK(exif.count == HEADER + size_of(2) + size_of(1) + size_of(1) + size_of(1));
    free(exif.bytes);
}

/* 4 billion entries to read, were each followed. */
TEST(directories_that_lead_to_one_again_and_again_are_followed_once)
{
    PhotoBlock exif = exif_of(65535, 65535, 0);
    CHECK(exif.count == HEADER + size_of(2) + size_of(1) + size_of(0) + size_of(0));
    free(exif.bytes);
}
