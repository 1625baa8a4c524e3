/* Files that are part of the program: CMakeLists.txt (embed_files) makes tables of them. */
#ifndef CORE_EMBEDDED_H
#define CORE_EMBEDDED_H

#include <stddef.h>

/* A table ends with one without a name. */
typedef struct Embedded {
    const char *name; /* "index.html" */
    const unsigned char *bytes; /* a zero byte follows */
    size_t count;
} Embedded;

#endif
