#include "export/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"

enum { MOST_OPEN_FOLDERS = 8 };

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status, (void)kind, (void)at;
    remove(path);
    return 0;
}

static void remove_all(const char *folder)
{
    nftw(folder, remove_one, MOST_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* Not by mkdtemp: whole folders are published, and others than their owner may read them. */
static int make_folder(Staging *s)
{
    for (int n = 0;; n++) {
        s->folder = memory_print("%s.%ld-%d.unfinished", s->output, (long)getpid(), n);
        if (mkdir(s->folder, 0777) == 0)
            return 0;
        if (errno != EEXIST)
            break;
        free(s->folder);
    }
    error_set_errno(ERROR_FILE, "%s: cannot make it", s->folder);
    free(s->folder);
    s->folder = NULL;
    return -1;
}

/* "." and ".." cannot be replaced. */
static bool has_name(const char *output)
{
    const char *name = file_name(output);
    return strcmp(name, "") != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int staging_begin(Staging *s, const char *output, bool is_folder)
{
    size_t length = strlen(output);
    while (is_folder && length > 1 && output[length - 1] == '/')
        length--;
    *s = (Staging){.output = memory_print("%.*s", (int)length, output), .is_folder = is_folder};
    if (file_exists(s->output) && file_is_directory(s->output) != is_folder)
        return error_set(ERROR_FILE, "%s: is %s folder", s->output, is_folder ? "no" : "a");
    if (is_folder && !has_name(s->output))
        return error_set(ERROR_FILE, "%s: cannot be replaced; give the folder's name", s->output);
    if (make_folder(s) != 0)
        return -1;
    s->path =
        is_folder ? memory_copy_string(s->folder) : file_join(s->folder, file_name(s->output));
    return 0;
}

/* The folder that the staged files go to. */
static char *target_of(const Staging *s)
{
    if (s->is_folder)
        return memory_copy_string(s->output);
    const char *name = file_name(s->output);
    return name == s->output ? memory_copy_string("")
                             : memory_print("%.*s", (int)(name - s->output), s->output);
}

static int publish_one(Staging *s, const char *from, const char *target)
{
    char *to = file_join(target, from + strlen(s->folder) + 1);
    int result = file_publish(from, to);
    free(to);
    return result;
}

/* For file systems that cannot do it in one. */
static int exchange_in_steps(const char *a, const char *b)
{
    char *aside = memory_print("%s.old", a);
    int result = rename(b, aside);
    if (result == 0 && (result = rename(a, b)) != 0) {
        int reason = errno;
        rename(aside, b);
        errno = reason;
    } else if (result == 0) {
        result = rename(aside, a);
    }
    free(aside);
    return result;
}

/* A folder takes the other's place in one step; what was there goes with staging_end. */
static int publish_folder(const Staging *s)
{
    bool replaces = file_exists(s->output);
    int result = replaces ? renameat2(AT_FDCWD, s->folder, AT_FDCWD, s->output, RENAME_EXCHANGE)
                          : rename(s->folder, s->output);
    if (result != 0 && replaces && errno == EINVAL)
        result = exchange_in_steps(s->folder, s->output);
    return result == 0
               ? 0
               : error_set(ERROR_FILE, "%s: cannot write it: %s", s->output, strerror(errno));
}

static void count_files(Staging *s, const FileList *files)
{
    for (int i = 0; i < files->count; i++) {
        struct stat status;
        s->bytes += stat(files->paths[i], &status) == 0 ? (double)status.st_size : 0;
    }
    s->files = files->count;
}

int staging_publish(Staging *s)
{
    FileList files = {0};
    char *target = target_of(s);
    int result = file_entries(s->folder, &files);
    if (result == 0)
        count_files(s, &files);
    for (int i = 0; !s->is_folder && i < files.count && result == 0; i++)
        result = publish_one(s, files.paths[i], target);
    if (s->is_folder && result == 0)
        result = publish_folder(s);
    file_list_free(&files);
    free(target);
    return result;
}

void staging_end(Staging *s)
{
    if (s->folder)
        remove_all(s->folder);
    free(s->folder);
    free(s->output);
    free(s->path);
    *s = (Staging){0};
}
