/* Pictures that the report shows as they were judged: of some pictures of a set the same window of
 * the input, of several methods and of the truth. How many, and how large, is bounded in bytes;
 * nothing depends on the number of ranks. */
#ifndef EVAL_GALLERY_H
#define EVAL_GALLERY_H

#include "eval/packed.h"
#include "eval/pictures.h"
#include "eval/window.h"

/* What a tile shows, where it is not the index of a method. */
enum { TILE_INPUT = -1, TILE_TRUTH = -2 };

typedef struct Shot {
    int picture;   /* its index in the set */
    Window window; /* where; around the most detail where it is not all */
    Window focus;  /* inside of it, small, around the most detail */
    size_t share;  /* bytes that its tiles may take together */
    Packed *tiles; /* the input's in its own pixels; of rank 0 once gathered */
} Shot;

typedef struct Gallery {
    int count, tiles, scale;
    int *sources; /* per tile */
    Shot *shots;
} Gallery;

/* As many pictures, spread evenly over the set, as should fit into `bytes`: at least one, at most
 * `most`. No window has a side of more than `side` pixels.
 *   sources, tiles   what to show of each; copied */
Gallery gallery_new(const PictureSet *set, const int *sources, int tiles, size_t bytes, int most,
                    int side);
void gallery_free(Gallery *gallery);

/* Keeps picture `index` if it is one of the chosen.
 *   energy  where there is detail; of the extents of sr
 *   sr      one per method */
int gallery_take(Gallery *gallery, int index, const PicturePair *picture, const Plane *energy,
                 const Image *sr);

/* Collective: brings all to rank 0. */
int gallery_gather(Gallery *gallery);

#endif
