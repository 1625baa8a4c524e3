/* From the object in a torch file to named arrays: wrapper dictionaries are opened, strided tensors
 * laid out contiguously, everything that is not a tensor left aside. */
#include "nets/pth.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/weights_files.h"

/* A tensor with stride 0, or many on one storage, can have more elements than the file has bytes.
 * All tensors together may have twice the file's bytes and this many more. */
static const int64_t MOST_EXTRA_ELEMENTS = (int64_t)1 << 22;

typedef struct Collector {
    Weights *weights;
    int64_t elements_left;
    const char *file;
} Collector;

static bool is_dictionary(const PickleValue *value)
{
    return value && value->kind == PICKLE_DICTIONARY;
}

/* The state dictionary inside the usual wrappers: at most one known one, then a single-key one. */
static const PickleValue *unwrap(const PickleValue *dictionary)
{
    static const char *const wrappers[] = {
        "model_state_dict", "state_dict", "params_ema", "params-ema", "params", "model", "net"};
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        const PickleValue *inner = pickle_get(dictionary, wrappers[i]);
        if (is_dictionary(inner)) {
            dictionary = inner;
            break;
        }
    }
    if (dictionary->count == 2 && is_dictionary(dictionary->items[1]))
        dictionary = dictionary->items[1];
    return dictionary;
}

/* Every element of a tensor that has any must lie in its storage. */
static bool is_inside(const StridedTensor *t)
{
    int64_t last = t->offset;
    for (int i = 0; i < t->rank; i++) {
        int64_t reach;
        if (__builtin_mul_overflow(t->shape[i] - 1, t->stride[i], &reach) ||
            __builtin_add_overflow(last, reach, &last))
            return false;
    }
    return last < t->storage->count;
}

static bool is_contiguous(const StridedTensor *t)
{
    int64_t expected = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        if (t->shape[i] != 1 && t->stride[i] != expected)
            return false;
        expected *= t->shape[i];
    }
    return true;
}

/* Converts `count` elements from element `at` of the storage. */
static void convert(const StridedTensor *t, int64_t at, int64_t count, float *to)
{
    ElementType type = t->storage->type;
    element_convert(type, t->storage->bytes + at * element_bytes(type), count, to);
}

/* Copies element by element, the last dimension fastest. */
static void copy_strided(const StridedTensor *t, int64_t count, float *to)
{
    int64_t index[WEIGHT_MOST_DIMENSIONS] = {0}, at = t->offset;
    for (int64_t i = 0; i < count; i++) {
        convert(t, at, 1, to + i);
        for (int d = t->rank - 1; d >= 0; d--) {
            if (index[d] + 1 < t->shape[d]) {
                index[d]++;
                at += t->stride[d];
                break;
            }
            at -= index[d] * t->stride[d];
            index[d] = 0;
        }
    }
}

/* How many elements the tensor has, or -1 for one that cannot be read. */
static int64_t check_tensor(const Collector *c, const StridedTensor *t, const char *key)
{
    int64_t count;
    if (!weights_product(t->rank, t->shape, &count))
        return error_set(ERROR_FORMAT, "%s: tensor %s: size is too large", c->file, key);
    if (count > c->elements_left)
        return error_set(ERROR_FORMAT, "%s: tensor %s: has more elements than the file can hold",
                         c->file, key);
    if (count > 0 && !t->storage->bytes)
        return error_set(ERROR_FORMAT, "%s: tensor %s: its storage is missing", c->file, key);
    if (count > 0 && !is_inside(t))
        return error_set(ERROR_FORMAT,
                         "%s: tensor %s: offset, size and stride reach beyond its storage of %lld "
                         "elements",
                         c->file, key, (long long)t->storage->count);
    return count;
}

static int add_tensor(Collector *c, const char *key, const StridedTensor *t)
{
    int64_t count = check_tensor(c, t, key);
    if (count < 0)
        return -1;
    c->elements_left -= count;
    Weight *w = weights_ask(c->weights, key, t->rank, t->shape);
    if (!w)
        return -1;
    if (count > 0 && is_contiguous(t))
        convert(t, t->offset, count, w->values);
    else if (count > 0)
        copy_strided(t, count, w->values);
    return 0;
}

static int add_item(Collector *c, const PickleValue *key, const PickleValue *value)
{
    if (value->kind != PICKLE_TENSOR)
        return 0;
    if (key->kind != PICKLE_STRING)
        return error_set(ERROR_FORMAT, "%s: a tensor's key is not a text", c->file);
    if (weights_check_key(key->text, (size_t)key->count, c->file) != 0)
        return -1;
    char *name = memory_print("%.*s", key->count, key->text);
    int result = add_tensor(c, name, value->tensor);
    free(name);
    return result;
}

/* Says what a file without tensors has instead. */
static int fail_empty(const PickleValue *dictionary, const char *file)
{
    const PickleValue *first = dictionary->count > 0 ? dictionary->items[0] : NULL;
    if (!first || first->kind != PICKLE_STRING)
        return error_set(ERROR_FORMAT, "%s: holds no tensors", file);
    char shown[64];
    weights_printable(shown, sizeof shown, first->text, (size_t)first->count);
    return error_set(ERROR_FORMAT,
                     "%s: holds no tensors where a state dictionary has them "
                     "(first key: %s)",
                     file, shown);
}

static int collect(Collector *c, const PickleValue *root)
{
    if (!is_dictionary(root))
        return error_set(ERROR_FORMAT, "%s: not a state dictionary", c->file);
    const PickleValue *dictionary = unwrap(root);
    for (int i = 0; i < dictionary->count; i += 2)
        if (add_item(c, dictionary->items[i], dictionary->items[i + 1]) != 0)
            return -1;
    return c->weights->count > 0 ? 0 : fail_empty(dictionary, c->file);
}

Weights *pth_parse(const uint8_t *bytes, size_t count, const char *name)
{
    bool zip = count >= 2 && memcmp(bytes, "PK", 2) == 0;
    Pickle *pickle = zip ? pth_read_zip(bytes, count, name) : pth_read_older(bytes, count, name);
    if (!pickle)
        return NULL;
    Collector collector = {weights_new(), 2 * (int64_t)count + MOST_EXTRA_ELEMENTS, name};
    int result = collect(&collector, pickle->root);
    pickle_free(pickle);
    if (result == 0)
        return collector.weights;
    weights_free(collector.weights);
    return NULL;
}
