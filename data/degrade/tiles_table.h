/* The loops behind tiles.h for one width of vectors; results are the same bits. */
#ifndef DATA_DEGRADE_TILES_TABLE_H
#define DATA_DEGRADE_TILES_TABLE_H

#include "data/degrade/tiles.h"

typedef struct TileLoops {
    void (*add)(const Taps *taps, const float *from, size_t from_stride, float *to,
                size_t to_stride, int width, int rows);
    void (*add_column)(const Taps *column, const float *from, float *to, size_t stride, int width);
    void (*add_turned)(const Taps *column, const float *from, float *to, int count, bool added);
    void (*turn)(const float *from, size_t stride, int columns, float *to);
    void (*turn_back)(const float *from, float *to, int width, int rows);
} TileLoops;

extern const TileLoops TILE_LOOPS_WIDE, TILE_LOOPS_NARROW;

#endif
