/* The zip format as in PKWARE's APPNOTE.TXT: a directory at the end of the file lists entries, each
 * with a local header in front of its bytes. */
#include "nets/zip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/weights_files.h"

enum {
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR_BYTES = 20,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    LONGEST_COMMENT = 65535,
    MOST_ENTRIES = 1 << 20
};

typedef struct Archive {
    const uint8_t *bytes;
    size_t count;
    const char *file;
} Archive;

static uint64_t number(const uint8_t *bytes, int width)
{
    uint64_t value = 0;
    for (int i = width - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* `length` bytes at `at` if they are all inside the archive and start with `signature`. */
static const uint8_t *part(const Archive *a, uint64_t at, size_t length, const char *signature)
{
    if (at > a->count || length > a->count - at || memcmp(a->bytes + at, signature, 4) != 0)
        return NULL;
    return a->bytes + at;
}

static int fail(const Archive *a, const char *what)
{
    return error_set(ERROR_FORMAT, "%s: zip archive: %s", a->file, what);
}

static const uint8_t *find_end(const Archive *a)
{
    for (size_t back = END_BYTES; back <= a->count && back <= END_BYTES + LONGEST_COMMENT; back++) {
        const uint8_t *end = part(a, a->count - back, END_BYTES, "PK\5\6");
        if (end && number(end + 20, 2) == back - END_BYTES)
            return end;
    }
    return NULL;
}

typedef struct Directory {
    uint64_t entries, bytes, offset;
} Directory;

static int find_directory(const Archive *a, Directory *d)
{
    const uint8_t *end = find_end(a);
    if (!end)
        return fail(a, "no directory at its end: the file is cut short or damaged");
    *d = (Directory){number(end + 10, 2), number(end + 12, 4), number(end + 16, 4)};
    uint64_t at = (uint64_t)(end - a->bytes);
    const uint8_t *locator =
        at >= LOCATOR_BYTES ? part(a, at - LOCATOR_BYTES, LOCATOR_BYTES, "PK\6\7") : NULL;
    if (locator) {
        const uint8_t *end64 = part(a, number(locator + 8, 8), END64_BYTES, "PK\6\6");
        if (!end64)
            return fail(a, "its zip64 directory is not where it should be");
        *d = (Directory){number(end64 + 32, 8), number(end64 + 40, 8), number(end64 + 48, 8)};
    }
    if (d->offset > a->count || d->bytes > a->count - d->offset ||
        d->entries > d->bytes / ENTRY_BYTES || d->entries > MOST_ENTRIES)
        return fail(a, "its directory reaches beyond the file");
    return 0;
}

/* What a directory record says. */
typedef struct Record {
    const char *name;
    size_t name_length, length;          /* of the record */
    uint64_t stored, unpacked, location; /* location: of the local header */
    unsigned flags, method;
} Record;

/* The zip64 field holds, in this order, those of the numbers that are all ones in the record. */
static int read_zip64(const Archive *a, const uint8_t *extra, size_t count, Record *r)
{
    uint64_t *wanted[] = {&r->unpacked, &r->stored, &r->location};
    for (size_t at = 0; count - at >= 4;) {
        size_t id = (size_t)number(extra + at, 2), length = (size_t)number(extra + at + 2, 2);
        at += 4;
        if (length > count - at)
            return fail(a, "a damaged extra field");
        size_t used = 0;
        for (int i = 0; id == 1 && i < 3; i++) {
            if (*wanted[i] != UINT32_MAX)
                continue;
            if (length - used < 8)
                return fail(a, "a damaged zip64 field");
            *wanted[i] = number(extra + at + used, 8);
            used += 8;
        }
        if (id == 1)
            return 0;
        at += length;
    }
    return 0;
}

static int read_record(const Archive *a, uint64_t at, uint64_t end, Record *r)
{
    const uint8_t *bytes = part(a, at, ENTRY_BYTES, "PK\1\2");
    if (!bytes)
        return fail(a, "a damaged directory");
    size_t extra = (size_t)number(bytes + 30, 2), comment = (size_t)number(bytes + 32, 2);
    *r = (Record){.name = (const char *)bytes + ENTRY_BYTES,
                  .name_length = (size_t)number(bytes + 28, 2),
                  .stored = number(bytes + 20, 4),
                  .unpacked = number(bytes + 24, 4),
                  .location = number(bytes + 42, 4),
                  .flags = (unsigned)number(bytes + 8, 2),
                  .method = (unsigned)number(bytes + 10, 2)};
    r->length = ENTRY_BYTES + r->name_length + extra + comment;
    if (r->length > end - at)
        return fail(a, "a damaged directory");
    return read_zip64(a, bytes + ENTRY_BYTES + r->name_length, extra, r);
}

static int fail_entry(const Archive *a, const Record *r, const char *what)
{
    char shown[64];
    return error_set(ERROR_FORMAT, "%s: zip entry %s: %s", a->file,
                     weights_printable(shown, sizeof shown, r->name, r->name_length), what);
}

static int read_entry(const Archive *a, const Record *r, ZipEntry *entry)
{
    if (r->flags & 1)
        return fail_entry(a, r, "encrypted");
    if (r->method != 0 || r->stored != r->unpacked)
        return fail_entry(a, r, "compressed, which torch never writes");
    const uint8_t *local = part(a, r->location, LOCAL_BYTES, "PK\3\4");
    if (!local)
        return fail_entry(a, r, "its header is not where the directory says");
    uint64_t start = r->location + LOCAL_BYTES + number(local + 26, 2) + number(local + 28, 2);
    if (start > a->count || r->stored > a->count - start)
        return fail_entry(a, r, "reaches beyond the file");
    *entry = (ZipEntry){r->name, r->name_length, a->bytes + start, (size_t)r->stored};
    return 0;
}

static int compare_names(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_entries(const void *a, const void *b)
{
    const ZipEntry *x = a, *y = b;
    return compare_names(x->name, x->name_length, y->name, y->name_length);
}

static int read_entries(const Archive *a, const Directory *d, Zip *zip)
{
    uint64_t at = d->offset, end = d->offset + d->bytes;
    for (uint64_t i = 0; i < d->entries; i++) {
        Record record;
        if (read_record(a, at, end, &record) != 0 ||
            read_entry(a, &record, &zip->entries[zip->count]) != 0)
            return -1;
        zip->count++;
        at += record.length;
    }
    qsort(zip->entries, (size_t)zip->count, sizeof *zip->entries, compare_entries);
    for (int i = 1; i < zip->count; i++)
        if (compare_entries(&zip->entries[i - 1], &zip->entries[i]) == 0)
            return fail(a, "a name appears twice in its directory");
    return 0;
}

int zip_open(Zip *zip, const uint8_t *bytes, size_t count, const char *file)
{
    Archive archive = {bytes, count, file};
    Directory directory = {0};
    *zip = (Zip){0};
    if (find_directory(&archive, &directory) != 0)
        return -1;
    zip->entries = memory_array((size_t)directory.entries + 1, sizeof *zip->entries);
    if (read_entries(&archive, &directory, zip) == 0)
        return 0;
    zip_close(zip);
    return -1;
}

void zip_close(Zip *zip)
{
    free(zip->entries);
    *zip = (Zip){0};
}

/* Negative, zero or positive as the entry's name sorts before, at or after prefix + name. */
static int compare_to(const ZipEntry *e, const char *prefix, size_t prefix_length, const char *name,
                      size_t name_length)
{
    size_t head = e->name_length < prefix_length ? e->name_length : prefix_length;
    int order = memcmp(e->name, prefix, head);
    if (order != 0 || e->name_length < prefix_length)
        return order != 0 ? order : -1;
    return compare_names(e->name + prefix_length, e->name_length - prefix_length, name,
                         name_length);
}

const ZipEntry *zip_find(const Zip *zip, const char *prefix, size_t prefix_length, const char *name,
                         size_t name_length)
{
    int low = 0, high = zip->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = compare_to(&zip->entries[middle], prefix, prefix_length, name, name_length);
        if (order == 0)
            return &zip->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
