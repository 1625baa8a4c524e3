/* Square areas of a picture in which grain is looked for, as cosine transforms of JPEG's blocks of
 * 8 x 8 pixels: where the picture has been a JPEG, its rounding shows there. */
#ifndef UPSCALE_GRAIN_AREAS_H
#define UPSCALE_GRAIN_AREAS_H

#include "upscale/pixels.h"

enum { AREA_EDGE = 16, AREA_PARTS = 4, BLOCK_EDGE = 8, BLOCK_VALUES = BLOCK_EDGE * BLOCK_EDGE };
enum { MOST_AREAS = 4096 };

typedef struct GrainArea {
    int x, y;      /* its top left pixel */
    float tone[3]; /* mean of each channel, 0..1; three times the same of gray */
    /* Orthonormal transforms of 0.299 R + 0.587 G + 0.114 B in levels of 255, [v * 8 + u]. */
    float luma[AREA_PARTS][BLOCK_VALUES];
    /* Of 0.5643 (B - Y) and 0.7133 (R - Y): sums of squares, mean over the parts. */
    float chroma[BLOCK_VALUES];
} GrainArea;

typedef struct GrainAreas {
    GrainArea *items;
    int count;
    float steps[BLOCK_VALUES]; /* of JPEG's rounding of luma; 0: none, -1: not known */
    double floor;              /* variance of rounding to 8 or 16 bits, of luma */
} GrainAreas;

/* A block to its transform and back; `stride` of the pixels. */
void grain_block_forth(const float *pixels, int stride, float *values);
void grain_block_back(const float *values, float *pixels, int stride);

/* Areas without clipped pixels, at most MOST_AREAS of them, spread evenly. */
GrainAreas grain_areas_take(const Pixels *pixels);
void grain_areas_free(GrainAreas *areas);

#endif
