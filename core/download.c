#include "core/download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/sha256.h"
#include "core/transfer.h"

/* A download under way: its PATH.part is open and locked. */
typedef struct Part {
    const Download *wanted;
    char *path;
    int file;
    int64_t have; /* bytes in it */
    bool resumed; /* some of them are an earlier attempt's */
    Progress progress;
    int64_t unit; /* bytes that progress counts as one */
} Part;

static char *part_path(const Download *d)
{
    return memory_print("%s.part", d->path);
}

/* -1 if there is no such file. */
static int64_t file_bytes(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

int64_t download_part_bytes(const Download *d)
{
    char *path = part_path(d);
    int64_t bytes = file_bytes(path);
    free(path);
    return bytes > 0 ? bytes : 0;
}

int download_state(const Download *d)
{
    uint64_t digest[4];
    char text[65];
    int64_t bytes = file_bytes(d->path);
    if (bytes < 0)
        return download_part_bytes(d) > 0 ? DOWNLOAD_PART : DOWNLOAD_MISSING;
    if (bytes != d->size)
        return DOWNLOAD_DAMAGED;
    if (sha256_file(d->path, digest) != 0)
        return -1;
    sha256_text(digest, text);
    return strcmp(text, d->sha256) == 0 ? DOWNLOAD_WHOLE : DOWNLOAD_DAMAGED;
}

static int cannot_write(const Part *p)
{
    return error_set_errno(ERROR_FILE, "%s: cannot write", p->path);
}

/* Whether the locked file is still the one of that name: the process that was waited for may have
 * renamed or removed it. */
static bool still_named(const Part *p)
{
    struct stat of_file, of_name;
    return fstat(p->file, &of_file) == 0 && stat(p->path, &of_name) == 0 &&
           of_file.st_dev == of_name.st_dev && of_file.st_ino == of_name.st_ino;
}

static int open_once(Part *p)
{
    p->file = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (p->file < 0)
        return cannot_write(p);
    if (flock(p->file, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        log_info("%s: another process fetches it, waiting", file_name(p->wanted->path));
    while (flock(p->file, LOCK_EX) != 0)
        if (errno != EINTR)
            return error_set_errno(ERROR_FILE, "%s: cannot lock", p->path);
    return 0;
}

static int open_part(Part *p)
{
    while (open_once(p) == 0) {
        if (still_named(p)) {
            p->have = file_bytes(p->path);
            return 0;
        }
        close(p->file);
    }
    return -1;
}

static int cut(Part *p)
{
    p->have = 0;
    p->resumed = false;
    return ftruncate(p->file, 0) == 0 ? 0 : cannot_write(p);
}

static int begin(void *context, int64_t from, int64_t total)
{
    Part *p = context;
    const Download *d = p->wanted;
    if (total >= 0 && total != d->size)
        return error_set(ERROR_FORMAT, "%s: has %lld bytes, not the %lld of %s", d->url,
                         (long long)total, (long long)d->size, file_name(d->path));
    if (from == 0 && p->have > 0)
        log_info("%s: the server does not send parts, from the beginning", file_name(d->path));
    if (from == 0 && cut(p) != 0)
        return -1;
    p->unit = d->size < 10000000 ? 1000 : 1000000;
    p->progress = progress_begin(file_name(d->path), p->unit == 1000 ? "kB" : "MB",
                                 p->have / p->unit, d->size / p->unit);
    return 0;
}

static int take(void *context, const void *bytes, size_t count)
{
    Part *p = context;
    const uint8_t *at = bytes;
    if ((int64_t)count > p->wanted->size - p->have)
        return error_set(ERROR_FORMAT, "%s: has more than the %lld bytes of %s", p->wanted->url,
                         (long long)p->wanted->size, file_name(p->wanted->path));
    while (count > 0) {
        ssize_t written = pwrite(p->file, at, count, (off_t)p->have);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return cannot_write(p);
        at += written;
        count -= (size_t)written;
        p->have += written;
    }
    progress_update(&p->progress, p->have / p->unit, NULL);
    return 0;
}

static int check_space(const Part *p)
{
    int64_t space = file_space(p->path), more = p->wanted->size - p->have;
    if (space < 0 || space >= more)
        return space < 0 ? -1 : 0;
    return error_set(ERROR_FILE, "%s: %.1f MB are missing, and only %.1f MB are free there",
                     p->path, (double)more / 1e6, (double)space / 1e6);
}

/* One request, for all bytes from p->have on. */
static int request_rest(Part *p, const TransferLibrary *library, long *status)
{
    const Download *d = p->wanted;
    TransferRequest request = {d->url, d->http, p->have, d->stall, p, begin, take};
    p->resumed = p->have > 0;
    return check_space(p) == 0 ? library->get(&request, status) : -1;
}

/* What is missing of the part. */
static int transfer(Part *p)
{
    enum { NO_SUCH_PART = 416 };
    const Download *d = p->wanted;
    const TransferLibrary *library = transfer_open();
    long status = 0;
    int result = library ? request_rest(p, library, &status) : -1;
    if (result != 0 && status == NO_SUCH_PART && p->have > 0) {
        error_clear();
        result = cut(p) == 0 ? request_rest(p, library, &status) : -1;
    }
    if (result == 0 && p->have < d->size)
        result = error_set(ERROR_FILE, "%s: ended after %lld of %lld bytes", d->url,
                           (long long)p->have, (long long)d->size);
    if (result == 0)
        progress_end(&p->progress);
    else if (p->have > 0)
        error_note("%s: %.4g of %.4g MB are here, and the same command goes on", file_name(d->path),
                   (double)p->have / 1e6, (double)d->size / 1e6);
    return result;
}

/* 1 if the part's hash is right, 0 if not; then `found` says what it is. */
static int check_hash(const Part *p, char found[65])
{
    uint64_t digest[4];
    if (sha256_file(p->path, digest) != 0)
        return -1;
    sha256_text(digest, found);
    return strcmp(found, p->wanted->sha256) == 0;
}

static int complete(Part *p)
{
    char found[65];
    if (p->have > p->wanted->size && cut(p) != 0)
        return -1;
    bool earlier = p->have == p->wanted->size; /* ended before its hash was looked at */
    if (!earlier && transfer(p) != 0)
        return -1;
    int right = check_hash(p, found);
    if (right == 0 && (earlier || p->resumed)) {
        log_info("%s: what an earlier attempt left does not fit, from the beginning",
                 file_name(p->wanted->path));
        right = cut(p) != 0 || transfer(p) != 0 ? -1 : check_hash(p, found);
    }
    if (right == 0) {
        p->have = 0;
        error_set(ERROR_FORMAT, "%s: from %s came a file whose SHA-256 is %s, not %s: deleted",
                  p->wanted->path, p->wanted->url, found, p->wanted->sha256);
    }
    return right == 1 ? file_publish(p->path, p->wanted->path) : -1;
}

int download(const Download *d)
{
    Part part = {.wanted = d, .path = part_path(d), .file = -1};
    int result = open_part(&part);
    int state = result == 0 ? download_state(d) : -1;
    if (state == DOWNLOAD_WHOLE)
        unlink(part.path);
    else if (state >= 0)
        result = complete(&part);
    else
        result = -1;
    if (result != 0 && state >= 0 && part.have == 0)
        unlink(part.path); /* nothing to go on from */
    if (part.file >= 0)
        close(part.file);
    free(part.path);
    return result;
}
