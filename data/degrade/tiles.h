/* The inner loops of convolve.c: sums of taps over tiles of results that stay in registers.
 *
 * Every result is one sum in the order of the taps, whatever the processor. */
#ifndef DATA_DEGRADE_TILES_H
#define DATA_DEGRADE_TILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/workspace.h"

/* A tile is TILE_ROWS x TILE_COLUMNS results: 12 of AVX2's 16 registers, 24 of NEON's 32. Rows are
 * turned TILE_LANES at a time. */
enum { TILE_LANES = 8, TILE_COLUMNS = 2 * TILE_LANES, TILE_ROWS = 6 };

/* A kernel as a tile reads it. Row j of the input, counted from the tile's first, weighs in result
 * row r by kernel row j - r. So weights lie column by column and upwards, with TILE_ROWS - 1 zeros
 * above and below, and the ROWS weights of one j are neighbours. */
typedef struct Taps {
    int height;             /* of the kernel */
    int stride;             /* from one column to the next */
    const float *weights;   /* columns x stride */
    const uint8_t *first;   /* the columns that input row j needs: height + ROWS - 1 of them */
    const uint8_t *columns; /* and how many */
} Taps;

/* kernel: rows of `width`, valid until the workspace is released. */
Taps taps_lay(Workspace *work, const float *kernel, int width, int height);
/* Of one column, with the weights of every j written out: for the two functions that say so. */
Taps taps_lay_column(Workspace *work, const float *kernel, int height);
/* Taps that are added up per result, the measure of time. Not of columns. */
double taps_cost(const Taps *taps);

/* At most TILE_ROWS result rows of `width` from the input rows below `from`. Of whole tiles of
 * input all is read, here and below: also what lies beyond `width` and below `rows`. */
void tiles_add(const Taps *taps, const float *from, size_t from_stride, float *to, size_t to_stride,
               int width, int rows);

/* The same with a column; TILE_ROWS rows of whole tiles are written. */
void tiles_add_column(const Taps *column, const float *from, float *to, size_t stride, int width);

/* The same with a column along rows: of TILE_COLUMNS rows that were turned, so that `count` columns
 * lie one after the other. `added`: to the sums that are there. */
void tiles_add_turned(const Taps *column, const float *from, float *to, int count, bool added);

/* TILE_COLUMNS rows of `columns` (a multiple of TILE_LANES) to columns one after the other. */
void tiles_turn(const float *from, size_t stride, int columns, float *to);
/* And back to `rows` rows of `width`, at most TILE_COLUMNS. */
void tiles_turn_back(const float *from, float *to, int width, int rows);

#endif
