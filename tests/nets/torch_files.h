/* Builds small torch files byte by byte, good ones and bad ones. */
#ifndef TESTS_NETS_TORCH_FILES_H
#define TESTS_NETS_TORCH_FILES_H

#include <stddef.h>
#include <stdint.h>

typedef struct Bytes {
    uint8_t *data;
    size_t count, capacity;
} Bytes;

void bytes_add(Bytes *bytes, const void *data, size_t count);
void bytes_text(Bytes *bytes, const char *text); /* without its final zero */
void bytes_number(Bytes *bytes, uint64_t number, int width);
void bytes_free(Bytes *bytes);

/* Opcodes that push a text or an integer. */
void push_text(Bytes *pickle, const char *text);
void push_integer(Bytes *pickle, int64_t number);

/* What a tensor says about itself in a pickle. */
typedef struct TestTensor {
    const char *key, *storage_type, *storage_key;
    int64_t storage_count, offset;
    int rank;
    int64_t shape[6], stride[6];
} TestTensor;

/* Pushes the tensor's key and the tensor. */
void push_tensor(Bytes *pickle, const TestTensor *tensor);

/* A whole pickle: a dictionary of these tensors. */
Bytes pickle_of_tensors(const TestTensor *tensors, int count);

typedef struct TestStorage {
    const char *key;
    const void *data;
    size_t bytes;
    int64_t count;
} TestStorage;

/* Whole files around an object's pickle. */
Bytes torch_zip(const Bytes *object, const TestStorage *storages, int count);
Bytes torch_older(const Bytes *object, const TestStorage *storages, int count);

/* A zip archive of these entries, under "archive/". */
typedef struct TestEntry {
    const char *name;
    const void *data;
    size_t bytes;
    int method;
} TestEntry;
Bytes zip_of_entries(const TestEntry *entries, int count);

#endif
