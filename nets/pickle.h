/* A reader of the pickles inside torch's weights files. It knows the opcodes and the dozen names
 * that torch writes for tensors and containers, executes nothing and refuses all else by name. */
#ifndef NETS_PICKLE_H
#define NETS_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nets/elements.h"
#include "nets/weights.h"

/* A run of elements that lies elsewhere in the file, under a key of its own. */
typedef struct Storage {
    ElementType type;
    const char *key; /* in the pickle's bytes, not zero-terminated */
    int key_length;
    int64_t count;        /* elements */
    const uint8_t *bytes; /* NULL until the file's reader has found it */
} Storage;

/* A strided window on a storage: element (i, j, ...) is storage[offset + i * stride[0] + ...]. */
typedef struct StridedTensor {
    const Storage *storage;
    int64_t offset;
    int rank;
    int64_t shape[WEIGHT_MOST_DIMENSIONS], stride[WEIGHT_MOST_DIMENSIONS]; /* none negative */
} StridedTensor;

/* The things that torch's pickles may call; see pickle_calls.c. */
typedef enum PickleCall {
    CALL_DICTIONARY,
    CALL_TENSOR,
    CALL_PARAMETER,
    CALL_SIZE,
    CALL_STORAGE_TYPE /* only named in storages, never called */
} PickleCall;

typedef enum PickleKind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INTEGER,
    PICKLE_REAL,
    PICKLE_STRING,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICTIONARY,
    PICKLE_NAME,
    PICKLE_STORAGE,
    PICKLE_TENSOR
} PickleKind;

typedef struct PickleValue PickleValue;
struct PickleValue {
    PickleKind kind;
    int count; /* of items, or bytes of text */
    int capacity;
    union {
        int64_t integer; /* booleans too */
        double real;
        const char *text;    /* in the pickle's bytes, not zero-terminated */
        PickleValue **items; /* a dictionary's are key, value, key, value, ... */
        struct {
            PickleCall call;
            ElementType type; /* of a storage type */
        } name;
        Storage *storage;
        StridedTensor *tensor;
    };
};

/* A pickle read. It refers to the bytes it was read from. */
typedef struct Pickle {
    PickleValue *root;
    size_t length;      /* bytes up to and including the pickle's end */
    Storage **storages; /* every mention of a storage: shared ones several times */
    int storage_count, storage_capacity;
    int64_t copied;             /* values copied by calls, to bound them */
    struct PickleBlock *blocks; /* what holds the values */
} Pickle;

/* Reads the pickle (protocol 2) at the start of `bytes`; `name` is for messages. Containers may
 * hold themselves: walk them with a bound. NULL with ERROR_FORMAT. Free with pickle_free. */
Pickle *pickle_read(const uint8_t *bytes, size_t count, const char *name);
void pickle_free(Pickle *pickle);

/* The value under a string key of a dictionary, the last if there are several; NULL if absent. */
const PickleValue *pickle_get(const PickleValue *dictionary, const char *key);

/* Between the pickle*.c files. Memory and values are zeroed and live as long as the
 * pickle. The other functions set ERROR_FORMAT and return NULL for what they refuse. */
void *pickle_allocate(Pickle *pickle, size_t bytes);
PickleValue *pickle_new(Pickle *pickle, PickleKind kind);
void pickle_reserve(Pickle *pickle, PickleValue *container, int count);
void pickle_append(Pickle *pickle, PickleValue *container, PickleValue *item);
PickleValue *pickle_name(Pickle *pickle, const char *module, size_t module_length, const char *name,
                         size_t name_length, const char *file);
PickleValue *pickle_call(Pickle *pickle, const PickleValue *callee, const PickleValue *arguments,
                         const char *file);
PickleValue *pickle_storage(Pickle *pickle, const PickleValue *identity, const char *file);

#endif
