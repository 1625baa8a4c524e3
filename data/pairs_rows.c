/* Reading the tiles of an open pair store, from many threads at once. */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/checksum.h"
#include "data/pairs_job.h"
#include "data/pairs_store.h"

static int read_row(const PairStore *store, const Rows *rows, int64_t index, void *bytes)
{
    uint8_t sum[CHUNK_CHECKSUM_BYTES];
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

static bool is_verified(const Rows *rows, int64_t index)
{
    return atomic_load_explicit(&rows->verified[index / 32], memory_order_relaxed) >>
               (unsigned)(index % 32) &
           1;
}

static void set_verified(const Rows *rows, int64_t index)
{
    atomic_fetch_or_explicit(&rows->verified[index / 32], 1u << (unsigned)(index % 32),
                             memory_order_relaxed);
}

size_t pairs_tile_bytes(const PairStore *store)
{
    return store->hr.bytes;
}

void *pairs_read_lines(const PairStore *store, PairSide side, int64_t index, int first, int count,
                       void *scratch)
{
    const Rows *rows = side == PAIR_HR ? &store->hr : &store->lr;
    int height = store->info.hr_height / (side == PAIR_HR ? 1 : store->info.scale);
    size_t line = rows->bytes / (size_t)height, start = (size_t)first * line;
    if (check_index(store, index) != 0)
        return NULL;
    if (!is_verified(rows, index)) {
        if (read_row(store, rows, index, scratch) != 0)
            return NULL;
        set_verified(rows, index);
        return (uint8_t *)scratch + start;
    }
    size_t bytes = (size_t)count * line;
    ssize_t got = pread(store->file, scratch, bytes, (off_t)(rows->addresses[index] + start));
    if (got == (ssize_t)bytes)
        return scratch;
    if (got < 0)
        error_set_errno(ERROR_FILE, "%s: cannot read %s[%lld]", store->path, rows->name,
                        (long long)index);
    else
        error_set(ERROR_FORMAT, "%s: has become shorter", store->path);
    return NULL;
}
