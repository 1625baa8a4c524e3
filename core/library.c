#include "core/library.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"

/* Where the file lies that this code is in; whether that is the program itself. */
static bool own_folder(char *folder, size_t size)
{
    Dl_info about;
    void *map = NULL;
    char program[4096];
    const char *name = NULL;
    if (dladdr1((const void *)(size_t)library_path, &about, &map, RTLD_DL_LINKMAP) != 0 && map)
        name = ((const struct link_map *)map)->l_name; /* empty for the program */
    bool is_program = !name || !*name;
    if (is_program) {
        ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
        program[length > 0 ? length : 0] = 0;
        name = program;
    }
    const char *slash = strrchr(name, '/');
    snprintf(folder, size, "%.*s", slash ? (int)(slash - name) : 1, slash ? name : ".");
    return is_program;
}

char *library_path(const char *file, const char *variable)
{
    const char *named = getenv(variable);
    if (named)
        return memory_copy_string(named);
    char folder[4096];
    bool is_program = own_folder(folder, sizeof folder);
    char *path = memory_print("%s/%s", folder, file);
    if (file_exists(path))
        return path;
    free(path);
    return is_program ? memory_print("%s/../" LIBRARY_FOLDER "/%s", folder, file)
                      : memory_print("%s/unmush/%s", folder, file);
}
