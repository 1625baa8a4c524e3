/* Records as in PKWARE's APPNOTE.TXT. */
#include "nets/zip_write.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"

enum { LOCAL_BYTES = 30, ENTRY_BYTES = 46, END_BYTES = 22, EXTRA_BYTES = 4, ALIGNMENT = 64 };
enum { FIRST_OF_JANUARY_1980 = 1 << 5 | 1, PADDING = 'F' | 'B' << 8 };

typedef struct Entry {
    char *name;
    uint32_t crc, count, location;
} Entry;

struct ZipWriter {
    char *path;
    FileWriter *file;
    Entry *entries;
    int count, capacity;
    uint64_t at; /* bytes written */
};

/* CRC-32 of IEEE 802.3: polynomial 0x04c11db7, bits reflected. */
static uint32_t checksum(const uint8_t *bytes, size_t count)
{
    uint32_t table[256], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
    }
    for (size_t i = 0; i < count; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255];
    return ~crc;
}

static void put(uint8_t **to, uint64_t number, int width)
{
    for (int i = 0; i < width; i++)
        *(*to)++ = (uint8_t)(number >> 8 * i);
}

static int append(ZipWriter *zip, const void *bytes, size_t count)
{
    zip->at += count;
    return file_write(zip->file, bytes, count);
}

ZipWriter *zip_begin(const char *path)
{
    FileWriter *file = file_begin(path);
    if (!file)
        return NULL;
    ZipWriter *zip = memory_new(sizeof *zip);
    *zip = (ZipWriter){.path = memory_copy_string(path), .file = file};
    return zip;
}

/* What local headers and the directory say alike of an entry, from the version needed on. */
static void put_entry(uint8_t **to, const Entry *e, size_t extra)
{
    put(to, 20, 2); /* version 2.0 */
    put(to, 0, 4);  /* no flags, stored */
    put(to, 0, 2);
    put(to, FIRST_OF_JANUARY_1980, 2);
    put(to, e->crc, 4);
    put(to, e->count, 4);
    put(to, e->count, 4);
    put(to, strlen(e->name), 2);
    put(to, extra, 2);
}

/* The header, with an extra field that moves the entry's bytes to a multiple of ALIGNMENT. */
static int write_local(ZipWriter *zip, const Entry *e)
{
    uint8_t header[LOCAL_BYTES + EXTRA_BYTES] = {0}, zeros[ALIGNMENT] = {0}, *at = header;
    size_t name = strlen(e->name);
    uint64_t start = zip->at + LOCAL_BYTES + name + EXTRA_BYTES;
    size_t padding = (size_t)((ALIGNMENT - start % ALIGNMENT) % ALIGNMENT);
    put(&at, 0x04034b50, 4);
    put_entry(&at, e, EXTRA_BYTES + padding);
    put(&at, PADDING, 2);
    put(&at, padding, 2);
    int result = append(zip, header, LOCAL_BYTES);
    if (result == 0)
        result = append(zip, e->name, name);
    if (result == 0)
        result = append(zip, header + LOCAL_BYTES, EXTRA_BYTES);
    return result == 0 ? append(zip, zeros, padding) : -1;
}

int zip_add(ZipWriter *zip, const char *name, const void *bytes, size_t count)
{
    if (zip->at + count + strlen(name) + LOCAL_BYTES + ENTRY_BYTES + ALIGNMENT > UINT32_MAX ||
        zip->count == UINT16_MAX - 1)
        return error_set(ERROR_FORMAT, "%s: larger than the 4 GiB that a zip archive can hold",
                         zip->path);
    Entry entry = {.name = memory_copy_string(name),
                   .crc = checksum(bytes, count),
                   .count = (uint32_t)count,
                   .location = (uint32_t)zip->at};
    memory_grow(&zip->entries, zip->count, &zip->capacity, sizeof *zip->entries);
    zip->entries[zip->count++] = entry;
    return write_local(zip, &entry) == 0 ? append(zip, bytes, count) : -1;
}

static int write_directory(ZipWriter *zip)
{
    const uint64_t start = zip->at;
    for (int i = 0; i < zip->count; i++) {
        uint8_t record[ENTRY_BYTES] = {0}, *at = record;
        put(&at, 0x02014b50, 4);
        put(&at, 20, 2); /* made by version 2.0 */
        put_entry(&at, &zip->entries[i], 0);
        at += 10; /* no comment, first disk, no attributes */
        put(&at, zip->entries[i].location, 4);
        if (append(zip, record, ENTRY_BYTES) != 0 ||
            append(zip, zip->entries[i].name, strlen(zip->entries[i].name)) != 0)
            return -1;
    }
    uint8_t end[END_BYTES] = {0}, *at = end;
    put(&at, 0x06054b50, 4);
    put(&at, 0, 4);
    put(&at, (uint64_t)zip->count, 2);
    put(&at, (uint64_t)zip->count, 2);
    put(&at, zip->at - start, 4);
    put(&at, start, 4);
    return zip->at > UINT32_MAX ? error_set(ERROR_FORMAT, "%s: larger than 4 GiB", zip->path)
                                : append(zip, end, END_BYTES);
}

static void free_writer(ZipWriter *zip)
{
    for (int i = 0; i < zip->count; i++)
        free(zip->entries[i].name);
    free(zip->entries);
    free(zip->path);
    free(zip);
}

int zip_commit(ZipWriter *zip)
{
    int result = write_directory(zip);
    if (result == 0)
        result = file_commit(zip->file);
    else
        file_abandon(zip->file);
    free_writer(zip);
    return result;
}

void zip_abandon(ZipWriter *zip)
{
    file_abandon(zip->file);
    free_writer(zip);
}
