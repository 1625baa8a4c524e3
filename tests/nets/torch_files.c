#include "tests/nets/torch_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

void bytes_add(Bytes *bytes, const void *data, size_t count)
{
    if (bytes->count + count > bytes->capacity) {
        bytes->capacity = 2 * (bytes->count + count);
        bytes->data = memory_resize(bytes->data, bytes->capacity, 1);
    }
    if (count > 0)
        memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
}

void bytes_text(Bytes *bytes, const char *text)
{
    bytes_add(bytes, text, strlen(text));
}

void bytes_number(Bytes *bytes, uint64_t number, int width)
{
    bytes_add(bytes, &number, (size_t)width);
}

void bytes_free(Bytes *bytes)
{
    free(bytes->data);
    *bytes = (Bytes){0};
}

void push_text(Bytes *pickle, const char *text)
{
    bytes_text(pickle, "X");
    bytes_number(pickle, strlen(text), 4);
    bytes_text(pickle, text);
}

void push_integer(Bytes *pickle, int64_t number)
{
    bytes_text(pickle, "\x8a\x08");
    bytes_number(pickle, (uint64_t)number, 8);
}

static void push_extents(Bytes *pickle, const int64_t *extents, int rank)
{
    bytes_text(pickle, "(");
    for (int i = 0; i < rank; i++)
        push_integer(pickle, extents[i]);
    bytes_text(pickle, "t");
}

void push_tensor(Bytes *pickle, const TestTensor *t)
{
    push_text(pickle, t->key);
    bytes_text(pickle, "ctorch._utils\n_rebuild_tensor_v2\n((");
    push_text(pickle, "storage");
    bytes_text(pickle, "ctorch\n");
    bytes_text(pickle, t->storage_type);
    bytes_text(pickle, "\n");
    push_text(pickle, t->storage_key);
    push_text(pickle, "cpu");
    push_integer(pickle, t->storage_count);
    bytes_text(pickle, "tQ");
    push_integer(pickle, t->offset);
    push_extents(pickle, t->shape, t->rank);
    push_extents(pickle, t->stride, t->rank);
    bytes_text(pickle, "\x89"
                       "ccollections\nOrderedDict\n)RtR");
}

Bytes pickle_of_tensors(const TestTensor *tensors, int count)
{
    Bytes pickle = {0};
    bytes_text(&pickle, "\x80\x02}(");
    for (int i = 0; i < count; i++)
        push_tensor(&pickle, &tensors[i]);
    bytes_text(&pickle, "u.");
    return pickle;
}

static void add_local(Bytes *file, const TestEntry *e, const char *name)
{
    bytes_text(file, "PK\3\4");
    bytes_number(file, 0, 4);
    bytes_number(file, (uint64_t)e->method, 2);
    bytes_number(file, 0, 8);
    bytes_number(file, e->bytes, 4);
    bytes_number(file, e->bytes, 4);
    bytes_number(file, strlen(name), 4); /* no extra field */
    bytes_text(file, name);
    bytes_add(file, e->data, e->bytes);
}

static void add_record(Bytes *directory, const TestEntry *e, const char *name, size_t location)
{
    bytes_text(directory, "PK\1\2");
    bytes_number(directory, 0, 6);
    bytes_number(directory, (uint64_t)e->method, 2);
    bytes_number(directory, 0, 8);
    bytes_number(directory, e->bytes, 4);
    bytes_number(directory, e->bytes, 4);
    bytes_number(directory, strlen(name), 4);
    bytes_number(directory, 0, 8);
    bytes_number(directory, 0, 2);
    bytes_number(directory, location, 4);
    bytes_text(directory, name);
}

Bytes zip_of_entries(const TestEntry *entries, int count)
{
    Bytes file = {0}, directory = {0};
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "archive/%s", entries[i].name);
        add_record(&directory, &entries[i], name, file.count);
        add_local(&file, &entries[i], name);
    }
    size_t start = file.count;
    bytes_add(&file, directory.data, directory.count);
    bytes_text(&file, "PK\5\6");
    bytes_number(&file, 0, 4);
    bytes_number(&file, (uint64_t)count, 2);
    bytes_number(&file, (uint64_t)count, 2);
    bytes_number(&file, directory.count, 4);
    bytes_number(&file, start, 4);
    bytes_number(&file, 0, 2);
    bytes_free(&directory);
    return file;
}

Bytes torch_zip(const Bytes *object, const TestStorage *storages, int count)
{
    TestEntry entries[8] = {{"data.pkl", object->data, object->count, 0},
                            {"byteorder", "little", 6, 0}};
    char names[8][32];
    for (int i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "data/%s", storages[i].key);
        entries[2 + i] = (TestEntry){names[i], storages[i].data, storages[i].bytes, 0};
    }
    return zip_of_entries(entries, 2 + count);
}

Bytes torch_older(const Bytes *object, const TestStorage *storages, int count)
{
    Bytes file = {0};
    bytes_add(&file, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
    bytes_text(&file, "\x80\x02M\xe9\x03.\x80\x02}");
    push_text(&file, "little_endian");
    bytes_text(&file, "\x88s.");
    bytes_add(&file, object->data, object->count);
    bytes_text(&file, "\x80\x02](");
    for (int i = 0; i < count; i++)
        push_text(&file, storages[i].key);
    bytes_text(&file, "e.");
    for (int i = 0; i < count; i++) {
        bytes_number(&file, (uint64_t)storages[i].count, 8);
        bytes_add(&file, storages[i].data, storages[i].bytes);
    }
    return file;
}
