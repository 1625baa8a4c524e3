#include "core/library.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"

char *library_path(const char *file, const char *variable)
{
    /* Seen from the program. */
    static const char *const PLACES[] = {"", "/../" LIBRARY_FOLDER};
    const char *named = getenv(variable);
    if (named)
        return memory_copy_string(named);
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = 0;
    char *path = NULL;
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        free(path);
        path = memory_print("%s%s/%s", program, PLACES[i], file);
        if (file_exists(path))
            break;
    }
    return path;
}
