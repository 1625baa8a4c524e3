/* Small host allocations. Running out in one of them ends the program with one line: nothing useful
 * can be done about it, and callers stay free of checks. */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memory_new(size_t bytes);                                  /* zeroed */
void *memory_array(size_t count, size_t item_bytes);             /* zeroed, overflow checked */
void *memory_resize(void *old, size_t count, size_t item_bytes); /* like realloc, not zeroed */
char *memory_copy_string(const char *text);                      /* NULL stays NULL */
char *memory_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Grows *items (of item_bytes each) so that index `count` is valid; doubles as it goes. */
void memory_grow(void *items, int count, int *capacity, size_t item_bytes);

/* For what may be large, as pixels and tiles: not zeroed; NULL with ERROR_MEMORY where the system
 * gives none. */
void *memory_ask(size_t count, size_t item_bytes);

/* For code that must not end its process: keeps some memory (MEMORY_RESERVE bytes of addresses)
 * aside. The first small allocation that fails gives it up, sets ERROR_MEMORY and goes on with what
 * has become free, so that the error is found and told; callers of many allocations look for it on
 * their way. To be called again before each piece of work. False where it could not be had. */
enum { MEMORY_RESERVE = 16 << 20 };
bool memory_reserve(void);

/* From now on freed memory stays with the process: pictures and activations come and go, and memory
 * that is handed back and taken again has to be cleared again by the system. */
void memory_keep(void);
/* Hands it back all the same: to be called when large memory is not needed again, as that of files
 * that were read. */
void memory_give_back(void);

/* Bytes that this process may still take before the machine, or its control group, runs out: what
 * is free and what the system would give up for it. 0 if that is not known. */
int64_t memory_available(void);
/* Bytes of memory that this process holds now; 0 if that is not known. */
int64_t memory_resident(void);

#endif
