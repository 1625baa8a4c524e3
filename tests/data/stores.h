/* Small pair stores made by hand, for the tests of reading and of batches. */
#ifndef TESTS_DATA_STORES_H
#define TESTS_DATA_STORES_H

#include <stdbool.h>

/* What is stored. Pixel (x, y) of tile t is (x, y, t) in /hr as in /lr, in their own pixels. */
typedef struct StoreSpec {
    int count, width, height, scale; /* extents of the HR tiles */
    int version;                     /* 0: the right one */
    int lr_rows;                     /* 0: as many as /hr */
    int lr_edge;                     /* 0: width / scale, else what /lr has instead */
    const char *recipe; /* NULL: {} */
    const char *sample; /* of every tile; NULL: {"x":TILE} */
    bool no_checksums;
    bool latest_format; /* of HDF5, whose chunk index is another one */
} StoreSpec;

void store_make(const char *path, const StoreSpec *spec);

/* Overwrites one byte of a file. */
void store_damage(const char *path, long offset);

#endif
