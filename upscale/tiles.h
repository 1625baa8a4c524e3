/* How a picture is cut into tiles: along each axis an inner part that is kept, and around it an
 * outer one that the network sees. */
#ifndef UPSCALE_TILES_H
#define UPSCALE_TILES_H

/* What an axis of the tiles has to keep to, in input pixels. */
typedef struct TileRule {
    int overlap;   /* input pixels that count around an output pixel */
    int multiple;  /* the outer part is a multiple of it */
    int alignment; /* and begins at a multiple of it */
    int fixed;     /* the only extent that the network takes; 0: any */
} TileRule;

typedef struct TileSpan {
    int inner, inner_end; /* in the picture */
    int outer, outer_end; /* outer_end may go beyond the picture, see pixels_to_plane */
} TileSpan;

/* The extent of inner parts nearest to `wanted` (at least 1) that the rule allows: at least 1. */
int tile_extent(const TileRule *rule, int wanted);

/* The tile of `tile` pixels (tile_extent) that begins at `at`, of a picture of `extent`. */
TileSpan tile_span(const TileRule *rule, int at, int tile, int extent);

#endif
