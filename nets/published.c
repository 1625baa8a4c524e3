#include "nets/published.h"

#include <string.h>

#include "nets/weights_catalogue.h"

int published_list(const char *directory, char **folder, FileList *list)
{
    *list = (FileList){0};
    *folder = weights_folder(directory);
    if (!*folder)
        return -1;
    return strcmp(*folder, directory) == 0 || file_exists(*folder) ? file_list(*folder, false, list)
                                                                   : 0;
}

const char *published_find(const FileList *list, const char *beginning)
{
    static const char *const EXTENSIONS[] = {"pth", "pt", "safetensors"};
    for (int i = 0; i < list->count; i++) {
        if (strncmp(file_name(list->paths[i]), beginning, strlen(beginning)) != 0)
            continue;
        for (size_t k = 0; k < sizeof EXTENSIONS / sizeof *EXTENSIONS; k++)
            if (file_has_extension(list->paths[i], EXTENSIONS[k]))
                return list->paths[i];
    }
    return NULL;
}

int published_read(const char *first_path, const char *second_path, Weights **first,
                   Weights **second)
{
    *second = NULL;
    *first = weights_read(first_path);
    if (*first)
        *second = weights_read(second_path);
    if (*second)
        return 0;
    weights_free(*first);
    *first = NULL;
    return -1;
}
