/* Files from the network that appear whole and with the right hash, or not at all. */
#ifndef CORE_DOWNLOAD_H
#define CORE_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Download {
    const char *url;    /* https:// */
    const char *path;   /* its folder exists */
    int64_t size;       /* bytes that it must have */
    const char *sha256; /* what its content must have: 64 hexadecimal digits, lower case */
    bool http;          /* http:// will do, too */
    double stall;       /* s without next to any bytes after which it is given up, at least 1 */
} Download;

/* What lies at `path`, looking at every byte of it. */
typedef enum DownloadState {
    DOWNLOAD_MISSING,
    DOWNLOAD_PART,    /* what an earlier attempt fetched lies beside it */
    DOWNLOAD_DAMAGED, /* another size or hash than it must have */
    DOWNLOAD_WHOLE,
    DOWNLOAD_STATES
} DownloadState;
/* -1 with ERROR_FILE if it cannot be read. */
int download_state(const Download *download);

/* Bytes that an earlier attempt fetched into PATH.part; 0 if there are none. */
int64_t download_part_bytes(const Download *download);

/* Fetches the file into PATH.part, showing progress, and renames that once its size and hash are
 * right; a file at PATH that is right already stays, another is replaced. Begins where an earlier
 * attempt ended, if the server sends parts, from the first byte otherwise, or if what was put
 * together so has the wrong hash. Another process that fetches the same is waited for, and its file
 * taken. What has arrived stays for the next attempt unless it is known to be wrong. ERROR_FILE;
 * ERROR_FORMAT naming both hashes. */
int download(const Download *download);

#endif
