#include "core/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

static _Atomic(void *) reserve;

bool memory_reserve(void)
{
    if (atomic_load(&reserve))
        return true;
    void *memory = malloc(MEMORY_RESERVE);
    if (memory)
        free(atomic_exchange(&reserve, memory));
    return memory != NULL;
}

/* Whether there was a reserve, and it is worth trying once more. */
static bool use_reserve(size_t bytes)
{
    void *memory = atomic_exchange(&reserve, NULL);
    free(memory);
    if (memory)
        error_set(ERROR_MEMORY, "out of memory (%zu bytes asked for)", bytes);
    return memory != NULL;
}

static void *checked(void *memory, size_t bytes)
{
    if (!memory) {
        fprintf(stderr, "unmush: out of memory (%zu bytes asked for)\n", bytes);
        exit(1);
    }
    return memory;
}

void *memory_new(size_t bytes)
{
    void *memory = calloc(1, bytes ? bytes : 1);
    if (!memory && use_reserve(bytes))
        memory = calloc(1, bytes ? bytes : 1);
    return checked(memory, bytes);
}

void *memory_ask(size_t count, size_t item_bytes)
{
    size_t bytes;
    void *memory = __builtin_mul_overflow(count, item_bytes, &bytes) ? NULL : malloc(bytes);
    if (!memory)
        error_set(ERROR_MEMORY, "out of memory (%zu times %zu bytes asked for)", count, item_bytes);
    return memory;
}

void *memory_array(size_t count, size_t item_bytes)
{
    if (item_bytes && count > SIZE_MAX / item_bytes)
        checked(NULL, SIZE_MAX);
    return memory_new(count * item_bytes);
}

void *memory_resize(void *old, size_t count, size_t item_bytes)
{
    if (item_bytes && count > SIZE_MAX / item_bytes)
        checked(NULL, SIZE_MAX);
    size_t bytes = count * item_bytes;
    void *memory = realloc(old, bytes ? bytes : 1);
    if (!memory && use_reserve(bytes))
        memory = realloc(old, bytes ? bytes : 1);
    return checked(memory, bytes);
}

char *memory_copy_string(const char *text)
{
    if (!text)
        return NULL;
    size_t bytes = strlen(text) + 1;
    return memcpy(memory_new(bytes), text, bytes);
}

char *memory_print(const char *format, ...)
{
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, format, values);
    va_end(values);
    char *text = memory_new((size_t)(length < 0 ? 0 : length) + 1);
    if (length > 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void memory_grow(void *items, int count, int *capacity, size_t item_bytes)
{
    if (count < *capacity)
        return;
    int larger = *capacity ? *capacity * 2 : 16;
    while (larger <= count)
        larger *= 2;
    void **pointer = items;
    *pointer = memory_resize(*pointer, (size_t)larger, item_bytes);
    *capacity = larger;
}

void memory_keep(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

void memory_give_back(void)
{
    malloc_trim(0);
}

/* The number behind `field` in a file, times `unit`; 0 if there is none. */
static int64_t read_number(const char *path, const char *field, int64_t unit)
{
    char line[256];
    int64_t value = 0;
    FILE *file = fopen(path, "r");
    while (file && value == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, field, strlen(field)) == 0)
            value = strtoll(line + strlen(field), NULL, 10) * unit;
    if (file)
        fclose(file);
    return value;
}

int64_t memory_available(void)
{
    int64_t bytes = read_number("/proc/meminfo", "MemAvailable:", 1024);
    int64_t limit = read_number("/sys/fs/cgroup/memory.max", "", 1);
    /* Of what a group uses, files' pages would be given up. */
    int64_t used = read_number("/sys/fs/cgroup/memory.current", "", 1) -
                   read_number("/sys/fs/cgroup/memory.stat", "inactive_file ", 1) -
                   read_number("/sys/fs/cgroup/memory.stat", "active_file ", 1);
    if (limit > 0 && limit - used < bytes)
        bytes = limit > used ? limit - used : 1;
    return bytes;
}

int64_t memory_resident(void)
{
    return read_number("/proc/self/status", "VmRSS:", 1024);
}
