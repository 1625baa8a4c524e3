#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/checksum.h"
#include "data/hdf5_chunks.h"
#include "data/hdf5_file.h"
#include "data/pairs.h"

enum { CHECKSUM_BYTES = 4, LARGEST_SCALE = 64, LARGEST_EXTENT = 1 << 15, LONGEST_SAMPLE = 1 << 16 };

/* One of the three datasets: where its rows lie, each `bytes` long and followed by a checksum. */
typedef struct Rows {
    const char *name;
    uint64_t *addresses;
    size_t bytes;
} Rows;

struct PairStore {
    char *path;
    int file;
    PairInfo info;
    char *recipe, *libraries;
    Rows hr, lr, sample;
};

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
    return hdf5_chunk_addresses(set, store->file, (int64_t)shape->extents[0],
                                rows->bytes + CHECKSUM_BYTES, rows->addresses);
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
    free(store->hr.addresses);
    free(store->lr.addresses);
    free(store->sample.addresses);
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

static int read_row(const PairStore *store, const Rows *rows, int64_t index, void *bytes)
{
    uint8_t sum[CHECKSUM_BYTES];
    struct iovec parts[2] = {{bytes, rows->bytes}, {sum, sizeof sum}};
    ssize_t count = preadv(store->file, parts, 2, (off_t)rows->addresses[index]);
    if (count < 0)
        return error_set_errno(ERROR_FILE, "%s: cannot read %s[%lld]", store->path, rows->name,
                               (long long)index);
    uint32_t stored =
        (uint32_t)sum[3] << 24 | (uint32_t)sum[2] << 16 | (uint32_t)sum[1] << 8 | sum[0];
    if ((size_t)count == rows->bytes + sizeof sum &&
        checksum_fletcher32(bytes, rows->bytes) == stored)
        return 0;
    return error_set(ERROR_FORMAT, "%s: %s[%lld] is damaged: wrong checksum", store->path,
                     rows->name, (long long)index);
}

static int check_index(const PairStore *store, int64_t index)
{
    if (index >= 0 && index < store->info.count)
        return 0;
    return error_set(ERROR_SHAPE, "%s: no tile %lld among %lld", store->path, (long long)index,
                     (long long)store->info.count);
}

/* One tile of 16 bits, rounded to 8. */
static int read_rounded(const PairStore *store, const Rows *rows, int64_t index, uint8_t *levels)
{
    size_t count = rows->bytes / sizeof(uint16_t);
    uint16_t *words = memory_new(rows->bytes);
    int result = read_row(store, rows, index, words);
    for (size_t i = 0; result == 0 && i < count; i++)
        levels[i] = (uint8_t)((words[i] + 128) / 257);
    free(words);
    return result;
}

static int read_levels(const PairStore *store, const Rows *rows, int64_t index, uint8_t *levels)
{
    return store->info.depth == 16 ? read_rounded(store, rows, index, levels)
                                   : read_row(store, rows, index, levels);
}

int pairs_read(const PairStore *store, int64_t index, uint8_t *hr, uint8_t *lr)
{
    if (check_index(store, index) != 0 || (hr && read_levels(store, &store->hr, index, hr) != 0))
        return -1;
    return lr ? read_levels(store, &store->lr, index, lr) : 0;
}

static int read_picture(const PairStore *store, const Rows *rows, int64_t index, Workspace *work,
                        const Picture *to)
{
    WorkspaceMark mark = workspace_mark(work);
    void *pixels = workspace_take(work, rows->bytes, 1);
    int result = read_row(store, rows, index, pixels);
    if (result == 0 && store->info.depth == 16)
        picture_from_words(pixels, to);
    else if (result == 0)
        picture_from_bytes(pixels, to);
    workspace_release(work, mark);
    return result;
}

int pairs_read_pictures(const PairStore *store, int64_t index, Workspace *work, Picture *hr,
                        Picture *lr)
{
    const PairInfo *info = &store->info;
    if (check_index(store, index) != 0)
        return -1;
    *hr = picture_take(work, info->hr_width, info->hr_height);
    *lr = picture_take(work, info->hr_width / info->scale, info->hr_height / info->scale);
    if (read_picture(store, &store->hr, index, work, hr) != 0)
        return -1;
    return read_picture(store, &store->lr, index, work, lr);
}

char *pairs_sample(const PairStore *store, int64_t index)
{
    if (check_index(store, index) != 0)
        return NULL;
    char *text = memory_new(store->sample.bytes + 1);
    if (read_row(store, &store->sample, index, text) == 0)
        return text;
    free(text);
    return NULL;
}
