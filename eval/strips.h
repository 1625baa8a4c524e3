/* Crops of a few pictures for the report: LR, every method and the truth around the place with the
 * most detail. */
#ifndef EVAL_STRIPS_H
#define EVAL_STRIPS_H

#include "eval/metrics.h"
#include "eval/pictures.h"

enum { STRIPS_MOST = 4, STRIP_PIXELS = 64 };

/* One picture's crops, all of the same extents. */
typedef struct Strip {
    int picture;             /* its index in the set */
    int x, y, width, height; /* where, in HR pixels; multiples of the scale */
    float *pixels;           /* [tile][height][width][3], 0..255 */
} Strip;

typedef struct Strips {
    int count,
        tiles; /* tiles: LR enlarged by pixel repetition, methods + 1 others, the truth last */
    Strip items[STRIPS_MOST];
} Strips;

/* Chooses up to STRIPS_MOST pictures spread over the set; tiles are empty. */
Strips strips_new(const PictureSet *set, int methods);
void strips_free(Strips *strips);

/* Takes the crops of picture `index` if it is one of the chosen. sr: one per method. */
void strips_take(Strips *strips, int index, const PicturePair *picture, const Reference *reference,
                 const Image *sr);

/* Collective: as results_gather. */
int strips_gather(Strips *strips);

/* One tile as a picture; free with image_free. */
Image strip_tile(const Strip *strip, int tile);

#endif
