#include "data/pairs_write.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "data/pairs_assemble.h"
#include "data/pairs_parts.h"
#include "data/pairs_tiles.h"

/* All ranks go through equal rounds, so that one that fails ends them all with one line; in each a
 * rank makes the next `most` pairs of its share, or fewer, or none. */
typedef struct Rounds {
    int64_t count;
    int most;
} Rounds;

static Rounds plan_rounds(const PairJob *job, int64_t pairs)
{
    const int64_t ROUND_BYTES = 8 << 20, LEAST = 4;
    int64_t most = ROUND_BYTES / (int64_t)pair_layout(job).record_bytes;
    int64_t largest_share = (pairs + ranks_size() - 1) / ranks_size();
    most = most < LEAST ? LEAST : most;
    most = most < largest_share ? most : largest_share;
    return (Rounds){most > 0 ? (largest_share + most - 1) / most : 0, (int)most};
}

/* Tells how much is there and what the rest will take. */
static int check_space(const char *path, const PairJob *job, int64_t missing)
{
    int64_t count = job->plan->tile_count, store = pair_store_bytes(job);
    int64_t parts = missing * (int64_t)pair_layout(job).record_bytes;
    int64_t space = file_space(path);
    if (missing < count)
        log_info("resuming: %lld of %lld pairs are there", (long long)(count - missing),
                 (long long)count);
    if (space < 0)
        return -1;
    log_info("%lld pairs: a store of %.1f MB, and %.1f MB of parts until it is whole; %.1f MB free",
             (long long)count, (double)store / 1e6, (double)parts / 1e6, (double)space / 1e6);
    if (space >= store + parts)
        return 0;
    return error_set(ERROR_FILE, "%s: needs %.1f MB, %.1f MB free", path,
                     (double)(store + parts) / 1e6, (double)space / 1e6);
}

/* Every rank makes its share of the missing pairs. -1, on every rank, if one cannot go on. */
static int make_missing(const PairJob *job, PairParts *parts)
{
    int64_t missing, total = job->plan->tile_count;
    const int64_t *indices = pair_parts_missing(parts, &missing);
    Share share = ranks_share(missing, ranks_rank(), ranks_size());
    Rounds rounds = plan_rounds(job, missing);
    uint8_t *records = memory_array((size_t)rounds.most, pair_layout(job).record_bytes);
    TileMaker *maker = tile_maker_new(job, indices + share.first, share.count);
    Progress progress = progress_begin("pairs", "pairs", total - missing, total);
    int result = 0;
    for (int64_t round = 0; result == 0 && round < rounds.count; round++) {
        int64_t done = round * rounds.most, left = share.count - done;
        int count = (int)(left < 0 ? 0 : left < rounds.most ? left : rounds.most);
        if (tile_maker_run(maker, done, count, records) == 0)
            pair_parts_append(parts, records, count);
        result = ranks_agree();
        int64_t shown = (done + rounds.most) * ranks_size();
        progress_update(&progress, total - missing + (shown < missing ? shown : missing), NULL);
    }
    if (result == 0)
        progress_end(&progress);
    tile_maker_free(maker);
    free(records);
    return result;
}

static int make_store(const char *path, const PairJob *job, PairParts *parts)
{
    int64_t missing;
    pair_parts_missing(parts, &missing);
    if (ranks_rank() == 0)
        check_space(path, job, missing);
    if (ranks_agree() != 0 || make_missing(job, parts) != 0)
        return -1;
    if (ranks_rank() == 0 && pairs_assemble(path, job, parts) == 0)
        pair_parts_remove(parts);
    return ranks_agree();
}

/* What the parts are good for after a failure: nothing if a picture is at fault, whose correction
 * makes other pairs; else the same command goes on with them. */
static void settle_failure(PairParts *parts)
{
    ErrorReport report = error_take();
    if (report.code == ERROR_FORMAT && ranks_rank() == 0)
        pair_parts_remove(parts);
    if (report.code == ERROR_INTERRUPT)
        error_set(ERROR_INTERRUPT, "interrupted; the same command resumes");
    else
        error_adopt(&report);
}

int pairs_write(const char *path, const PairJob *job)
{
    PairParts *parts = pair_parts_open(path, job);
    if (!parts)
        return -1;
    int result = make_store(path, job, parts);
    if (result != 0)
        settle_failure(parts);
    pair_parts_close(parts);
    return result;
}
