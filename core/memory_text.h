/* What libraries say where memory ran out, for the two that compute: they tell by a text alone. */
#ifndef CORE_MEMORY_TEXT_H
#define CORE_MEMORY_TEXT_H

#include <stdbool.h>
#include <string.h>

/* "CUDA out of memory", "DefaultCPUAllocator: can't allocate memory", "Failed to allocate memory
 * for requested buffer of size 512", "std::bad_alloc". */
static inline bool memory_text(const char *text)
{
    return strstr(text, "bad_alloc") ||
           (strstr(text, "memory") && (strstr(text, "out of") || strstr(text, "allocate")));
}

#endif
