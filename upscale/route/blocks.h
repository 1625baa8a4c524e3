/* What the blocks of a picture show, as counts: what routing knows of a picture is sums over its
 * blocks, so that a part of it is judged as a picture is. All in integers: every machine counts the
 * same. */
#ifndef UPSCALE_ROUTE_BLOCKS_H
#define UPSCALE_ROUTE_BLOCKS_H

#include "data/image.h"

enum { ROUTE_BLOCK = 16, ROUTE_PIXELS = ROUTE_BLOCK * ROUTE_BLOCK, ROUTE_LUMA = 64 };

typedef struct RouteBlock {
    int x, y;      /* its top left pixel */
    int equal;     /* pixels of exactly the colour of the next and of the one below */
    int edges;     /* pixels whose gradient is above 16 levels */
    int axis;      /* of these, those of nearly upright or level edges */
    int range;     /* of luma, levels */
    int toned;     /* pixels within an eighth of the range of its ends */
    int ink;       /* pixels of the rarer side of the middle tone */
    int crossings; /* of the middle tone, along rows and columns */
    int faint;   /* pixels that differ from the next or the one below by 1 to 12 levels, not more */
    int colours; /* different ones, of 16 levels a channel */
    int mean;    /* luma, levels */
    float fine,
        coarse;      /* deviation of noise at full and at half size, levels: Immerkaer, CVIU 1996 */
    float tint;      /* the same of red against green, at full size */
    float energy;    /* mean square of the gradient, squared levels */
    float coherence; /* how much of it lies in one direction, 0..1 */
} RouteBlock;

/* Luma of 0..255 times ROUTE_LUMA, BT.601 in full range as JPEG has it. */
typedef struct RouteLuma {
    int width, height;
    int16_t *values;
} RouteLuma;
RouteLuma route_luma(const Image *image);
void route_luma_free(RouteLuma *luma);

typedef struct RouteBlocks {
    RouteBlock *items;
    int count, capacity;
} RouteBlocks;

/* Adds the blocks of a part of a picture whose top left pixel lies at (x, y) of it; those at the
 * right and lower edge that are not whole, and have not two pixels beyond, are left out. */
void route_blocks_add(RouteBlocks *blocks, const Image *part, const RouteLuma *luma, int x, int y);
void route_blocks_free(RouteBlocks *blocks);

/* The quality below which 8x8 blocks were quantised, by the steps that the coefficients of the
 * lowest frequencies keep to: 1 for libjpeg's quality 50, 2 for 25, 0.5 for 75; 0 where no steps
 * show. The blocks' corner may lie anywhere. */
double route_jpeg_strength(const RouteLuma *luma);

#endif
