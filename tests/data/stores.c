#include "tests/data/stores.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "data/hdf5_file.h"
#include "data/pairs.h"
#include "tests/unit.h"

static void add_rows(hid_t file, const StoreSpec *spec, const char *name, int rows, int width,
                     int height)
{
    hsize_t extents[4] = {(hsize_t)rows, (hsize_t)height, (hsize_t)width, 3};
    hsize_t chunk[4] = {1, extents[1], extents[2], 3};
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(4, extents, NULL);
    H5Pset_chunk(list, 4, chunk);
    if (!spec->no_checksums)
        H5Pset_fletcher32(list);
    hid_t set = H5Dcreate2(file, name, H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    uint8_t *pixels = memory_array((size_t)rows * extents[1] * extents[2], 3), *p = pixels;
    for (int t = 0; t < rows; t++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, p += 3)
                p[0] = (uint8_t)x, p[1] = (uint8_t)y, p[2] = (uint8_t)t;
    REQUIRE(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels) >= 0);
    free(pixels);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
}

static void add_samples(hid_t file, const StoreSpec *spec)
{
    enum { BYTES = 256 };
    hsize_t count = (hsize_t)spec->count, chunk = 1;
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &count, NULL);
    hid_t type = hdf5_text_type(BYTES);
    H5Pset_chunk(list, 1, &chunk);
    H5Pset_fletcher32(list);
    hid_t set = H5Dcreate2(file, "sample", type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    char *text = memory_array(count, BYTES);
    for (int t = 0; t < spec->count; t++)
        if (spec->sample)
            snprintf(text + BYTES * t, BYTES, "%s", spec->sample);
        else
            snprintf(text + BYTES * t, BYTES, "{\"x\":%d}", t);
    REQUIRE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
    free(text);
    H5Dclose(set);
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(list);
}

static hid_t create_file(const char *path, bool latest)
{
    if (!latest)
        return hdf5_create(path);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    return file;
}

void store_make(const char *path, const StoreSpec *spec)
{
    hid_t file = create_file(path, spec->latest_format);
    REQUIRE(file >= 0);
    REQUIRE(hdf5_put_integer(file, "version", spec->version ? spec->version : PAIRS_VERSION) == 0);
    REQUIRE(hdf5_put_integer(file, "scale", spec->scale) == 0);
    REQUIRE(hdf5_put_integer(file, "seed", 7) == 0);
    REQUIRE(hdf5_put_integer(file, "depth", 8) == 0);
    REQUIRE(hdf5_put_string(file, "degradation", "bicubic") == 0);
    REQUIRE(hdf5_put_string(file, "recipe", spec->recipe ? spec->recipe : "{}") == 0);
    REQUIRE(hdf5_put_string(file, "libraries", "none") == 0);
    int edge = spec->lr_edge ? spec->lr_edge : spec->width / spec->scale;
    add_rows(file, spec, "hr", spec->count, spec->width, spec->height);
    add_rows(file, spec, "lr", spec->lr_rows ? spec->lr_rows : spec->count, edge,
             spec->height / spec->scale);
    add_samples(file, spec);
    REQUIRE(H5Fclose(file) >= 0);
}

void store_damage(const char *path, long offset)
{
    FILE *file = fopen(path, "r+b");
    REQUIRE(file != NULL);
    fseek(file, offset, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, offset, SEEK_SET);
    fputc(byte ^ 0x55, file);
    fclose(file);
}
