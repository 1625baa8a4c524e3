/* The values of a pickle live in blocks that are freed together. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "nets/pickle.h"

enum { BLOCK_BYTES = 1 << 16 };

typedef struct PickleBlock {
    struct PickleBlock *next;
    size_t used, size;
    max_align_t memory[];
} PickleBlock;

void *pickle_allocate(Pickle *pickle, size_t bytes)
{
    bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    PickleBlock *block = pickle->blocks;
    if (!block || block->size - block->used < bytes) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block = memory_new(sizeof *block + size);
        block->size = size;
        block->next = pickle->blocks;
        pickle->blocks = block;
    }
    void *memory = (uint8_t *)block->memory + block->used;
    block->used += bytes;
    return memory;
}

PickleValue *pickle_new(Pickle *pickle, PickleKind kind)
{
    PickleValue *value = pickle_allocate(pickle, sizeof *value);
    value->kind = kind;
    return value;
}

void pickle_reserve(Pickle *pickle, PickleValue *container, int count)
{
    if (count <= container->capacity)
        return;
    int capacity = container->capacity > count / 2 ? 2 * container->capacity : count;
    PickleValue **items = pickle_allocate(pickle, (size_t)capacity * sizeof(PickleValue *));
    if (container->count > 0)
        memcpy(items, container->items, (size_t)container->count * sizeof(PickleValue *));
    container->items = items;
    container->capacity = capacity;
}

void pickle_append(Pickle *pickle, PickleValue *container, PickleValue *item)
{
    pickle_reserve(pickle, container, container->count + 1);
    container->items[container->count++] = item;
}

void pickle_free(Pickle *pickle)
{
    if (!pickle)
        return;
    for (PickleBlock *block = pickle->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(pickle->storages);
    free(pickle);
}

const PickleValue *pickle_get(const PickleValue *dictionary, const char *key)
{
    size_t length = strlen(key);
    for (int i = dictionary->count - 2; i >= 0; i -= 2) {
        const PickleValue *k = dictionary->items[i];
        if (k->kind == PICKLE_STRING && (size_t)k->count == length &&
            memcmp(k->text, key, length) == 0)
            return dictionary->items[i + 1];
    }
    return NULL;
}
