/* What decides of which class a picture is, as numbers with words. */
#ifndef UPSCALE_ROUTE_FEATURES_H
#define UPSCALE_ROUTE_FEATURES_H

#include "upscale/route/blocks.h"

typedef enum RouteFeature {
    FEATURE_EQUAL,     /* % of pixels exactly of the colour of the next and of the one below */
    FEATURE_CONTRAST,  /* % of blocks of 16x16 pixels whose luma spans 48 levels or more */
    FEATURE_CROSSINGS, /* of the middle tone, for each of these blocks */
    FEATURE_INK,       /* % of their pixels on the rarer side of it */
    FEATURE_AXIS,      /* % of edge pixels on upright or level edges */
    FEATURE_EDGES,     /* % of pixels whose gradient is above 16 levels */
    FEATURE_COLOURS,   /* different ones in a block, in the mean */
    FEATURE_PALETTE,   /* % of pixels that the 24 most frequent colours make */
    FEATURE_NOISE,     /* deviation in the flattest unclipped blocks, levels */
    FEATURE_WHITENESS, /* that deviation relative to the one at half the size */
    FEATURE_GRAIN,     /* the deviation as far as it is white */
    FEATURE_FLOOR,     /* the deviation in the flattest blocks, clipped or not */
    FEATURE_TINT,      /* of red against green in the flattest blocks */
    FEATURE_JPEG,      /* route_jpeg_strength */
    FEATURE_CALM,      /* root mean square of the gradient that a tenth of the blocks are below */
    FEATURE_MIDDLE,    /* ... that half of them are below */
    FEATURE_SMOOTH,    /* % of blocks whose gradient is below 3 levels */
    FEATURE_EVEN, /* the gradient that a quarter is below, % of the one that a quarter is above */
    FEATURE_RELATIVE, /* % of blocks whose gradient is above 6 % of how much lighter than black they
                         are */
    FEATURE_FAINT,    /* % of the pixels of contrasted blocks that differ by 1 to 12 levels */
    FEATURE_BUSY,     /* % of blocks with gradients in several directions */
    FEATURE_COHERENCE,   /* how far gradients share a direction, where there are any, % */
    FEATURE_SKIN,        /* % of the picture in colours of skin */
    FEATURE_FACE,        /* % of it that the patch of these makes that is most like a face */
    FEATURE_FACE_LIKE,   /* how like, by the following, % */
    FEATURE_FACE_FILL,   /* % of the patch's upright box that it fills */
    FEATURE_FACE_TALL,   /* height of its box for a width of 100 */
    FEATURE_FACE_EDGE,   /* % of the picture's border that it touches */
    FEATURE_FACE_WARMTH, /* red-difference of the patch, levels */
    FEATURE_FACE_SHADE,  /* deviation of its luma, levels */
    FEATURE_COUNT
} RouteFeature;

typedef struct RouteFeatures {
    double values[FEATURE_COUNT]; /* in the units above */
    int blocks;                   /* that they were measured on */
} RouteFeatures;

/* A feature as decisions take it, 0..1: a share, or v / (v + knee). */
double route_feature_scaled(const RouteFeatures *features, RouteFeature feature);
/* "24 colours make 96 % of the pixels" */
void route_feature_words(const RouteFeatures *features, RouteFeature feature, char *text,
                         size_t size);
const char *route_feature_name(RouteFeature feature);

/* Of a picture of any extents. One of more than 2^20 pixels is known by 16 parts of 256x256
 * pixels, evenly spread, and by its colours at a small size. */
RouteFeatures route_features(const Image *image);

/* Of the part of it that these blocks cover, which lie in `part`. */
RouteFeatures route_features_of_blocks(const Image *part, const RouteLuma *luma,
                                       const RouteBlocks *blocks);

/* The features of colours of skin, of the picture or of its reduced form. */
void route_skin(const Image *image, RouteFeatures *features);

#endif
