#include "nets/weights.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "nets/rename.h"
#include "nets/weights_files.h"

static const size_t LARGEST_FILE = (size_t)1 << 34; /* 16 GiB: far above any network here */
enum { LONGEST_KEY = 1024 };

Weights *weights_new(void)
{
    return memory_new(sizeof(Weights));
}

void weights_free(Weights *weights)
{
    if (!weights)
        return;
    for (int i = 0; i < weights->count; i++) {
        free(weights->items[i].key);
        free(weights->items[i].values);
    }
    for (int i = 0; i < weights->text_count; i++) {
        free(weights->texts[i].key);
        free(weights->texts[i].value);
    }
    free(weights->items);
    free(weights->texts);
    free(weights);
}

bool weights_product(int rank, const int64_t *shape, int64_t *product)
{
    *product = 1;
    for (int i = 0; i < rank; i++)
        if (shape[i] < 0 || __builtin_mul_overflow(*product, shape[i], product) ||
            *product >= (int64_t)1 << 62)
            return false;
    return true;
}

/* Takes the values. */
static Weight *add(Weights *weights, const char *key, int rank, const int64_t *shape, int64_t count,
                   float *values)
{
    memory_grow(&weights->items, weights->count, &weights->capacity, sizeof *weights->items);
    Weight *w = &weights->items[weights->count++];
    *w = (Weight){.key = memory_copy_string(key), .rank = rank, .count = count, .values = values};
    for (int i = 0; i < rank; i++)
        w->shape[i] = shape[i];
    return w;
}

static int64_t count_of(int rank, const int64_t *shape)
{
    int64_t count;
    assert(rank >= 0 && rank <= WEIGHT_MOST_DIMENSIONS);
    bool fits = weights_product(rank, shape, &count);
    assert(fits);
    (void)fits;
    return count;
}

Weight *weights_add(Weights *weights, const char *key, int rank, const int64_t *shape)
{
    int64_t count = count_of(rank, shape);
    float *values = memory_array((size_t)count, sizeof *values);
    return add(weights, key, rank, shape, count, values);
}

Weight *weights_ask(Weights *weights, const char *key, int rank, const int64_t *shape)
{
    int64_t count = count_of(rank, shape);
    float *values = memory_ask((size_t)count + 1, sizeof *values);
    if (!values)
        return NULL;
    memset(values, 0, (size_t)count * sizeof *values);
    return add(weights, key, rank, shape, count, values);
}

Weight *weights_find(const Weights *weights, const char *key)
{
    for (int i = 0; i < weights->count; i++)
        if (strcmp(weights->items[i].key, key) == 0)
            return &weights->items[i];
    return NULL;
}

static WeightText *find_text(const Weights *weights, const char *key)
{
    for (int i = 0; i < weights->text_count; i++)
        if (strcmp(weights->texts[i].key, key) == 0)
            return &weights->texts[i];
    return NULL;
}

void weights_set_text(Weights *weights, const char *key, const char *value)
{
    WeightText *text = find_text(weights, key);
    if (!text) {
        memory_grow(&weights->texts, weights->text_count, &weights->text_capacity,
                    sizeof *weights->texts);
        text = &weights->texts[weights->text_count++];
        *text = (WeightText){.key = memory_copy_string(key)};
    }
    char *copy = memory_copy_string(value); /* value may be the text being replaced */
    free(text->value);
    text->value = copy;
}

const char *weights_text(const Weights *weights, const char *key)
{
    const WeightText *text = find_text(weights, key);
    return text ? text->value : NULL;
}

Weights *weights_copy(const Weights *weights)
{
    Weights *copy = weights_new();
    for (int i = 0; i < weights->count; i++) {
        const Weight *from = &weights->items[i];
        Weight *to = weights_add(copy, from->key, from->rank, from->shape);
        if (from->count > 0)
            memcpy(to->values, from->values, (size_t)from->count * sizeof *to->values);
    }
    for (int i = 0; i < weights->text_count; i++)
        weights_set_text(copy, weights->texts[i].key, weights->texts[i].value);
    return copy;
}

bool weight_same_shape(const Weight *a, const Weight *b)
{
    return a->rank == b->rank &&
           memcmp(a->shape, b->shape, (size_t)a->rank * sizeof a->shape[0]) == 0;
}

const char *weights_printable(char *to, size_t size, const void *text, size_t length)
{
    const char *from = text;
    size_t count = length < size - 1 ? length : size - 1;
    for (size_t i = 0; i < count; i++)
        to[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ? '?' : from[i];
    to[count] = 0;
    return to;
}

int weights_check_key(const char *key, size_t length, const char *name)
{
    char shown[64];
    if (length == 0)
        return error_set(ERROR_FORMAT, "%s: a tensor has an empty key", name);
    weights_printable(shown, sizeof shown, key, length);
    if (length > LONGEST_KEY)
        return error_set(ERROR_FORMAT, "%s: tensor key \"%s...\" is longer than %d bytes", name,
                         shown, LONGEST_KEY);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f)
            return error_set(ERROR_FORMAT, "%s: tensor key \"%s\" has control characters", name,
                             shown);
    if (length == strlen("__metadata__") && memcmp(key, "__metadata__", length) == 0)
        return error_set(ERROR_FORMAT, "%s: no tensor may be called __metadata__", name);
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int weights_check_distinct(const Weights *weights, const char *name)
{
    size_t count = (size_t)weights->count;
    if (count < 2)
        return 0;
    char **keys = memory_array(count, sizeof *keys);
    for (size_t i = 0; i < count; i++)
        keys[i] = weights->items[i].key;
    qsort(keys, count, sizeof *keys, compare_keys);
    int result = 0;
    for (size_t i = 1; i < count && result == 0; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            result = error_set(ERROR_FORMAT, "%s: tensor %s appears twice", name, keys[i]);
    free(keys);
    return result;
}

/* Drops `prefix` if every key has it, with something behind it. */
static void drop_prefix(Weights *weights, const char *prefix)
{
    size_t length = strlen(prefix);
    for (int i = 0; i < weights->count; i++)
        if (strncmp(weights->items[i].key, prefix, length) != 0 || !weights->items[i].key[length])
            return;
    for (int i = 0; i < weights->count; i++) {
        char *key = weights->items[i].key;
        memmove(key, key + length, strlen(key + length) + 1);
    }
}

static Weights *parse_format(const uint8_t *bytes, size_t count, const char *name)
{
    /* Safetensors first: its header length can begin like a pickle (0x0280). */
    if (count > 8 && bytes[8] == '{')
        return safetensors_parse(bytes, count, name);
    if (count > 4 && (memcmp(bytes, "PK\3\4", 4) == 0 || bytes[0] == 0x80))
        return pth_parse(bytes, count, name);
    error_set(ERROR_FORMAT, "%s: neither a safetensors nor a torch weights file", name);
    return NULL;
}

Weights *weights_parse(const uint8_t *bytes, size_t count, const char *name)
{
    Weights *weights = parse_format(bytes, count, name);
    if (!weights)
        return NULL;
    drop_prefix(weights, "module.");
    drop_prefix(weights, "netG.");
    weights_rename(weights);
    if (weights->count == 0)
        error_set(ERROR_FORMAT, "%s: holds no tensors", name);
    if (weights->count > 0 && weights_check_distinct(weights, name) == 0)
        return weights;
    weights_free(weights);
    return NULL;
}

Weights *weights_read(const char *path)
{
    size_t count;
    uint8_t *bytes = file_read_whole(path, LARGEST_FILE, &count);
    if (!bytes)
        return NULL;
    Weights *weights = weights_parse(bytes, count, path);
    free(bytes);
    return weights;
}

int weights_write(const char *path, const Weights *weights)
{
    return safetensors_write(path, weights);
}
