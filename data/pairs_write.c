#include "data/pairs_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "data/hdf5_file.h"
#include "data/pairs.h"
#include "data/pairs_tiles.h"
#include "data/part_guard.h"

/* The store under construction. */
typedef struct Target {
    char *part; /* its temporary name */
    hid_t file, hr, lr, sample, transfer;
} Target;

/* With filters HDF5 writes collectively only, so all ranks go through equal rounds; in each a rank
 * makes and writes the next `most` tiles of its share, or fewer, or none. */
typedef struct Rounds {
    int64_t count;
    int most;
} Rounds;

static Rounds plan_rounds(const PairPlan *plan)
{
    const int64_t ROUND_BYTES = 8 << 20, LEAST = 4;
    int64_t most = ROUND_BYTES / ((int64_t)plan->tile * plan->tile * 3);
    int64_t largest_share = (plan->tile_count + ranks_size() - 1) / ranks_size();
    most = most < LEAST ? LEAST : most;
    most = most < largest_share ? most : largest_share;
    return (Rounds){(largest_share + most - 1) / most, (int)most};
}

/* At most what the finished file takes; the last terms are HDF5's index and headers. */
static int64_t store_bytes(const PairPlan *plan)
{
    int64_t hr = (int64_t)plan->tile * plan->tile * 3, lr = hr / plan->scale / plan->scale;
    return plan->tile_count * (hr + lr + PAIR_SAMPLE_BYTES + 512) + (1 << 20);
}

/* On a full disk HDF5 fails late and badly, so see first whether the space can be had. */
static int try_space(const char *path, const char *part, int64_t bytes)
{
    int64_t space = file_space(path);
    if (space < 0)
        return -1;
    int file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return error_set_errno(ERROR_FILE, "%s: cannot write", path);
    errno = space < bytes ? ENOSPC : posix_fallocate(file, 0, bytes);
    int reason = errno;
    close(file);
    unlink(part);
    if (reason == ENOSPC || reason == EFBIG || reason == EDQUOT)
        return error_set(ERROR_FILE, "%s: needs %.1f MB, %.1f MB free", path, (double)bytes / 1e6,
                         (double)file_space(path) / 1e6);
    errno = reason;
    if (reason == EINTR)
        return error_set(ERROR_INTERRUPT, "interrupted");
    return reason == 0 ? 0 : error_set_errno(ERROR_FILE, "%s: cannot write", path);
}

/* HDF5 failed: other ranks may be waiting in a collective call, and closing what it has open could
 * crash, so the run ends here. */
static void give_up(const Target *t, const char *path)
{
    unlink(t->part);
    error_note("%s: cannot write", path);
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

static int create_store(Target *t, const PairPlan *plan, const Degradation *degradation,
                        uint64_t seed)
{
    hsize_t n = (hsize_t)plan->tile_count, hr = (hsize_t)plan->tile, lr = hr / (hsize_t)plan->scale;
    t->file = hdf5_create(t->part);
    if (t->file < 0 || hdf5_put_integer(t->file, "version", PAIRS_VERSION) != 0 ||
        hdf5_put_integer(t->file, "scale", plan->scale) != 0 ||
        hdf5_put_integer(t->file, "seed", (int64_t)seed) != 0 ||
        hdf5_put_string(t->file, "degradation", degradation_name(degradation)) != 0)
        return -1;
    hid_t text = hdf5_text_type(PAIR_SAMPLE_BYTES);
    t->hr = create_rows(t->file, "hr", H5T_STD_U8LE, 4, (hsize_t[]){n, hr, hr, 3});
    t->lr = create_rows(t->file, "lr", H5T_STD_U8LE, 4, (hsize_t[]){n, lr, lr, 3});
    t->sample = create_rows(t->file, "sample", text, 1, (hsize_t[4]){n});
    H5Tclose(text);
    t->transfer = H5Pcreate(H5P_DATASET_XFER);
    if (ranks_use_mpi())
        H5Pset_dxpl_mpio(t->transfer, H5FD_MPIO_COLLECTIVE);
    return t->hr < 0 || t->lr < 0 || t->sample < 0 ? -1 : 0;
}

/* Writes rows first .. first+count-1 of a dataset; with none, takes part in the collective. */
static int write_rows(const Target *t, hid_t set, int64_t first, int count, const void *rows)
{
    hsize_t start[4] = {(hsize_t)first}, extents[4];
    hid_t there = H5Dget_space(set);
    int dimensions = H5Sget_simple_extent_dims(there, extents, NULL);
    extents[0] = count > 0 ? (hsize_t)count : 1;
    hid_t here = H5Screate_simple(dimensions, extents, NULL);
    if (count > 0) {
        H5Sselect_hyperslab(there, H5S_SELECT_SET, start, NULL, extents, NULL);
    } else {
        H5Sselect_none(there);
        H5Sselect_none(here);
    }
    hid_t type = H5Dget_type(set);
    int result =
        H5Dwrite(set, type, here, there, t->transfer, rows) < 0 ? hdf5_fail("H5Dwrite") : 0;
    H5Tclose(type);
    H5Sclose(here);
    H5Sclose(there);
    return result;
}

static int write_round(const Target *t, const TileMaker *maker, int64_t first, int count)
{
    if (write_rows(t, t->hr, first, count, tile_maker_hr(maker)) != 0 ||
        write_rows(t, t->lr, first, count, tile_maker_lr(maker)) != 0)
        return -1;
    return write_rows(t, t->sample, first, count, tile_maker_samples(maker));
}

/* Every rank makes its share. -1, on every rank, if one cannot go on with its pictures. */
static int fill_store(const Target *t, const char *path, const PairPlan *plan, TileMaker *maker,
                      Rounds rounds)
{
    Share share = ranks_share(plan->tile_count, ranks_rank(), ranks_size());
    Progress progress = progress_begin("pairs", "pairs", 0, plan->tile_count);
    for (int64_t round = 0; round < rounds.count; round++) {
        int64_t done = round * rounds.most, left = share.count - done;
        int count = (int)(left < 0 ? 0 : left < rounds.most ? left : rounds.most);
        tile_maker_run(maker, share.first + done, count);
        if (ranks_agree() != 0)
            return -1;
        if (write_round(t, maker, share.first + done, count) != 0)
            give_up(t, path);
        int64_t shown = (done + rounds.most) * ranks_size();
        progress_update(&progress, shown < plan->tile_count ? shown : plan->tile_count, NULL);
    }
    progress_end(&progress);
    return 0;
}

/* Closes everything; the file is complete after that. */
static void close_store(const Target *t, const char *path)
{
    H5Pclose(t->transfer);
    if (H5Dclose(t->hr) < 0 || H5Dclose(t->lr) < 0 || H5Dclose(t->sample) < 0 ||
        H5Fclose(t->file) < 0) {
        hdf5_fail("H5Fclose");
        give_up(t, path);
    }
}

static int write_part(Target *t, const char *path, const PairPlan *plan,
                      const Degradation *degradation, uint64_t seed)
{
    if (ranks_rank() == 0)
        try_space(path, t->part, store_bytes(plan));
    if (ranks_agree() != 0)
        return -1;
    if (create_store(t, plan, degradation, seed) != 0)
        give_up(t, path);
    Rounds rounds = plan_rounds(plan);
    TileMaker *maker = tile_maker_new(plan, degradation, seed, rounds.most);
    int result = fill_store(t, path, plan, maker, rounds);
    tile_maker_free(maker);
    close_store(t, path);
    return result;
}

/* Gives the finished part its final name, or removes an unfinished one. Rank 0 only. */
static void settle(const Target *t, const char *path, PartGuard *guard, bool finished)
{
    bool interrupted = part_guard_end(guard) != 0;
    if (finished && !interrupted)
        file_publish(t->part, path);
    else
        unlink(t->part);
}

int pairs_write(const char *path, const PairPlan *plan, const Degradation *degradation,
                uint64_t seed)
{
    int64_t process = getpid();
    if (ranks_broadcast(&process, sizeof process) != 0)
        return -1;
    Target target = {.part = memory_print("%s.%lld.part", path, (long long)process)};
    PartGuard *guard = ranks_rank() == 0 ? part_guard_begin(target.part) : NULL;
    int result = write_part(&target, path, plan, degradation, seed);
    if (guard)
        settle(&target, path, guard, result == 0);
    if (result == 0)
        result = ranks_agree();
    free(target.part);
    return result;
}
