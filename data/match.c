#include "data/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "data/image.h"

typedef struct Stem {
    const char *text;
    int index;
} Stem;

static int compare_stems(const void *a, const void *b)
{
    return strcmp(((const Stem *)a)->text, ((const Stem *)b)->text);
}

static int sort_stems(char *const *stems, int count, Stem *sorted)
{
    for (int i = 0; i < count; i++)
        sorted[i] = (Stem){stems[i], i};
    qsort(sorted, (size_t)count, sizeof *sorted, compare_stems);
    for (int i = 1; i < count; i++)
        if (strcmp(sorted[i - 1].text, sorted[i].text) == 0)
            return error_set(ERROR_FILE, "two pictures have the stem %s", sorted[i].text);
    return 0;
}

/* "baby, bird and 3 more" of the stems without a match. */
static void name_missing(char *const *stems, int count, char **paths, char *text, size_t size)
{
    size_t used = 0;
    int more = 0;
    text[0] = 0;
    for (int i = 0; i < count; i++) {
        if (paths[i])
            continue;
        if (used + strlen(stems[i]) + 32 < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", stems[i]);
        else
            more++;
    }
    if (more)
        snprintf(text + used, size - used, " and %d more", more);
}

static int take_picture(const char *path, const Stem *sorted, int count, char **paths)
{
    char *stem = file_stem(path);
    Stem key = {.text = stem};
    const Stem *found = bsearch(&key, sorted, (size_t)count, sizeof *sorted, compare_stems);
    free(stem);
    if (!found)
        return 0;
    if (paths[found->index])
        return error_set(ERROR_FILE, "%s: has the same stem as %s", path, paths[found->index]);
    paths[found->index] = memory_copy_string(path);
    return 0;
}

static int take_pictures(char *const *stems, int count, const Stem *sorted, const char *folder,
                         char **paths)
{
    FileList list = {0};
    int result = image_list(folder, &list);
    for (int i = 0; result == 0 && i < list.count; i++)
        if (take_picture(list.paths[i], sorted, count, paths) != 0)
            result = error_note("%s", folder);
    file_list_free(&list);
    for (int i = 0; result == 0 && i < count; i++)
        if (!paths[i]) {
            char missing[512];
            name_missing(stems, count, paths, missing, sizeof missing);
            result = error_set(ERROR_FILE, "%s: no picture there for %s", folder, missing);
        }
    return result;
}

char **match_stems(char *const *stems, int count, const char *folder)
{
    Stem *sorted = memory_array((size_t)count + 1, sizeof *sorted);
    char **paths = memory_array((size_t)count + 1, sizeof *paths);
    int result = sort_stems(stems, count, sorted);
    if (result == 0)
        result = take_pictures(stems, count, sorted, folder, paths);
    free(sorted);
    if (result == 0)
        return paths;
    match_free(paths, count);
    return NULL;
}

void match_free(char **paths, int count)
{
    for (int i = 0; paths && i < count; i++)
        free(paths[i]);
    free(paths);
}
