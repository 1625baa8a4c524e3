/* An open pair store as pairs_read.c and pairs_rows.c see it. */
#ifndef DATA_PAIRS_STORE_H
#define DATA_PAIRS_STORE_H

#include <stdatomic.h>

#include "data/pairs.h"

/* One of the three datasets: where its rows lie, each `bytes` long and followed by a checksum.
 * `verified` has a bit for each row whose checksum was found right. */
typedef struct Rows {
    const char *name;
    uint64_t *addresses;
    size_t bytes;
    atomic_uint *verified;
} Rows;

struct PairStore {
    char *path;
    int file;
    PairInfo info;
    char *recipe, *libraries;
    Rows hr, lr, sample;
};

#endif
