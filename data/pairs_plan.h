/* Which tiles of which pictures become pairs: a pure function of the files given. */
#ifndef DATA_PAIRS_PLAN_H
#define DATA_PAIRS_PLAN_H

#include <stdint.h>

#include "core/fields.h"

typedef struct PlannedPicture {
    char *path;
    char *source; /* below the argument that named it: "sub/a.png"; what /sample tells */
    int width, height;
    int across, down; /* tiles */
    int64_t first;    /* index of its first tile */
} PlannedPicture;

typedef struct PairPlan {
    PlannedPicture *pictures;
    int picture_count, tile, scale;
    int64_t tile_count;
} PairPlan;

/* Lists the pictures of `arguments` (files and folders), reads their headers and lays a centred
 * grid of tile x tile HR pixels on each; tile is a multiple of scale. ERROR_FILE, ERROR_FORMAT if a
 * picture cannot be read, ERROR_SHAPE if pictures are smaller than a tile: all are counted, the
 * first named. */
PairPlan *pair_plan_new(const StringList *arguments, int tile, int scale);
void pair_plan_free(PairPlan *plan);

/* The picture of tile `index`, and the tile's top left pixel in it. */
typedef struct TilePlace {
    int picture, x, y;
} TilePlace;
TilePlace pair_plan_tile(const PairPlan *plan, int64_t index);

#endif
