/* HDF5 files in this project: no file locks, no printing of its own, its failures as ours. The
 * library is not thread-safe: all of these from one thread at a time. */
#ifndef DATA_HDF5_FILE_H
#define DATA_HDF5_FILE_H

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

/* Opens a file for reading. Negative with ERROR_FILE if it cannot be read, ERROR_FORMAT if it is
 * not HDF5 or not whole. Close with H5Fclose. */
hid_t hdf5_open(const char *path);

/* Creates a file, replacing what PATH was. Negative with ERROR_FILE. Not collective: HDF5 writes
 * from one rank, the same bytes however many there are. */
hid_t hdf5_create(const char *path);

/* Creates a file in memory, and writes what it holds by now to PATH, atomically. For small files:
 * a full disk is then an error like any other. Not collective. */
hid_t hdf5_create_in_memory(void);
int hdf5_write_memory(hid_t file, const char *path);

/* Sets ERROR_FILE from HDF5's own innermost message: "what: reason". Always returns -1. Call it
 * before any other HDF5 function, which would clear that message. */
int hdf5_fail(const char *what);

/* Scalar attributes of a file, group or dataset; strings are fixed-length UTF-8. Getters fail with
 * ERROR_FORMAT naming the attribute if it is absent, of another kind or longer than `size` - 1
 * bytes. Messages do not name the file: the caller adds it with error_note. */
int hdf5_put_integer(hid_t object, const char *name, int64_t value);
int hdf5_put_string(hid_t object, const char *name, const char *text);
int hdf5_get_integer(hid_t object, const char *name, int64_t *value);
int hdf5_get_string(hid_t object, const char *name, char *text, size_t size);
/* The same of any length up to 64 KiB; the caller frees it. NULL on error. */
char *hdf5_get_text(hid_t object, const char *name);

/* The type of fixed-length UTF-8 text of `bytes` bytes, padded with zeros. Close with H5Tclose. */
hid_t hdf5_text_type(size_t bytes);

#endif
