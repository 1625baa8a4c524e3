/* Torch's format before 1.6: pickles of a magic number, a version, system information, the object
 * and the list of storage keys, then for each key an 8-byte element count and the elements. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "nets/pth.h"
#include "nets/weights_files.h"

typedef struct Cursor {
    const uint8_t *bytes;
    size_t count;
    const char *file;
} Cursor;

static Pickle *next_pickle(Cursor *c)
{
    Pickle *pickle = pickle_read(c->bytes, c->count, c->file);
    if (pickle) {
        c->bytes += pickle->length;
        c->count -= pickle->length;
    }
    return pickle;
}

/* The magic number 0x1950a86a20f9469cfc6c and protocol version 1001, each a pickle. */
static int skip_magic(Cursor *c)
{
    static const uint8_t magic[] = {0x80, 2,    0x8a, 10,  0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a,
                                    0xa8, 0x50, 0x19, '.', 0x80, 2,    'M',  0xe9, 3,    '.'};
    size_t common = c->count < sizeof magic ? c->count : sizeof magic;
    if (memcmp(c->bytes, magic, common) != 0)
        return error_set(ERROR_FORMAT, "%s: a pickle, but not a torch weights file", c->file);
    if (common < sizeof magic)
        return error_set(ERROR_FORMAT, "%s: ends early", c->file);
    c->bytes += sizeof magic;
    c->count -= sizeof magic;
    return 0;
}

static int skip_system_info(Cursor *c)
{
    Pickle *info = next_pickle(c);
    if (!info)
        return -1;
    const PickleValue *little =
        info->root->kind == PICKLE_DICTIONARY ? pickle_get(info->root, "little_endian") : NULL;
    bool good = little && little->kind == PICKLE_BOOL && little->integer;
    pickle_free(info);
    return good ? 0
                : error_set(ERROR_FORMAT, "%s: system info: little_endian is not true", c->file);
}

static int compare_storages(const void *a, const void *b)
{
    const Storage *x = *(Storage *const *)a, *y = *(Storage *const *)b;
    if (x->key_length != y->key_length)
        return x->key_length < y->key_length ? -1 : 1;
    return memcmp(x->key, y->key, (size_t)x->key_length);
}

/* Gives the next storage of the file to every mention of `key`; `storages` are sorted. */
static int place_storage(Cursor *c, const PickleValue *key, Storage **storages, int count)
{
    if (key->kind != PICKLE_STRING)
        return error_set(ERROR_FORMAT, "%s: a storage key is not a text", c->file);
    char shown[64];
    weights_printable(shown, sizeof shown, key->text, (size_t)key->count);
    Storage wanted = {.key = key->text, .key_length = key->count}, *pointer = &wanted;
    Storage **found = NULL;
    if (count > 0)
        found = bsearch(&pointer, storages, (size_t)count, sizeof(Storage *), compare_storages);
    if (!found)
        return error_set(ERROR_FORMAT, "%s: storage %s is not mentioned by any tensor", c->file,
                         shown);
    while (found > storages && compare_storages(found - 1, &pointer) == 0)
        found--;
    int64_t elements = (*found)->count, bytes;
    if ((*found)->bytes)
        return error_set(ERROR_FORMAT, "%s: storage %s appears twice", c->file, shown);
    if (c->count < 8 || __builtin_mul_overflow(elements, element_bytes((*found)->type), &bytes) ||
        (uint64_t)bytes > c->count - 8)
        return error_set(ERROR_FORMAT, "%s: storage %s: the file ends before its %lld elements",
                         c->file, shown, (long long)elements);
    if (memcmp(c->bytes, &elements, 8) != 0)
        return error_set(ERROR_FORMAT, "%s: storage %s has another size than its tensors say",
                         c->file, shown);
    for (Storage **s = found; s < storages + count && compare_storages(s, &pointer) == 0; s++) {
        if ((*s)->count != elements || (*s)->type != (*found)->type)
            return error_set(ERROR_FORMAT, "%s: storage %s is described in two ways", c->file,
                             shown);
        (*s)->bytes = c->bytes + 8;
    }
    c->bytes += 8 + bytes;
    c->count -= 8 + (size_t)bytes;
    return 0;
}

static int place_storages(Cursor *c, const Pickle *object, const PickleValue *keys)
{
    size_t count = (size_t)object->storage_count;
    if (keys->kind != PICKLE_LIST)
        return error_set(ERROR_FORMAT, "%s: the storage keys are not a list", c->file);
    if (count > 0)
        qsort(object->storages, count, sizeof(Storage *), compare_storages);
    for (int i = 0; i < keys->count; i++)
        if (place_storage(c, keys->items[i], object->storages, object->storage_count) != 0)
            return -1;
    return 0;
}

Pickle *pth_read_older(const uint8_t *bytes, size_t count, const char *file)
{
    Cursor cursor = {bytes, count, file};
    if (skip_magic(&cursor) != 0 || skip_system_info(&cursor) != 0)
        return NULL;
    Pickle *object = next_pickle(&cursor);
    Pickle *keys = object ? next_pickle(&cursor) : NULL;
    int result = keys ? place_storages(&cursor, object, keys->root) : -1;
    pickle_free(keys);
    if (result == 0)
        return object;
    pickle_free(object);
    return NULL;
}
