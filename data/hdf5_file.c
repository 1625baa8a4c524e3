#include "data/hdf5_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"

enum { REASON_BYTES = 512 };

/* An access list without locks (some file systems refuse them), in the oldest file format, which
 * every reader knows. Also keeps HDF5 from printing. */
static hid_t access_list(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(list, false, true);
    H5Pset_libver_bounds(list, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    return list;
}

static herr_t take_first(unsigned depth, const H5E_error2_t *entry, void *reason)
{
    if (depth == 0 && entry->desc)
        snprintf(reason, REASON_BYTES, "%s", entry->desc);
    return 0;
}

/* HDF5's innermost message, which names the cause; REASON_BYTES long. To be asked for at once: the
 * next call to HDF5, closing included, clears it. */
static void take_reason(char *reason)
{
    static const char SYSTEM[] = "error message = '"; /* among addresses and counts, if there */
    strcpy(reason, "HDF5 gives no reason");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, reason);
    H5Eclear2(H5E_DEFAULT);
    char *system = strstr(reason, SYSTEM);
    if (system) {
        system += sizeof SYSTEM - 1;
        memmove(reason, system, strlen(system) + 1);
    }
    reason[strcspn(reason, system ? "'" : "\r\n")] = 0;
}

int hdf5_fail(const char *what)
{
    char reason[REASON_BYTES];
    take_reason(reason);
    return error_set(ERROR_FILE, "%s: %s", what, reason);
}

/* HDF5's own message for a file that is something else is unclear, so look first. */
static int check_signature(const char *path)
{
    static const uint8_t SIGNATURE[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    uint8_t start[8];
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return error_set_errno(ERROR_FILE, "%s: cannot read", path);
    ssize_t count = read(file, start, sizeof start);
    if (count < 0)
        error_set_errno(ERROR_FILE, "%s: cannot read", path);
    else if (count < (ssize_t)sizeof start || memcmp(start, SIGNATURE, sizeof start) != 0)
        error_set(ERROR_FORMAT, "%s: not an HDF5 file", path);
    close(file);
    return error_pending() == ERROR_NONE ? 0 : -1;
}

hid_t hdf5_open(const char *path)
{
    if (check_signature(path) != 0)
        return -1;
    hid_t access = access_list();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (file < 0) {
        char reason[REASON_BYTES];
        take_reason(reason);
        error_set(ERROR_FORMAT, "%s: damaged or incomplete HDF5 file: %s", path, reason);
    }
    H5Pclose(access);
    return file;
}

hid_t hdf5_create(const char *path)
{
    hid_t access = access_list();
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0)
        hdf5_fail(path);
    H5Pclose(access);
    return file;
}

hid_t hdf5_create_in_memory(void)
{
    enum { GROWTH = 1 << 20, NO_FILE = 0 };
    hid_t access = access_list();
    H5Pset_fapl_core(access, GROWTH, NO_FILE);
    hid_t file = H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0)
        hdf5_fail("file in memory");
    H5Pclose(access);
    return file;
}

int hdf5_write_memory(hid_t file, const char *path)
{
    ssize_t count = H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 ? -1 : H5Fget_file_image(file, NULL, 0);
    if (count <= 0)
        return hdf5_fail(path);
    uint8_t *bytes = memory_new((size_t)count);
    int result = H5Fget_file_image(file, bytes, (size_t)count) == count
                     ? file_write_whole(path, bytes, (size_t)count)
                     : hdf5_fail(path);
    free(bytes);
    return result;
}

hid_t hdf5_text_type(size_t bytes)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, bytes);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

static int put(hid_t object, const char *name, hid_t file_type, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    int result = attribute >= 0 && H5Awrite(attribute, type, value) >= 0 ? 0 : hdf5_fail(name);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    return result;
}

int hdf5_put_integer(hid_t object, const char *name, int64_t value)
{
    return put(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

int hdf5_put_string(hid_t object, const char *name, const char *text)
{
    size_t bytes = strlen(text);
    hid_t type = hdf5_text_type(bytes > 0 ? bytes : 1);
    int result = put(object, name, type, type, text);
    H5Tclose(type);
    return result;
}

/* The attribute if it is one value of the class; *type is its type in the file. Both are closed
 * by the caller; negative with ERROR_FORMAT. */
static hid_t open_attribute(hid_t object, const char *name, H5T_class_t class, hid_t *type)
{
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) {
        H5Eclear2(H5E_DEFAULT);
        return error_set(ERROR_FORMAT, "attribute %s is missing", name);
    }
    hid_t space = H5Aget_space(attribute);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    *type = H5Aget_type(attribute);
    if (count == 1 && H5Tget_class(*type) == class)
        return attribute;
    H5Tclose(*type);
    H5Aclose(attribute);
    return error_set(ERROR_FORMAT, "attribute %s is not one %s", name,
                     class == H5T_STRING ? "text" : "integer");
}

int hdf5_get_integer(hid_t object, const char *name, int64_t *value)
{
    hid_t type, attribute = open_attribute(object, name, H5T_INTEGER, &type);
    if (attribute < 0)
        return -1;
    int result = H5Aread(attribute, H5T_NATIVE_INT64, value) >= 0 ? 0 : hdf5_fail(name);
    H5Tclose(type);
    H5Aclose(attribute);
    return result;
}

/* h5py writes variable-length strings, the others fixed ones. */
static int read_text(hid_t attribute, hid_t type, const char *name, char *text, size_t size)
{
    if (H5Tis_variable_str(type) > 0) {
        char *value = NULL;
        if (H5Aread(attribute, type, &value) < 0 || !value)
            return hdf5_fail(name);
        bool fits = strlen(value) < size;
        if (fits)
            strcpy(text, value);
        H5free_memory(value);
        return fits ? 0 : error_set(ERROR_FORMAT, "attribute %s is too long", name);
    }
    if (H5Tget_size(type) >= size)
        return error_set(ERROR_FORMAT, "attribute %s is too long", name);
    memset(text, 0, size);
    return H5Aread(attribute, type, text) >= 0 ? 0 : hdf5_fail(name);
}

int hdf5_get_string(hid_t object, const char *name, char *text, size_t size)
{
    hid_t type, attribute = open_attribute(object, name, H5T_STRING, &type);
    if (attribute < 0)
        return -1;
    int result = read_text(attribute, type, name, text, size);
    H5Tclose(type);
    H5Aclose(attribute);
    return result;
}

char *hdf5_get_text(hid_t object, const char *name)
{
    enum { MOST = 1 << 16 };
    char *text = memory_new(MOST + 1);
    if (hdf5_get_string(object, name, text, MOST + 1) == 0)
        return text;
    free(text);
    return NULL;
}
