#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/hdf5_chunks.h"
#include "data/hdf5_file.h"
#include "data/pairs_job.h"
#include "data/pairs_store.h"

enum { LARGEST_SCALE = 64, LARGEST_EXTENT = 1 << 15, LONGEST_SAMPLE = 1 << 16 };

/* What open_rows learns about a dataset. */
typedef struct RowShape {
    int dimensions;
    hsize_t extents[4];
} RowShape;

static int read_shape(hid_t set, RowShape *shape)
{
    hid_t space = H5Dget_space(set);
    int dimensions = H5Sget_simple_extent_ndims(space);
    int result = 0;
    if (dimensions != shape->dimensions)
        result = error_set(ERROR_FORMAT, "has %d dimensions instead of %d", dimensions,
                           shape->dimensions);
    else
        H5Sget_simple_extent_dims(space, shape->extents, NULL);
    H5Sclose(space);
    return result;
}

/* Pixels must be unsigned integers of `depth` bits, samples fixed-length text; *item is the bytes
 * of one element. */
static int check_type(hid_t set, bool text, int depth, size_t *item)
{
    hid_t type = H5Dget_type(set), pixel = depth == 16 ? H5T_STD_U16LE : H5T_STD_U8LE;
    bool good = text ? H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0
                     : H5Tequal(type, pixel) > 0;
    *item = H5Tget_size(type);
    H5Tclose(type);
    if (good && *item >= 1 && *item <= LONGEST_SAMPLE)
        return 0;
    if (text)
        return error_set(ERROR_FORMAT, "is not fixed-length text");
    return error_set(ERROR_FORMAT, "is not unsigned integers of %d bits", depth);
}

/* A chunk must be one row, filtered by Fletcher32 alone. */
static int check_storage(hid_t set, const RowShape *shape)
{
    hid_t list = H5Dget_create_plist(set);
    hsize_t chunk[4] = {0};
    unsigned flags, config;
    size_t values = 0;
    bool good = H5Pget_layout(list) == H5D_CHUNKED &&
                H5Pget_chunk(list, shape->dimensions, chunk) == shape->dimensions && chunk[0] == 1;
    for (int i = 1; i < shape->dimensions; i++)
        good = good && chunk[i] == shape->extents[i];
    good =
        good && H5Pget_nfilters(list) == 1 &&
        H5Pget_filter2(list, 0, &flags, &values, NULL, 0, NULL, &config) == H5Z_FILTER_FLETCHER32;
    H5Pclose(list);
    if (good)
        return 0;
    return error_set(ERROR_FORMAT, "is not stored one tile a chunk with Fletcher32 checksums");
}

static int find_rows(PairStore *store, hid_t set, Rows *rows, RowShape *shape)
{
    size_t item;
    if (read_shape(set, shape) != 0 ||
        check_type(set, shape->dimensions == 1, store->info.depth, &item) != 0 ||
        check_storage(set, shape) != 0)
        return -1;
    rows->bytes = item;
    for (int i = 1; i < shape->dimensions; i++) {
        if (shape->extents[i] < 1 || shape->extents[i] > LARGEST_EXTENT)
            return error_set(ERROR_FORMAT, "has an extent of %llu",
                             (unsigned long long)shape->extents[i]);
        rows->bytes *= (size_t)shape->extents[i];
    }
    struct stat status;
    if (fstat(store->file, &status) != 0)
        return error_set_errno(ERROR_FILE, "cannot tell the file's size");
    if (shape->extents[0] < 1 || shape->extents[0] > (uint64_t)status.st_size / rows->bytes)
        return error_set(ERROR_FORMAT, "has %llu rows, more than the file can hold",
                         (unsigned long long)shape->extents[0]);
    rows->addresses = memory_array((size_t)shape->extents[0], sizeof *rows->addresses);
    rows->verified = memory_array((size_t)shape->extents[0] / 32 + 1, sizeof *rows->verified);
    return hdf5_chunk_addresses(set, store->file, (int64_t)shape->extents[0],
                                rows->bytes + CHUNK_CHECKSUM_BYTES, rows->addresses);
}

static int open_rows(PairStore *store, hid_t file, Rows *rows, RowShape *shape)
{
    hid_t set = H5Dopen2(file, rows->name, H5P_DEFAULT);
    if (set < 0) {
        H5Eclear2(H5E_DEFAULT);
        return error_set(ERROR_FORMAT, "dataset %s is missing", rows->name);
    }
    int result = find_rows(store, set, rows, shape);
    H5Dclose(set);
    return result == 0 ? 0 : error_note("dataset %s", rows->name);
}

static int check_version(int64_t version)
{
    if (version == PAIRS_VERSION)
        return 0;
    if (version == 1)
        return error_set(ERROR_FORMAT, "made by an older version of this program, make it again");
    return error_set(ERROR_FORMAT, "pair store of version %lld, this program reads version %d",
                     (long long)version, PAIRS_VERSION);
}

static int read_attributes(PairStore *store, hid_t file)
{
    PairInfo *info = &store->info;
    int64_t version, scale, depth, seed;
    if (hdf5_get_integer(file, "version", &version) != 0 || check_version(version) != 0)
        return -1;
    if (hdf5_get_integer(file, "scale", &scale) != 0 ||
        hdf5_get_integer(file, "depth", &depth) != 0 ||
        hdf5_get_integer(file, "seed", &seed) != 0 ||
        hdf5_get_string(file, "degradation", info->degradation, sizeof info->degradation) != 0 ||
        !(store->recipe = hdf5_get_text(file, "recipe")) ||
        !(store->libraries = hdf5_get_text(file, "libraries")))
        return -1;
    if (scale < 1 || scale > LARGEST_SCALE)
        return error_set(ERROR_FORMAT, "attribute scale is %lld", (long long)scale);
    if (depth != 8 && depth != 16)
        return error_set(ERROR_FORMAT, "attribute depth is %lld", (long long)depth);
    info->scale = (int)scale;
    info->depth = (int)depth;
    info->seed = (uint64_t)seed;
    return 0;
}

static int check_shapes(const PairInfo *info, const RowShape *hr, const RowShape *lr,
                        const RowShape *sample)
{
    hsize_t scale = (hsize_t)info->scale;
    if (hr->extents[3] != 3 || lr->extents[3] != 3)
        return error_set(ERROR_FORMAT, "/hr and /lr must have 3 channels");
    if (hr->extents[1] != lr->extents[1] * scale || hr->extents[2] != lr->extents[2] * scale)
        return error_set(ERROR_FORMAT, "tiles of %llux%llu and %llux%llu do not fit scale %d",
                         (unsigned long long)hr->extents[2], (unsigned long long)hr->extents[1],
                         (unsigned long long)lr->extents[2], (unsigned long long)lr->extents[1],
                         info->scale);
    if (hr->extents[0] != lr->extents[0] || hr->extents[0] != sample->extents[0])
        return error_set(ERROR_FORMAT, "/hr, /lr and /sample have %llu, %llu and %llu rows",
                         (unsigned long long)hr->extents[0], (unsigned long long)lr->extents[0],
                         (unsigned long long)sample->extents[0]);
    return 0;
}

static int read_structure(PairStore *store, hid_t file)
{
    RowShape hr = {.dimensions = 4}, lr = {.dimensions = 4}, sample = {.dimensions = 1};
    if (read_attributes(store, file) != 0 || open_rows(store, file, &store->hr, &hr) != 0 ||
        open_rows(store, file, &store->lr, &lr) != 0 ||
        open_rows(store, file, &store->sample, &sample) != 0 ||
        check_shapes(&store->info, &hr, &lr, &sample) != 0)
        return error_note("%s", store->path);
    store->info.count = (int64_t)hr.extents[0];
    store->info.hr_height = (int)hr.extents[1];
    store->info.hr_width = (int)hr.extents[2];
    return 0;
}

PairStore *pairs_open(const char *path)
{
    hid_t file = hdf5_open(path);
    if (file < 0)
        return NULL;
    PairStore *store = memory_new(sizeof *store);
    store->path = memory_copy_string(path);
    store->hr.name = "/hr";
    store->lr.name = "/lr";
    store->sample.name = "/sample";
    store->file = open(path, O_RDONLY | O_CLOEXEC);
    int result = store->file < 0 ? error_set_errno(ERROR_FILE, "%s: cannot read", path)
                                 : read_structure(store, file);
    H5Fclose(file);
    if (result == 0)
        return store;
    pairs_close(store);
    return NULL;
}

void pairs_close(PairStore *store)
{
    if (!store)
        return;
    if (store->file >= 0)
        close(store->file);
    Rows *const all[] = {&store->hr, &store->lr, &store->sample};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]->addresses);
        free(all[i]->verified);
    }
    free(store->recipe);
    free(store->libraries);
    free(store->path);
    free(store);
}

const PairInfo *pairs_info(const PairStore *store)
{
    return &store->info;
}

const char *pairs_path(const PairStore *store)
{
    return store->path;
}

const char *pairs_recipe(const PairStore *store)
{
    return store->recipe;
}

const char *pairs_libraries(const PairStore *store)
{
    return store->libraries;
}
