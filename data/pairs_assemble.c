#include "data/pairs_assemble.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "data/hdf5_file.h"
#include "data/pairs.h"

/* With filters HDF5 writes collectively only, and then the order of chunks in the file depends on
 * the ranks. One rank that hands over finished chunks, checksums included, is faster than that (2.4
 * GB/s against at most 1.8) and always makes the same file. */

/* The store under construction. */
typedef struct Target {
    const char *temporary;
    hid_t file, hr, lr, sample;
} Target;

int64_t pair_store_bytes(const PairJob *job)
{
    /* The last terms are HDF5's index and headers. */
    return job->plan->tile_count * ((int64_t)pair_layout(job).record_bytes + 512) + (1 << 20);
}

/* On a full disk HDF5 fails late and badly, so see first whether the space can be had. */
static int try_space(const Target *t, const char *path, int64_t bytes)
{
    int file = open(t->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return error_set_errno(ERROR_FILE, "%s: cannot write", path);
    int reason = posix_fallocate(file, 0, bytes);
    close(file);
    unlink(t->temporary);
    errno = reason;
    if (reason == EINTR)
        return error_set(ERROR_INTERRUPT, "interrupted");
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
        return error_set(
            ERROR_FILE, "%s: no room for the store of %.1f MB; make room, the same command goes on",
            path, (double)bytes / 1e6);
    return reason == 0 ? 0 : error_set_errno(ERROR_FILE, "%s: cannot write", path);
}

/* HDF5 failed: closing what it has open could crash, so the run ends here. */
static void give_up(const Target *t, const char *path)
{
    unlink(t->temporary);
    ErrorReport report = error_take();
    error_set(ERROR_FILE, "%s: cannot write: %s; the same command goes on", path, report.message);
    ranks_abort();
}

static hid_t create_rows(hid_t file, const char *name, hid_t type, int dimensions,
                         const hsize_t *extents)
{
    hsize_t chunk[4] = {1, extents[1], extents[2], extents[3]};
    hid_t space = H5Screate_simple(dimensions, extents, NULL);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, dimensions, chunk);
    H5Pset_fletcher32(list);
    H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(list, false);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (set < 0)
        hdf5_fail(name);
    H5Pclose(list);
    H5Sclose(space);
    return set;
}

static int put_attributes(hid_t file, const PairJob *job)
{
    const Degradation *d = job->degradation;
    if (hdf5_put_integer(file, "version", PAIRS_VERSION) != 0 ||
        hdf5_put_integer(file, "scale", job->plan->scale) != 0 ||
        hdf5_put_integer(file, "depth", job->depth) != 0 ||
        hdf5_put_integer(file, "seed", (int64_t)job->seed) != 0 ||
        hdf5_put_string(file, "degradation", d ? degradation_name(d) : PAIRS_REAL) != 0 ||
        hdf5_put_string(file, "recipe", d ? degradation_recipe(d) : "") != 0)
        return -1;
    return hdf5_put_string(file, "libraries", pair_libraries());
}

static int create_store(Target *t, const PairJob *job)
{
    hsize_t n = (hsize_t)job->plan->tile_count, hr = (hsize_t)job->plan->tile;
    hsize_t lr = hr / (hsize_t)job->plan->scale;
    hid_t pixel = job->depth == 16 ? H5T_STD_U16LE : H5T_STD_U8LE;
    t->file = hdf5_create(t->temporary);
    if (t->file < 0 || put_attributes(t->file, job) != 0)
        return -1;
    hid_t text = hdf5_text_type(pair_layout(job).sample_bytes);
    t->hr = create_rows(t->file, "hr", pixel, 4, (hsize_t[]){n, hr, hr, 3});
    t->lr = create_rows(t->file, "lr", pixel, 4, (hsize_t[]){n, lr, lr, 3});
    t->sample = create_rows(t->file, "sample", text, 1, (hsize_t[4]){n});
    H5Tclose(text);
    return t->hr < 0 || t->lr < 0 || t->sample < 0 ? -1 : 0;
}

/* A piece of a record is a chunk as it is. */
static int write_chunk(hid_t set, int64_t index, const uint8_t *piece, size_t bytes)
{
    const hsize_t offset[4] = {(hsize_t)index};
    if (H5Dwrite_chunk(set, H5P_DEFAULT, 0, offset, bytes + CHUNK_CHECKSUM_BYTES, piece) < 0)
        return hdf5_fail("H5Dwrite_chunk");
    return 0;
}

static int write_record(const Target *t, const PairLayout *l, int64_t index, const uint8_t *record)
{
    if (write_chunk(t->hr, index, record + l->hr_at, l->hr_bytes) != 0 ||
        write_chunk(t->lr, index, record + l->lr_at, l->lr_bytes) != 0)
        return -1;
    return write_chunk(t->sample, index, record + l->sample_at, l->sample_bytes);
}

static int fill_store(const Target *t, const char *path, const PairJob *job, PairParts *parts)
{
    PairLayout layout = pair_layout(job);
    uint8_t *record = memory_new(layout.record_bytes);
    int64_t count = job->plan->tile_count;
    Progress progress = progress_begin("store", "pairs", 0, count);
    int result = 0;
    for (int64_t i = 0; result == 0 && i < count; i++) {
        if (interrupt_pending())
            result = error_set(ERROR_INTERRUPT, "interrupted");
        else
            result = pair_parts_read(parts, i, record);
        if (result == 0 && write_record(t, &layout, i, record) != 0)
            give_up(t, path);
        progress_update(&progress, i + 1, NULL);
    }
    if (result == 0)
        progress_end(&progress);
    free(record);
    return result;
}

/* Closes everything; the file is complete after that. */
static void close_store(const Target *t, const char *path)
{
    if (H5Dclose(t->hr) < 0 || H5Dclose(t->lr) < 0 || H5Dclose(t->sample) < 0 ||
        H5Fclose(t->file) < 0) {
        hdf5_fail("H5Fclose");
        give_up(t, path);
    }
}

int pairs_assemble(const char *path, const PairJob *job, PairParts *parts)
{
    Target target = {.temporary = pair_parts_store(parts)};
    int result = try_space(&target, path, pair_store_bytes(job));
    if (result == 0) {
        if (create_store(&target, job) != 0)
            give_up(&target, path);
        result = fill_store(&target, path, job, parts);
        close_store(&target, path);
        if (result == 0)
            result = file_publish(target.temporary, path);
        else
            unlink(target.temporary);
    }
    return result;
}
