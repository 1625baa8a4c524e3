#include "data/pairs_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"

typedef struct Header {
    uint64_t mark, digest[4], record_bytes;
} Header;

static const uint64_t MARK = UINT64_C(0x3273747261702e75); /* "u.parts2" */

/* Where a tile's record is: run << 44 | rank << 28 | record; runs count from 1, 0 is nowhere. */
enum { RECORD_BITS = 28, RANK_BITS = 16 };

struct PairParts {
    char *folder, *store;
    PairLayout layout;
    uint64_t digest[4];
    int64_t tile_count, missing_count;
    uint64_t *places; /* of every tile; as found when opened, on rank 0 then also of the missing */
    int64_t *missing;
    int lock;           /* descriptor of the folder, on rank 0; else -1 */
    int64_t run;        /* of this run's files */
    int own;            /* this rank's file; -1 before the first record */
    int reading;        /* the file read last, or -1 */
    uint64_t read_from; /* which that is: its place without the record */
};

static char *part_path(const PairParts *parts, uint64_t run, uint64_t rank)
{
    return memory_print("%s/%06llu-%05llu.part", parts->folder, (unsigned long long)run,
                        (unsigned long long)rank);
}

/* ---- Looking through what is there (rank 0) ---- */

typedef struct Scan {
    PairParts *parts;
    uint64_t *files; /* their places */
    int count, capacity;
    pthread_mutex_t lock;
} Scan;

static void list_files(Scan *scan)
{
    DIR *stream = opendir(scan->parts->folder);
    for (struct dirent *entry; stream && (entry = readdir(stream));) {
        unsigned long long run, rank;
        int end = 0;
        if (sscanf(entry->d_name, "%6llu-%5llu.part%n", &run, &rank, &end) != 2 || end == 0 ||
            entry->d_name[end] != 0)
            continue;
        memory_grow(&scan->files, scan->count, &scan->capacity, sizeof *scan->files);
        scan->files[scan->count++] =
            (uint64_t)run << (RECORD_BITS + RANK_BITS) | (uint64_t)rank << RECORD_BITS;
        if ((int64_t)run >= scan->parts->run)
            scan->parts->run = (int64_t)run + 1;
    }
    if (stream)
        closedir(stream);
}

/* 1: ours; 0: torn when it was begun; -1 with ERROR_CONFIG: another command's. */
static int check_header(const PairParts *parts, FILE *stream)
{
    Header h = {0};
    if (fread(&h, sizeof h, 1, stream) != 1 || h.mark == 0)
        return 0;
    if (h.mark == MARK && memcmp(h.digest, parts->digest, sizeof h.digest) == 0 &&
        h.record_bytes == parts->layout.record_bytes)
        return 1;
    return error_set(
        ERROR_CONFIG,
        "%s: holds what another command has made (or its pictures have changed since); "
        "finish that one, or remove the folder",
        parts->folder);
}

static int take_records(Scan *scan, FILE *stream, uint64_t file)
{
    PairParts *parts = scan->parts;
    uint8_t *record = memory_new(parts->layout.record_bytes);
    for (uint64_t i = 0; fread(record, parts->layout.record_bytes, 1, stream) == 1; i++) {
        int64_t index = pair_record_index(&parts->layout, record);
        if (interrupt_pending())
            break;
        if (index < 0 || index >= parts->tile_count)
            continue;
        pthread_mutex_lock(&scan->lock);
        parts->places[index] = file | i;
        pthread_mutex_unlock(&scan->lock);
    }
    free(record);
    return interrupt_pending() ? error_set(ERROR_INTERRUPT, "interrupted") : 0;
}

static int scan_file(void *context, int i)
{
    Scan *scan = context;
    uint64_t file = scan->files[i];
    char *path = part_path(scan->parts, file >> (RECORD_BITS + RANK_BITS),
                           file >> RECORD_BITS & ((1u << RANK_BITS) - 1));
    FILE *stream = file_open(path);
    int result = stream ? check_header(scan->parts, stream)
                        : error_set_errno(ERROR_FILE, "%s: cannot read", path);
    if (result > 0)
        result = take_records(scan, stream, file);
    if (stream)
        fclose(stream);
    free(path);
    return result < 0 ? -1 : 0;
}

static int scan_parts(PairParts *parts)
{
    Scan scan = {.parts = parts};
    pthread_mutex_init(&scan.lock, NULL);
    list_files(&scan);
    int result = threads_for(scan.count, scan_file, &scan);
    pthread_mutex_destroy(&scan.lock);
    free(scan.files);
    return result;
}

/* A killed run's processes may live a little longer than the shell's prompt tells: wait. */
static int wait_for_lock(const PairParts *parts, int folder)
{
    const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
    for (int waits = 0; flock(folder, LOCK_EX | LOCK_NB) != 0; waits++) {
        if (errno != EWOULDBLOCK)
            return 0; /* a file system without locks */
        if (waits == 30)
            return error_set(ERROR_FILE, "%s: another run is writing there", parts->folder);
        if (interrupt_pending())
            return error_set(ERROR_INTERRUPT, "interrupted");
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* Whether the folder that was opened is still the one of that name: the run that had the lock
 * before may have removed it. */
static bool is_there(const PairParts *parts, int folder)
{
    struct stat opened, named;
    return fstat(folder, &opened) == 0 && stat(parts->folder, &named) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

static int lock_folder(PairParts *parts)
{
    for (;;) {
        if (mkdir(parts->folder, 0777) != 0 && errno != EEXIST)
            return error_set_errno(ERROR_FILE, "%s: cannot make the folder", parts->folder);
        int folder = open(parts->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0 && errno != ENOENT)
            return error_set_errno(ERROR_FILE, "%s: cannot read", parts->folder);
        if (folder < 0)
            continue;
        int result = wait_for_lock(parts, folder);
        if (result == 0 && is_there(parts, folder)) {
            parts->lock = folder;
            return 0;
        }
        close(folder);
        if (result != 0)
            return -1;
    }
}

static int look_through(PairParts *parts)
{
    if (lock_folder(parts) != 0)
        return -1;
    unlink(parts->store); /* a killed run's */
    return scan_parts(parts);
}

/* ---- Making ---- */

static void list_missing(PairParts *parts)
{
    parts->missing = memory_array((size_t)parts->tile_count + 1, sizeof *parts->missing);
    for (int64_t i = 0; i < parts->tile_count; i++)
        if (parts->places[i] == 0)
            parts->missing[parts->missing_count++] = i;
}

/* The tiles still to be made will be at the places that their shares say. */
static void place_missing(PairParts *parts)
{
    for (int rank = 0; rank < ranks_size(); rank++) {
        Share share = ranks_share(parts->missing_count, rank, ranks_size());
        uint64_t file = (uint64_t)parts->run << (RECORD_BITS + RANK_BITS) | (uint64_t)rank
                                                                                << RECORD_BITS;
        for (int64_t i = 0; i < share.count; i++)
            parts->places[parts->missing[share.first + i]] = file | (uint64_t)i;
    }
}

static int share_findings(PairParts *parts)
{
    if (ranks_agree() != 0 || ranks_broadcast(&parts->run, sizeof parts->run) != 0)
        return -1;
    return ranks_broadcast(parts->places, (size_t)parts->tile_count * sizeof *parts->places);
}

PairParts *pair_parts_open(const char *path, const PairJob *job)
{
    PairParts *parts = memory_new(sizeof *parts);
    parts->folder = memory_print("%s.parts", path);
    parts->store = file_join(parts->folder, "store");
    parts->layout = pair_layout(job);
    parts->tile_count = job->plan->tile_count;
    parts->places = memory_array((size_t)parts->tile_count + 1, sizeof *parts->places);
    parts->lock = parts->own = parts->reading = -1;
    parts->run = 1;
    pair_job_digest(job, parts->digest);
    if (ranks_rank() == 0)
        look_through(parts);
    if (share_findings(parts) != 0) {
        pair_parts_close(parts);
        return NULL;
    }
    list_missing(parts);
    place_missing(parts);
    return parts;
}

void pair_parts_close(PairParts *parts)
{
    if (!parts)
        return;
    if (parts->own >= 0)
        close(parts->own);
    if (parts->reading >= 0)
        close(parts->reading);
    if (parts->lock >= 0) {
        rmdir(parts->folder);
        close(parts->lock);
    }
    free(parts->folder);
    free(parts->store);
    free(parts->places);
    free(parts->missing);
    free(parts);
}

const char *pair_parts_store(const PairParts *parts)
{
    return parts->store;
}

const int64_t *pair_parts_missing(const PairParts *parts, int64_t *count)
{
    *count = parts->missing_count;
    return parts->missing;
}

static int write_all(const PairParts *parts, const void *bytes, size_t count)
{
    for (const char *at = bytes; count > 0;) {
        ssize_t written = write(parts->own, at, count);
        if (written < 0 && (errno == ENOSPC || errno == EDQUOT))
            return error_set(ERROR_FILE,
                             "%s: the disk is full; make room, the same command goes on",
                             parts->folder);
        if (written < 0 && errno != EINTR)
            return error_set_errno(ERROR_FILE, "%s: cannot write", parts->folder);
        if (written < 0)
            continue;
        at += written;
        count -= (size_t)written;
    }
    return 0;
}

static int begin_own(PairParts *parts)
{
    char *path = part_path(parts, (uint64_t)parts->run, (uint64_t)ranks_rank());
    parts->own = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (parts->own < 0)
        error_set_errno(ERROR_FILE, "%s: cannot write", path);
    free(path);
    if (parts->own < 0)
        return -1;
    Header h = {.mark = MARK, .record_bytes = parts->layout.record_bytes};
    memcpy(h.digest, parts->digest, sizeof h.digest);
    return write_all(parts, &h, sizeof h);
}

int pair_parts_append(PairParts *parts, const uint8_t *records, int count)
{
    if (count == 0)
        return 0;
    if (parts->own < 0 && begin_own(parts) != 0)
        return -1;
    return write_all(parts, records, (size_t)count * parts->layout.record_bytes);
}

/* ---- Reading back ---- */

static int open_file_of(PairParts *parts, uint64_t place)
{
    uint64_t file = place >> RECORD_BITS;
    if (parts->reading >= 0 && parts->read_from == file)
        return 0;
    if (parts->reading >= 0)
        close(parts->reading);
    char *path = part_path(parts, file >> RANK_BITS, file & ((1u << RANK_BITS) - 1));
    parts->reading = open(path, O_RDONLY | O_CLOEXEC);
    if (parts->reading < 0)
        error_set_errno(ERROR_FILE, "%s: cannot read", path);
    parts->read_from = file;
    free(path);
    return parts->reading < 0 ? -1 : 0;
}

int pair_parts_read(PairParts *parts, int64_t index, uint8_t *record)
{
    uint64_t place = parts->places[index], number = place & ((1u << RECORD_BITS) - 1);
    size_t bytes = parts->layout.record_bytes;
    if (open_file_of(parts, place) != 0)
        return -1;
    off_t at = (off_t)(sizeof(Header) + number * bytes);
    ssize_t count = pread(parts->reading, record, bytes, at);
    if (count < 0)
        return error_set_errno(ERROR_FILE, "%s: cannot read", parts->folder);
    if (count == (ssize_t)bytes && pair_record_index(&parts->layout, record) == index)
        return 0;
    return error_set(ERROR_FILE, "%s: pair %lld is damaged; the same command makes it again",
                     parts->folder, (long long)index);
}

void pair_parts_remove(PairParts *parts)
{
    Scan scan = {.parts = parts};
    list_files(&scan);
    for (int i = 0; i < scan.count; i++) {
        char *path = part_path(parts, scan.files[i] >> (RECORD_BITS + RANK_BITS),
                               scan.files[i] >> RECORD_BITS & ((1u << RANK_BITS) - 1));
        unlink(path);
        free(path);
    }
    free(scan.files);
}
