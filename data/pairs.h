/* The pair store: HDF5 with /hr [N,H,W,3] and /lr [N,h,w,3], uint8 or uint16 by depth, /sample
 * fixed-length UTF-8 JSON [N]; one tile a chunk, Fletcher32 checksums. Attributes: version, scale,
 * depth (8 or 16), seed, degradation (its name), recipe (its JSON), libraries (the codecs' names
 * and versions). */
#ifndef DATA_PAIRS_H
#define DATA_PAIRS_H

#include <stdint.h>

#include "data/picture.h"

enum { PAIRS_VERSION = 2 };

/* The degradation of a store whose pictures were paired before: its recipe is empty. */
#define PAIRS_REAL "real"

/* `unmush pairs`. Collective: starts the ranks if a launcher started this process. */
int pairs_command(int argc, char **argv);

typedef struct PairStore PairStore;

typedef struct PairInfo {
    int64_t count;
    int scale;
    int hr_width, hr_height; /* of every tile; LR is this / scale */
    int depth;               /* bits a channel, 8 or 16 */
    uint64_t seed;
    char degradation[64];
} PairInfo;

/* Opens a store for reading (version 2 only): checks the version, the shapes against each other and
 * that every chunk lies inside the file. ERROR_FILE, ERROR_FORMAT. HDF5 is not used after that. */
PairStore *pairs_open(const char *path);
void pairs_close(PairStore *store);
const PairInfo *pairs_info(const PairStore *store);
const char *pairs_path(const PairStore *store);
const char *pairs_recipe(const PairStore *store);    /* see degradation_recipe; "" of real pairs */
const char *pairs_libraries(const PairStore *store); /* that made it */

/* Reads tile `index` (its checksum is verified): hr [H,W,3], lr [h,w,3], either may be NULL; 16
 * bits are rounded to 8. May be called from several threads at once. ERROR_FILE, ERROR_FORMAT
 * (damaged).
 */
int pairs_read(const PairStore *store, int64_t index, uint8_t *hr, uint8_t *lr);

/* The same as pictures taken from the workspace, with all the bits there are. */
int pairs_read_pictures(const PairStore *store, int64_t index, Workspace *work, Picture *hr,
                        Picture *lr);

typedef enum PairSide { PAIR_HR, PAIR_LR } PairSide;

/* Reads lines first .. first+count-1 of a tile's pixels as they are stored: uint8_t, or uint16_t at
 * a depth of 16. Returns where in scratch they lie, the lines one after another; NULL on error. The
 * tile's checksum is verified when it is first read; from then on the other lines are not touched.
 *   scratch  pairs_tile_bytes bytes, aligned for uint16_t
 * May be called from several threads at once. ERROR_FILE, ERROR_FORMAT (damaged). */
void *pairs_read_lines(const PairStore *store, PairSide side, int64_t index, int first, int count,
                       void *scratch);
size_t pairs_tile_bytes(const PairStore *store); /* of an HR tile */

/* The /sample text of tile `index`: {"source":"sub/a.png","x":0,"y":0,"drawn":{...}} with the
 * picture's name below the folder given, the tile's top left pixel in it, and what the degradation
 * drew; of a real pair "lr" (the other picture's name) instead of "drawn". The caller frees it;
 * NULL on error. */
char *pairs_sample(const PairStore *store, int64_t index);

#endif
