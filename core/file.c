#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"

struct FileWriter {
    char *path, *temporary;
    FILE *stream;
};

FileWriter *file_begin(const char *path)
{
    FileWriter *w = memory_new(sizeof *w);
    w->path = memory_copy_string(path);
    w->temporary = memory_print("%s.%ld.part", path, (long)getpid());
    w->stream = fopen(w->temporary, "wb");
    if (w->stream)
        return w;
    error_set_errno(ERROR_FILE, "%s: cannot write", path);
    file_abandon(w);
    return NULL;
}

FILE *file_stream(FileWriter *writer)
{
    return writer->stream;
}

int file_write(FileWriter *writer, const void *bytes, size_t count)
{
    if (count == 0 || fwrite(bytes, 1, count, writer->stream) == count)
        return 0;
    return error_set_errno(ERROR_FILE, "%s: cannot write", writer->path);
}

static int fsync_path(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0)
        return -1;
    int result = fsync(file);
    int reason = errno;
    close(file);
    errno = reason;
    return result;
}

static void fsync_folder_of(const char *path)
{
    char *folder = memory_copy_string(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = 0;
    /* Some file systems cannot sync a folder; the rename itself has happened, so that is no error.
     */
    fsync_path(slash ? folder : ".", O_RDONLY | O_DIRECTORY);
    free(folder);
}

/* Like rename, but fails with EEXIST where there is a file of that name. Some file systems cannot
 * do both at once: there the file is looked for first. */
static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (access(to, F_OK) != 0)
        return rename(from, to);
    errno = EEXIST;
    return -1;
}

static int publish(const char *temporary, const char *path, bool replace)
{
    if (fsync_path(temporary, O_RDWR) == 0 &&
        (replace ? rename(temporary, path) : rename_new(temporary, path)) == 0) {
        fsync_folder_of(path);
        return 0;
    }
    if (errno == EEXIST && !replace)
        error_set(ERROR_FILE, "%s: is there already", path);
    else
        error_set_errno(ERROR_FILE, "%s: cannot write", path);
    unlink(temporary);
    return -1;
}

int file_publish(const char *temporary, const char *path)
{
    return publish(temporary, path, true);
}

static int commit(FileWriter *writer, bool replace)
{
    int failed = ferror(writer->stream) || fflush(writer->stream) != 0;
    int reason = errno;
    failed |= fclose(writer->stream) != 0;
    writer->stream = NULL;
    if (failed) {
        errno = reason ? reason : EIO;
        error_set_errno(ERROR_FILE, "%s: cannot write", writer->path);
        file_abandon(writer);
        return -1;
    }
    int result = publish(writer->temporary, writer->path, replace);
    free(writer->temporary);
    free(writer->path);
    free(writer);
    return result;
}

int file_commit(FileWriter *writer)
{
    return commit(writer, true);
}

int file_commit_new(FileWriter *writer)
{
    return commit(writer, false);
}

void file_abandon(FileWriter *writer)
{
    if (!writer)
        return;
    if (writer->stream)
        fclose(writer->stream);
    unlink(writer->temporary);
    free(writer->temporary);
    free(writer->path);
    free(writer);
}

int file_write_whole(const char *path, const void *bytes, size_t count)
{
    FileWriter *w = file_begin(path);
    if (!w)
        return -1;
    if (file_write(w, bytes, count) != 0) {
        file_abandon(w);
        return -1;
    }
    return file_commit(w);
}

static int read_stream(FILE *stream, const char *path, uint8_t *bytes, size_t count)
{
    if (fread(bytes, 1, count, stream) == count)
        return 0;
    if (ferror(stream))
        return error_set_errno(ERROR_FILE, "%s: cannot read", path);
    return error_set(ERROR_FILE, "%s: became shorter while being read", path);
}

FILE *file_open(const char *path)
{
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return file < 0 ? NULL : fdopen(file, "rb");
}

uint8_t *file_read_whole(const char *path, size_t limit, size_t *count)
{
    FILE *stream = file_open(path);
    struct stat status;
    if (!stream || fstat(fileno(stream), &status) != 0) {
        error_set_errno(ERROR_FILE, "%s: cannot read", path);
        if (stream)
            fclose(stream);
        return NULL;
    }
    uint8_t *bytes = NULL;
    if (!S_ISREG(status.st_mode)) {
        error_set(ERROR_FILE, "%s: not a regular file", path);
    } else if ((uintmax_t)status.st_size > limit) {
        error_set(ERROR_FORMAT, "%s: larger than the %zu bytes allowed here", path, limit);
    } else {
        *count = (size_t)status.st_size;
        bytes = memory_ask(*count + 1, 1);
        if (!bytes) {
            error_note("%s", path);
        } else if (read_stream(stream, path, bytes, *count) != 0) {
            free(bytes);
            bytes = NULL;
        } else {
            bytes[*count] = 0;
        }
    }
    fclose(stream);
    return bytes;
}

bool file_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

bool file_is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int file_make_directories(const char *path)
{
    char *partial = memory_copy_string(path);
    int result = 0;
    for (char *c = partial + 1; result == 0 && *partial; c++) {
        char end = *c;
        if (end != '/' && end != 0)
            continue;
        *c = 0;
        if (mkdir(partial, 0777) != 0 && !file_is_directory(partial)) {
            errno = errno == EEXIST ? ENOTDIR : errno;
            result = error_set_errno(ERROR_FILE, "%s: cannot make the folder", partial);
        }
        *c = end;
        if (end == 0)
            break;
    }
    free(partial);
    return result;
}

void file_list_add(FileList *list, const char *path)
{
    memory_grow(&list->paths, list->count, &list->capacity, sizeof *list->paths);
    list->paths[list->count++] = memory_copy_string(path);
}

void file_list_free(FileList *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (FileList){0};
}

/* The folders on the way to the one being listed. */
typedef struct Trail {
    const struct Trail *above;
    int depth;
    dev_t device;
    ino_t inode;
} Trail;

/* A link to a folder on the way would list it for ever. */
static bool is_loop(const Trail *here)
{
    for (const Trail *t = here->above; t; t = t->above)
        if (t->device == here->device && t->inode == here->inode)
            return true;
    return false;
}

static DIR *open_folder(const char *directory)
{
    DIR *stream = opendir(directory);
    if (!stream)
        error_set_errno(ERROR_FILE, "%s: cannot read the folder", directory);
    return stream;
}

static int list_into(const char *directory, bool recurse, const Trail *above, FileList *list)
{
    struct stat status;
    Trail here = {.above = above, .depth = above ? above->depth + 1 : 0};
    if (here.depth > 64)
        return error_set(ERROR_FILE, "%s: folders are nested too deeply", directory);
    if (stat(directory, &status) == 0) {
        here.device = status.st_dev;
        here.inode = status.st_ino;
    }
    if (is_loop(&here))
        return 0;
    DIR *stream = open_folder(directory);
    if (!stream)
        return -1;
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(stream));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = file_join(directory, entry->d_name);
        if (!file_is_directory(path))
            file_list_add(list, path);
        else if (recurse)
            result = list_into(path, recurse, &here, list);
        free(path);
    }
    closedir(stream);
    return result;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_from(FileList *list, int first)
{
    if (list->count > first)
        qsort(list->paths + first, (size_t)(list->count - first), sizeof *list->paths,
              compare_paths);
}

int file_list(const char *directory, bool recurse, FileList *list)
{
    int first = list->count;
    if (list_into(directory, recurse, NULL, list) != 0)
        return -1;
    sort_from(list, first);
    return 0;
}

int file_entries(const char *directory, FileList *list)
{
    int first = list->count;
    DIR *stream = open_folder(directory);
    if (!stream)
        return -1;
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *path = file_join(directory, entry->d_name);
        file_list_add(list, path);
        free(path);
    }
    closedir(stream);
    sort_from(list, first);
    return 0;
}

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *file_extension(const char *path)
{
    const char *dot = strrchr(file_name(path), '.');
    return dot && dot != file_name(path) ? dot + 1 : "";
}

char *file_stem(const char *path)
{
    char *stem = memory_copy_string(file_name(path));
    char *dot = strrchr(stem, '.');
    if (dot && dot != stem)
        *dot = 0;
    return stem;
}

char *file_join(const char *directory, const char *name)
{
    size_t length = strlen(directory);
    bool separated = length > 0 && directory[length - 1] == '/';
    return memory_print("%s%s%s", directory, separated || length == 0 ? "" : "/", name);
}

bool file_has_extension(const char *path, const char *extension)
{
    return strcasecmp(file_extension(path), extension) == 0;
}

int64_t file_space(const char *path)
{
    char *probe = memory_copy_string(path);
    struct statvfs status;
    int result = statvfs(probe, &status);
    while (result != 0 && errno == ENOENT) {
        char *slash = strrchr(probe, '/');
        if (slash)
            slash[slash == probe] = 0;
        else
            strcpy(probe, ".");
        result = statvfs(probe, &status);
        if (strcmp(probe, "/") == 0 || strcmp(probe, ".") == 0)
            break;
    }
    free(probe);
    if (result != 0)
        return error_set_errno(ERROR_FILE, "%s: cannot tell the free space", path);
    return (int64_t)status.f_bavail * (int64_t)status.f_frsize;
}
