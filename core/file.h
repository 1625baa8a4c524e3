/* Files that appear whole or not at all, and bounded reading. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A file being written under a temporary name beside its final one. */
typedef struct FileWriter FileWriter;

/* Opens PATH's temporary file. NULL on error. file_stream is for fprintf and fwrite. */
FileWriter *file_begin(const char *path);
FILE *file_stream(FileWriter *writer);
int file_write(FileWriter *writer, const void *bytes, size_t count);

/* Flushes, fsyncs, renames to the final name and fsyncs the folder. Frees the writer either way;
 * on error the temporary file is removed and PATH is what it was. */
int file_commit(FileWriter *writer);

/* The same, where there is no file of that name yet: ERROR_FILE "PATH: is there already". */
int file_commit_new(FileWriter *writer);

/* Removes the temporary file and frees the writer. NULL is fine. */
void file_abandon(FileWriter *writer);

/* The same in one call. */
int file_write_whole(const char *path, const void *bytes, size_t count);

/* Renames a finished temporary file, made durable first, to its final name. */
int file_publish(const char *temporary, const char *path);

/* Opens a file for reading; a pipe that nobody writes to is not waited for. NULL with errno. */
FILE *file_open(const char *path);

/* Reads a whole regular file of at most `limit` bytes; a zero byte follows the content. The caller
 * frees it. NULL with ERROR_FILE if it cannot be read, ERROR_FORMAT if it is larger. */
uint8_t *file_read_whole(const char *path, size_t limit, size_t *count);

bool file_exists(const char *path);
bool file_is_directory(const char *path);
int file_make_directories(const char *path); /* like mkdir -p */

/* The regular files below `directory` (subfolders too if `recurse`), sorted by name, as paths that
 * start with `directory`. Hidden ones are left out. The caller frees with file_list_free. */
typedef struct FileList {
    char **paths;
    int count, capacity;
} FileList;
int file_list(const char *directory, bool recurse, FileList *list);

/* Everything in `directory` but "." and "..", sorted: hidden files, folders and links too, as paths
 * that start with `directory`. Nothing of subfolders. */
int file_entries(const char *directory, FileList *list);
void file_list_add(FileList *list, const char *path);
void file_list_free(FileList *list);

/* Names. file_stem writes the last component without its last extension. */
const char *file_name(const char *path);
const char *file_extension(const char *path); /* "png" of "a/b.png", "" if none */
char *file_stem(const char *path);
char *file_join(const char *directory, const char *name);
bool file_has_extension(const char *path, const char *extension); /* ignores case */

/* Bytes free for this user on PATH's file system; path may not exist yet. -1 on error. */
int64_t file_space(const char *path);

#endif
