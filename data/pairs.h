/* The pair store: HDF5 with /hr uint8 [N,H,W,3], /lr uint8 [N,h,w,3], /sample fixed-length UTF-8
 * JSON [N]; attributes version, scale, seed, degradation; one tile a chunk, Fletcher32 checksums.
 */
#ifndef DATA_PAIRS_H
#define DATA_PAIRS_H

#include <stdint.h>

enum { PAIRS_VERSION = 1 };

/* `unmush pairs`. Collective: starts the ranks if a launcher started this process. */
int pairs_command(int argc, char **argv);

typedef struct PairStore PairStore;

typedef struct PairInfo {
    int64_t count;
    int scale;
    int hr_width, hr_height; /* of every tile; LR is this / scale */
    uint64_t seed;
    char degradation[64];
} PairInfo;

/* Opens a store for reading: checks the version, the shapes against each other and that every chunk
 * lies inside the file. ERROR_FILE, ERROR_FORMAT. HDF5 is not used after that. */
PairStore *pairs_open(const char *path);
void pairs_close(PairStore *store);
const PairInfo *pairs_info(const PairStore *store);
const char *pairs_path(const PairStore *store);

/* Reads tile `index` (its checksum is verified): hr [H,W,3], lr [h,w,3], either may be NULL. May be
 * called from several threads at once. ERROR_FILE, ERROR_FORMAT (damaged). */
int pairs_read(const PairStore *store, int64_t index, uint8_t *hr, uint8_t *lr);

/* The /sample text of tile `index`: {"source":"sub/a.png","x":0,"y":0,"drawn":{...}} with the
 * picture's name below the folder given, the tile's top left pixel in it, and what the degradation
 * drew. The caller frees it; NULL on error. */
char *pairs_sample(const PairStore *store, int64_t index);

#endif
