/* Writes zip archives as torch's files need them: entries stored as they are, each beginning at a
 * multiple of 64 bytes. */
#ifndef NETS_ZIP_WRITE_H
#define NETS_ZIP_WRITE_H

#include <stddef.h>

typedef struct ZipWriter ZipWriter;

/* The archive appears at PATH when it is committed (core/file.h). NULL with ERROR_FILE. */
ZipWriter *zip_begin(const char *path);

/* Adds an entry. 0, or -1 with an error: ERROR_FORMAT where the archive would reach 4 GiB, beyond
 * which it would have to be of another kind. */
int zip_add(ZipWriter *zip, const char *name, const void *bytes, size_t count);

/* Both free the writer. */
int zip_commit(ZipWriter *zip);
void zip_abandon(ZipWriter *zip);

#endif
