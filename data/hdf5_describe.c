#include "data/hdf5_describe.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "data/hdf5_file.h"

/* The version-1 form of what H5Ovisit tells exists in every release since 1.8, under another name
 * since 1.12; there H5O_info_t is a later one, laid out differently. */
#if H5_VERSION_GE(1, 12, 0)
typedef H5O_info1_t ObjectInfo;
#define VISIT_OBJECTS H5Ovisit1
#else
typedef H5O_info_t ObjectInfo;
#define VISIT_OBJECTS H5Ovisit
#endif

bool hdf5_is_file(const char *path)
{
    static const unsigned char MARK[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char bytes[8] = {0};
    FILE *stream = file_open(path);
    if (!stream)
        return false;
    size_t count = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    return count == sizeof bytes && memcmp(bytes, MARK, sizeof bytes) == 0;
}

static void print_text(hid_t attribute, hid_t type, FILE *stream)
{
    enum { SHOWN = 100 };
    size_t bytes = H5Tget_size(type);
    if (bytes > (size_t)1 << 24 || H5Tis_variable_str(type) > 0) {
        fputs("(text)", stream);
        return;
    }
    char *text = memory_new(bytes + 1);
    if (H5Aread(attribute, type, text) >= 0)
        fprintf(stream, "%.*s%s", SHOWN, text, strlen(text) > SHOWN ? "..." : "");
    free(text);
}

/* Prints an attribute's value, which must be one: text or a number. */
static void print_value(hid_t attribute, hid_t type, FILE *stream)
{
    long long integer = 0;
    double real = 0;
    H5T_class_t class = H5Tget_class(type);
    if (class == H5T_STRING)
        print_text(attribute, type, stream);
    else if (class == H5T_INTEGER && H5Aread(attribute, H5T_NATIVE_LLONG, &integer) >= 0)
        fprintf(stream, "%lld", integer);
    else if (class == H5T_FLOAT && H5Aread(attribute, H5T_NATIVE_DOUBLE, &real) >= 0)
        fprintf(stream, "%g", real);
}

/* How many values an attribute has; negative if that cannot be told. */
static long long count_values(hid_t attribute)
{
    hid_t space = H5Aget_space(attribute);
    long long count = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    return count;
}

static herr_t print_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    (void)info;
    FILE *stream = context;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    long long count = attribute >= 0 ? count_values(attribute) : -1;
    fprintf(stream, "  %s: ", name);
    if (type >= 0 && count == 1)
        print_value(attribute, type, stream);
    else if (count >= 0)
        fprintf(stream, "(%lld values)", count);
    fputc('\n', stream);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    return 0;
}

static void print_type(hid_t type, FILE *stream)
{
    const char *kind = "values";
    if (H5Tget_class(type) == H5T_INTEGER)
        kind = H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int";
    else if (H5Tget_class(type) == H5T_FLOAT)
        kind = "float";
    else if (H5Tget_class(type) == H5T_STRING)
        kind = "text of bytes x ";
    size_t bytes = H5Tget_size(type);
    fprintf(stream, "%s%zu", kind, H5Tget_class(type) == H5T_STRING ? bytes : bytes * 8);
}

static herr_t print_object(hid_t root, const char *name, const ObjectInfo *info, void *context)
{
    FILE *stream = context;
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    hid_t dataset = H5Dopen2(root, name, H5P_DEFAULT);
    if (dataset < 0)
        return 0;
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    hsize_t extents[H5S_MAX_RANK];
    int rank = H5Sget_simple_extent_dims(space, extents, NULL);
    fprintf(stream, "  /%s ", name);
    print_type(type, stream);
    fputs(" [", stream);
    for (int i = 0; i < rank; i++)
        fprintf(stream, "%s%llu", i ? "," : "", (unsigned long long)extents[i]);
    fputs("]\n", stream);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(dataset);
    return 0;
}

int hdf5_describe(const char *path, FILE *stream)
{
    hid_t file = hdf5_open(path);
    if (file < 0)
        return -1;
    herr_t attributes =
        H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_INC, NULL, print_attribute, stream);
    herr_t objects = VISIT_OBJECTS(file, H5_INDEX_NAME, H5_ITER_INC, print_object, stream);
    int result = attributes < 0 || objects < 0 ? hdf5_fail(path) : 0;
    H5Fclose(file);
    return result;
}
