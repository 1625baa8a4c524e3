/* Torch's zip format: the pickle is NAME/data.pkl and each storage an entry NAME/data/KEY. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/pth.h"
#include "nets/weights_files.h"
#include "nets/zip.h"

/* The one entry whose name ends in "/data.pkl". */
static const ZipEntry *find_pickle(const Zip *zip, const char *file)
{
    static const char ending[] = "/data.pkl";
    size_t length = sizeof ending - 1;
    const ZipEntry *found = NULL;
    for (int i = 0; i < zip->count; i++) {
        const ZipEntry *e = &zip->entries[i];
        if (e->name_length < length ||
            memcmp(e->name + e->name_length - length, ending, length) != 0)
            continue;
        if (found) {
            error_set(ERROR_FORMAT, "%s: zip archive: more than one data.pkl", file);
            return NULL;
        }
        found = e;
    }
    if (!found)
        error_set(ERROR_FORMAT, "%s: zip archive without data.pkl: not a torch weights file", file);
    return found;
}

static int check_byte_order(const Zip *zip, const char *folder, size_t length, const char *file)
{
    static const char name[] = "byteorder";
    const ZipEntry *e = zip_find(zip, folder, length, name, sizeof name - 1);
    if (!e || (e->count == 6 && memcmp(e->bytes, "little", 6) == 0))
        return 0;
    return error_set(ERROR_FORMAT, "%s: byteorder is not little", file);
}

static int find_storage(const Zip *zip, const char *folder, size_t length, Storage *storage,
                        const char *file)
{
    char key[64];
    weights_printable(key, sizeof key, storage->key, (size_t)storage->key_length);
    const ZipEntry *e = zip_find(zip, folder, length, storage->key, (size_t)storage->key_length);
    if (!e)
        return error_set(ERROR_FORMAT, "%s: storage %s is missing", file, key);
    int64_t bytes;
    if (__builtin_mul_overflow(storage->count, element_bytes(storage->type), &bytes) ||
        (uint64_t)bytes != e->count)
        return error_set(ERROR_FORMAT,
                         "%s: storage %s has %zu bytes, not what its %lld elements need", file, key,
                         e->count, (long long)storage->count);
    storage->bytes = e->bytes;
    return 0;
}

static Pickle *read_from_zip(const Zip *zip, const char *file)
{
    const ZipEntry *entry = find_pickle(zip, file);
    if (!entry)
        return NULL;
    size_t length = entry->name_length - strlen("data.pkl");
    if (check_byte_order(zip, entry->name, length, file) != 0)
        return NULL;
    Pickle *pickle = pickle_read(entry->bytes, entry->count, file);
    if (!pickle || pickle->storage_count == 0)
        return pickle;
    char *folder = memory_print("%.*sdata/", (int)length, entry->name);
    int result = 0;
    for (int i = 0; i < pickle->storage_count && result == 0; i++)
        result = find_storage(zip, folder, strlen(folder), pickle->storages[i], file);
    free(folder);
    if (result == 0)
        return pickle;
    pickle_free(pickle);
    return NULL;
}

Pickle *pth_read_zip(const uint8_t *bytes, size_t count, const char *file)
{
    Zip zip;
    if (zip_open(&zip, bytes, count, file) != 0)
        return NULL;
    Pickle *pickle = read_from_zip(&zip, file);
    zip_close(&zip);
    return pickle;
}
