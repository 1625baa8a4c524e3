#include "upscale/upscale_names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "data/image.h"
#include "upscale/photo_job.h"

static bool ends_in_slash(const char *path)
{
    return path[strlen(path) - 1] == '/';
}

static PhotoFormat format_for(const UpscaleOptions *o, const char *from, bool single)
{
    PhotoFormat format = PHOTO_PNG;
    if (o->format >= FORMAT_FIRST)
        return (PhotoFormat)(o->format - FORMAT_FIRST);
    if (o->format == FORMAT_SAME)
        photo_format_of(from, &format);
    else if (o->output && single)
        photo_format_of(o->output, &format);
    return format;
}

/* "a/b" of DIR/a/b.jpg, found in DIR; "b" of a picture named by itself. */
static char *name_within(const char *root, const char *path)
{
    const char *within = root ? path + strlen(root) : file_name(path);
    while (root && *within == '/')
        within++;
    const char *extension = file_extension(path);
    size_t length = strlen(within) - (*extension ? strlen(extension) + 1 : 0);
    return memory_print("%.*s", (int)length, within);
}

/* `single`: the only picture, which -o FILE names. */
static char *output_for(const UpscaleOptions *o, const char *root, const char *from,
                        const char *suffix, PhotoFormat format, bool single)
{
    if (o->output && single)
        return memory_copy_string(o->output);
    const char *extension = photo_format_extension(format);
    char *name = name_within(o->output ? root : NULL, from), *result;
    if (photo_is_stream(from) && !o->output)
        result = memory_copy_string("-");
    else if (o->output)
        result = memory_print("%s%s%s.%s", o->output, ends_in_slash(o->output) ? "" : "/",
                              photo_is_stream(from) ? "picture" : name, extension);
    else
        result = memory_print("%.*s%s-%s.%s", (int)(file_name(from) - from), from, name, suffix,
                              extension);
    free(name);
    return result;
}

/* A picture that was found, and the folder it was found in. */
typedef struct Found {
    FileList paths;
    const char **roots;
} Found;

static int find_pictures(const StringList *arguments, Found *found)
{
    for (int i = 0; i < arguments->count; i++) {
        const char *argument = arguments->items[i];
        int before = found->paths.count;
        if (photo_is_stream(argument))
            file_list_add(&found->paths, argument);
        else if (image_list(argument, &found->paths) != 0)
            return -1;
        found->roots =
            memory_resize(found->roots, (size_t)found->paths.count, sizeof *found->roots);
        for (int k = before; k < found->paths.count; k++)
            found->roots[k] = file_is_directory(argument) ? argument : NULL;
    }
    return 0;
}

static int check_streams(const UpscaleOptions *o, const FileList *paths)
{
    bool reads = false;
    for (int i = 0; i < paths->count; i++)
        reads |= photo_is_stream(paths->paths[i]);
    if (paths->count > 1 && (reads || (o->output && photo_is_stream(o->output))))
        return error_set(ERROR_USAGE, "upscale: - is for one picture, not %d", paths->count);
    return 0;
}

/* -o FILE must be called what is written into it. */
static int check_extension(const UpscaleOptions *o, const Errand *errand)
{
    PhotoFormat named;
    if (photo_is_stream(errand->to))
        return 0;
    bool known = photo_format_of(errand->to, &named);
    if (!known && o->format == FORMAT_AUTO)
        return error_set(
            ERROR_USAGE,
            "upscale: %s: pictures are written as .png, .jpg, .webp or .tif; a folder's "
            "name ends in /, --format names another file's",
            errand->to);
    if (known && named != errand->format)
        return error_set(ERROR_USAGE, "upscale: %s: would hold %s", errand->to,
                         photo_format_name(errand->format));
    return 0;
}

/* ---- Names that collide --------------------------------------------------------------------- */

/* An errand and where its result really goes: "./a.png" is "a.png". */
typedef struct Target {
    const Errand *errand;
    char *path;
} Target;

/* The folder's real name, where it is there, and the file's. */
static char *real_path(const char *path)
{
    char *folder = memory_print("%.*s.", (int)(file_name(path) - path), path);
    char *real = realpath(folder, NULL);
    char *result = memory_print("%s/%s", real ? real : folder, file_name(path));
    free(real);
    free(folder);
    return result;
}

static int by_path(const void *a, const void *b)
{
    const Target *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static int check_outputs_differ(const ErrandList *list)
{
    Target *targets = memory_array((size_t)list->count + 1, sizeof *targets);
    for (int i = 0; i < list->count; i++)
        targets[i] = (Target){&list->items[i], real_path(list->items[i].to)};
    qsort(targets, (size_t)list->count, sizeof *targets, by_path);
    int result = 0;
    for (int i = 1; i < list->count && result == 0; i++)
        if (strcmp(targets[i - 1].path, targets[i].path) == 0)
            result = error_set(ERROR_USAGE, "%s and %s would both become %s",
                               targets[i - 1].errand->from, targets[i].errand->from,
                               targets[i].errand->to);
    for (int i = 0; i < list->count; i++)
        free(targets[i].path);
    free(targets);
    return result;
}

/* What tells one file from another, whatever its names. */
typedef struct Identity {
    dev_t device;
    ino_t number;
} Identity;

static bool identify(const char *path, Identity *identity)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    *identity = (Identity){status.st_dev, status.st_ino};
    return true;
}

static int by_identity(const void *a, const void *b)
{
    const Identity *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* A result that is there already may be one of the pictures that are to be read. */
static int check_inputs_stay(const ErrandList *list)
{
    Identity *inputs = memory_array((size_t)list->count + 1, sizeof *inputs), there;
    size_t count = 0;
    int result = 0;
    for (int i = 0; i < list->count; i++)
        count += identify(list->items[i].from, &inputs[count]);
    qsort(inputs, count, sizeof *inputs, by_identity);
    for (int i = 0; i < list->count && result == 0; i++) {
        const char *to = list->items[i].to;
        if (!photo_is_stream(to) && identify(to, &there) &&
            bsearch(&there, inputs, count, sizeof *inputs, by_identity))
            result =
                error_set(ERROR_USAGE, "%s would replace a picture that is to be enlarged", to);
    }
    free(inputs);
    return result;
}

static void leave_out(ErrandList *list, int index)
{
    free(list->items[index].from);
    free(list->items[index].to);
    memmove(list->items + index, list->items + index + 1,
            (size_t)(list->count - index - 1) * sizeof *list->items);
    list->count--;
    list->skipped++;
}

static int check_existing(const UpscaleOptions *o, ErrandList *list)
{
    const char *first = NULL;
    int there = 0;
    for (int i = 0; i < list->count; i++) {
        if (photo_is_stream(list->items[i].to) || !file_exists(list->items[i].to))
            continue;
        first = first ? first : list->items[i].to;
        there++;
    }
    for (int i = list->count - 1; o->skip && i >= 0; i--)
        if (!photo_is_stream(list->items[i].to) && file_exists(list->items[i].to))
            leave_out(list, i);
    if (there == 0 || o->skip || o->overwrite)
        return 0;
    if (there == 1)
        return error_set(ERROR_FILE,
                         "%s is there already: --overwrite replaces it, --skip leaves it", first);
    return error_set(ERROR_FILE,
                     "%s and %d more are there already: --overwrite replaces them, --skip leaves "
                     "them",
                     first, there - 1);
}

int errands_make(const UpscaleOptions *o, const StringList *arguments, const char *suffix,
                 ErrandList *list)
{
    Found found = {0};
    *list = (ErrandList){0};
    int result = find_pictures(arguments, &found);
    if (result == 0)
        result = check_streams(o, &found.paths);
    bool folder = o->output && (ends_in_slash(o->output) || file_is_directory(o->output));
    bool single = found.paths.count == 1 && !found.roots[0] && !folder;
    for (int i = 0; result == 0 && i < found.paths.count; i++) {
        const char *from = found.paths.paths[i];
        PhotoFormat format = format_for(o, from, single);
        memory_grow(&list->items, list->count, &list->capacity, sizeof *list->items);
        list->items[list->count++] = (Errand){
            memory_copy_string(from), output_for(o, found.roots[i], from, suffix, format, single),
            format, o->output && !single, 0};
    }
    if (result == 0 && single && o->output)
        result = check_extension(o, &list->items[0]);
    if (result == 0)
        result = check_outputs_differ(list);
    if (result == 0)
        result = check_inputs_stay(list);
    if (result == 0)
        result = check_existing(o, list);
    file_list_free(&found.paths);
    free(found.roots);
    if (result != 0)
        errands_free(list);
    return result;
}

void errands_free(ErrandList *list)
{
    for (int i = 0; i < list->count; i++) {
        free(list->items[i].from);
        free(list->items[i].to);
    }
    free(list->items);
    *list = (ErrandList){0};
}
