/* Fuzz target: HDF5 files of every shape as pair stores. The bytes say which attributes and
 * datasets a file holds, of which types, extents, chunks and filters; HDF5 writes it, so that what
 * is tried is our reader. (HDF5 1.10 itself reads beyond its buffers in files with damaged
 * headers.) See run.sh. */
#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "data/hdf5_file.h"
#include "data/pairs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

typedef struct Bytes {
    const uint8_t *next;
    size_t left;
} Bytes;

/* Zeros after the last. */
static int take(Bytes *b)
{
    if (b->left == 0)
        return 0;
    b->left--;
    return *b->next++;
}

/* What is right, unless a byte says otherwise: most files are nearly stores. */
static int often(Bytes *b, int right, int limit)
{
    int byte = take(b);
    return byte < 200 ? right : take(b) % limit;
}

static char path[] = "/dev/shm/unmush-fuzz-XXXXXX";

static void remove_file(void)
{
    unlink(path);
}

static void put_number(Bytes *b, hid_t file, const char *name, int right)
{
    int kind = often(b, 0, 4);
    if (kind == 0)
        hdf5_put_integer(file, name, often(b, right, 256));
    else if (kind == 1)
        hdf5_put_integer(file, name, (int64_t)((uint64_t)take(b) << 56 | (uint64_t)take(b)));
    else if (kind == 2)
        hdf5_put_string(file, name, "text");
}

static void put_text(Bytes *b, hid_t file, const char *name)
{
    char text[301] = "{}";
    int length = often(b, 2, 300);
    for (int i = 0; i < length && length != 2; i++)
        text[i] = (char)take(b);
    if (often(b, 0, 2) == 0)
        hdf5_put_string(file, name, text);
    else if (take(b) & 1)
        hdf5_put_integer(file, name, 3);
}

static hid_t element_type(Bytes *b, bool text)
{
    switch (often(b, text ? 4 : 0, 6)) {
    case 0:
        return H5Tcopy(H5T_STD_U8LE);
    case 1:
        return H5Tcopy(H5T_STD_U16LE);
    case 2:
        return H5Tcopy(H5T_STD_I32BE);
    case 3:
        return H5Tcopy(H5T_IEEE_F32LE);
    default:
        return hdf5_text_type((size_t)often(b, 32, 200) + 1);
    }
}

static void put_rows(Bytes *b, hid_t file, const char *name, bool text, int edge)
{
    hsize_t extents[5] = {3, (hsize_t)edge, (hsize_t)edge, 3, 2}, chunk[5];
    int dimensions = often(b, text ? 1 : 4, 5);
    dimensions = dimensions < 1 ? 1 : dimensions;
    for (int i = 0; i < dimensions; i++) {
        extents[i] = (hsize_t)often(b, (int)extents[i], 40);
        chunk[i] = (hsize_t)often(b, i == 0 ? 1 : (int)extents[i], 40);
        chunk[i] = chunk[i] < 1 ? 1 : chunk[i];
        extents[i] = extents[i] < chunk[i] ? chunk[i] : extents[i];
    }
    hid_t type = element_type(b, text), space = H5Screate_simple(dimensions, extents, NULL);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (often(b, 0, 2) == 0)
        H5Pset_chunk(list, dimensions, chunk);
    if (often(b, 0, 3) == 0)
        H5Pset_fletcher32(list);
    if (often(b, 0, 3) == 1)
        H5Pset_shuffle(list);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    size_t size = H5Tget_size(type) * (size_t)H5Sget_simple_extent_npoints(space);
    char *values = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        values[i] = (char)(i < 200 ? take(b) : 0);
    if (set >= 0 && often(b, 0, 2) == 0)
        H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    free(values);
    if (set >= 0)
        H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
    H5Tclose(type);
}

static void write_store(Bytes *b)
{
    hid_t file = hdf5_create(path);
    int edge = often(b, 8, 20) + 1, scale = 2;
    put_number(b, file, "version", PAIRS_VERSION);
    put_number(b, file, "scale", scale);
    put_number(b, file, "seed", 5);
    put_number(b, file, "depth", 8);
    put_text(b, file, "degradation");
    put_text(b, file, "recipe");
    put_text(b, file, "libraries");
    edge = edge / scale * scale;
    if (often(b, 0, 2) == 0)
        put_rows(b, file, "hr", false, edge);
    if (often(b, 0, 2) == 0)
        put_rows(b, file, "lr", false, edge / scale);
    if (often(b, 0, 2) == 0)
        put_rows(b, file, "sample", true, 1);
    H5Fclose(file);
    error_clear();
}

static void read_all(const PairStore *store)
{
    const PairInfo *info = pairs_info(store);
    size_t pixels = (size_t)info->hr_width * (size_t)info->hr_height;
    uint8_t *hr = malloc(3 * pixels), *lr = malloc(3 * pixels);
    for (int64_t i = 0; i < info->count && i < 4; i++) {
        int result = pairs_read(store, i, hr, lr);
        if ((result == 0) != (error_pending() == ERROR_NONE))
            abort();
        error_clear();
        free(pairs_sample(store, i));
        error_clear();
    }
    free(hr);
    free(lr);
}

/* Ends the program if opening neither succeeds nor says why. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static int file;
    if (file == 0) {
        file = mkstemp(path);
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
        atexit(remove_file);
    }
    Bytes b = {bytes, count};
    write_store(&b);
    PairStore *store = pairs_open(path);
    if ((store == NULL) == (error_pending() == ERROR_NONE))
        abort();
    error_clear();
    if (store)
        read_all(store);
    pairs_close(store);
    return 0;
}
