/* Which tiles of which pictures become pairs: a pure function of the files given. */
#ifndef DATA_PAIRS_PLAN_H
#define DATA_PAIRS_PLAN_H

#include <stdint.h>

#include "core/fields.h"

/* What tells whether a file is still the same. */
typedef struct FileStamp {
    int64_t bytes, modified; /* modified: in nanoseconds */
} FileStamp;

int file_stamp_take(const char *path, FileStamp *stamp); /* ERROR_FILE */

/* What follows the folder's own name in a path below it; the last component of a file given by
 * itself. */
const char *file_name_below(const char *argument, const char *path);

typedef struct PlannedPicture {
    char *path;
    char *source; /* below the argument that named it: "sub/a.png"; what /sample tells */
    int width, height;
    FileStamp stamp;
    char *lr_path, *lr_source; /* of an already paired picture; else NULL */
    FileStamp lr_stamp;
} PlannedPicture;

/* A tile: its picture, and its top left pixel in it. */
typedef struct TilePlace {
    int picture, x, y;
} TilePlace;

/* The tiles are in the order of the pictures, and in each from top to bottom and left to right. A
 * tile's position in the list is its row in the store and the number that keys what a degradation
 * draws for it. */
typedef struct PairPlan {
    PlannedPicture *pictures;
    int picture_count, tile, scale;
    TilePlace *tiles;
    int64_t tile_count;
} PairPlan;

enum { MOST_TILES = 1 << 28 };

/* What streams of RANDOM_TILE are for, their b: keeping a flat tile, an order among tiles, tiles of
 * a store. */
enum { DRAW_FLAT, DRAW_ORDER, DRAW_INDICES };

/* Lists the pictures of `arguments` (files and folders), reads their headers and lays a centred
 * grid of tile x tile HR pixels, `step` pixels apart, on each; tile is a multiple of scale.
 *   lr   folder of the pictures' LR versions, with the same stems; tiles then begin at multiples of
 *        the scale, and so does step; NULL: LR is to be made
 * ERROR_FILE, ERROR_FORMAT if a picture cannot be read, ERROR_SHAPE if pictures are smaller than a
 * tile, or do not fit their LR versions: all are counted, the first named. */
PairPlan *pair_plan_new(const StringList *arguments, int tile, int scale, int step, const char *lr);
void pair_plan_free(PairPlan *plan);

#endif
