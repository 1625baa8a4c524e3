/* Finds the entries of a zip archive in memory, as far as torch's files need it: entries that are
 * stored, not compressed; zip64 too. */
#ifndef NETS_ZIP_H
#define NETS_ZIP_H

#include <stddef.h>
#include <stdint.h>

typedef struct ZipEntry {
    const char *name; /* in the archive's bytes, not zero-terminated */
    size_t name_length;
    const uint8_t *bytes;
    size_t count;
} ZipEntry;

typedef struct Zip {
    ZipEntry *entries; /* sorted by name */
    int count;
} Zip;

/* Reads the directory; entries refer to `bytes`. `file` is for messages. -1 with ERROR_FORMAT for
 * damage, compression, encryption or a name that appears twice; nothing to free then. */
int zip_open(Zip *zip, const uint8_t *bytes, size_t count, const char *file);
void zip_close(Zip *zip);

/* The entry called `prefix` followed by `name`, or NULL. */
const ZipEntry *zip_find(const Zip *zip, const char *prefix, size_t prefix_length, const char *name,
                         size_t name_length);

#endif
