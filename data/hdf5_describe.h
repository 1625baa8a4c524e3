#ifndef DATA_HDF5_DESCRIBE_H
#define DATA_HDF5_DESCRIBE_H

#include <stdbool.h>
#include <stdio.h>

/* Whether the file begins as HDF5 files do. */
bool hdf5_is_file(const char *path);

/* Prints a file's attributes (long texts shortened) and its datasets with types and shapes, groups
 * included: what is in a pair store or a checkpoint. ERROR_FILE, ERROR_FORMAT. */
int hdf5_describe(const char *path, FILE *stream);

#endif
