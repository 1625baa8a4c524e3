#include "tests/export/unfinished.h"

#include "core/file.h"
#include "core/memory.h"
#include "tests/unit.h"

int unfinished_of(const char *output)
{
    FileList files = {0};
    int length = (int)(file_name(output) - output), count = 0;
    char *folder = memory_print("%.*s", length, output);
    REQUIRE(length > 0 && file_entries(folder, &files) == 0);
    for (int i = 0; i < files.count; i++)
        count += strncmp(files.paths[i], output, strlen(output)) == 0 &&
                 file_has_extension(files.paths[i], "unfinished");
    file_list_free(&files);
    free(folder);
    return count;
}
