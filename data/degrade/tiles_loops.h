/* The loops of tiles.c for vectors of LANES floats, as the table TILE_LOOPS: both are defined by
 * the file that includes this one. */
#include <string.h>

#include "data/degrade/tiles_table.h"

enum { BLOCK = TILE_COLUMNS, ROWS = TILE_ROWS, VECTORS = BLOCK / LANES };

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef float LooseLanes
    __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

/* A macro: functions that return such vectors have another ABI on every processor. */
#define LOAD(from)      (*(const LooseLanes *)(from))
#define STORE(to, from) (*(LooseLanes *)(to) = (from))

/* One input row's part in the result rows low..high of a tile. */
static inline __attribute__((always_inline)) void add_row(Lanes sums[ROWS][VECTORS],
                                                          const float *from, const float *weights,
                                                          int stride, int columns, int low,
                                                          int high)
{
    for (int x = 0; x < columns; x++) {
        Lanes values[VECTORS];
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++)
            values[i] = LOAD(from + x + i * LANES);
#pragma GCC unroll 6
        for (int r = low; r <= high; r++)
#pragma GCC unroll 4
            for (int i = 0; i < VECTORS; i++)
                sums[r][i] += values[i] * weights[r];
        weights += stride;
    }
}

static inline __attribute__((always_inline)) void store(const Lanes sums[ROWS][VECTORS], float *to,
                                                        size_t stride, int width, int rows)
{
    float block[BLOCK];
    for (int r = 0; r < rows; r++) {
        if (width >= BLOCK) {
#pragma GCC unroll 4
            for (int i = 0; i < VECTORS; i++)
                STORE(to + (size_t)r * stride + i * LANES, sums[r][i]);
            continue;
        }
        memcpy(block, sums[r], sizeof block);
        memcpy(to + (size_t)r * stride, block, (size_t)width * sizeof *to);
    }
}

/* The first and last input rows weigh in some of a tile's rows only. */
static inline __attribute__((always_inline)) void
add_tile(Lanes sums[ROWS][VECTORS], const Taps *taps, const float *from, size_t stride)
{
#define ADD_ROW(low, high)                                                                         \
    add_row(sums, at, weights, taps->stride, taps->columns[j], low, high);                         \
    break
    for (int j = 0; j < taps->height + ROWS - 1; j++) {
        const float *at = from + (size_t)j * stride + taps->first[j];
        const float *weights =
            taps->weights + taps->first[j] * taps->stride + taps->height + ROWS - 2 - j;
        switch (j < ROWS - 1 ? j - ROWS + 1 : j < taps->height ? 0 : j - taps->height + 1) {
        case -5:
            ADD_ROW(0, 0);
        case -4:
            ADD_ROW(0, 1);
        case -3:
            ADD_ROW(0, 2);
        case -2:
            ADD_ROW(0, 3);
        case -1:
            ADD_ROW(0, 4);
        case 0:
            ADD_ROW(0, 5);
        case 1:
            ADD_ROW(1, 5);
        case 2:
            ADD_ROW(2, 5);
        case 3:
            ADD_ROW(3, 5);
        case 4:
            ADD_ROW(4, 5);
        default:
            ADD_ROW(5, 5);
        }
    }
#undef ADD_ROW
}

/* The same with a column. */
static inline __attribute__((always_inline)) void
add_column(Lanes sums[ROWS][VECTORS], const Taps *taps, const float *from, size_t stride)
{
    int last = taps->height + ROWS - 1, j = 0;
#define ADD_ROW(low, high)                                                                         \
    add_row(sums, from + (size_t)j * stride, taps->weights + j * ROWS, 0, 1, low, high)
    if (taps->height >= ROWS) {
#pragma GCC unroll 5
        for (; j < ROWS - 1; j++)
            ADD_ROW(0, j);
        last -= ROWS - 1;
    }
    for (; j < last; j++)
        ADD_ROW(0, ROWS - 1);
    if (taps->height >= ROWS)
#pragma GCC unroll 5
        for (int low = 1; low < ROWS; low++, j++)
            ADD_ROW(low, ROWS - 1);
#undef ADD_ROW
}

/* This and the next are unrolled loops because memset and memcpy would keep the sums in memory. */
static inline __attribute__((always_inline)) void clear(Lanes sums[ROWS][VECTORS])
{
#pragma GCC unroll 6
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++)
            sums[r][i] = (Lanes){0};
}

static inline __attribute__((always_inline)) void store_whole(const Lanes sums[ROWS][VECTORS],
                                                              float *to, size_t stride)
{
#pragma GCC unroll 6
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++)
            STORE(to + (size_t)r * stride + i * LANES, sums[r][i]);
}

FOR_EVERY_PROCESSOR
static void add_tiles(const Taps *taps, const float *from, size_t from_stride, float *to,
                      size_t to_stride, int width, int rows)
{
    for (int x = 0; x < width; x += BLOCK) {
        Lanes sums[ROWS][VECTORS];
        clear(sums);
        add_tile(sums, taps, from + x, from_stride);
        store(sums, to + x, to_stride, width - x, rows);
    }
}

FOR_EVERY_PROCESSOR
static void add_columns(const Taps *column, const float *from, float *to, size_t stride, int width)
{
    for (int x = 0; x < width; x += BLOCK) {
        Lanes sums[ROWS][VECTORS];
        clear(sums);
        add_column(sums, column, from + x, stride);
        store_whole(sums, to + x, stride);
    }
}

FOR_EVERY_PROCESSOR
static void add_turned(const Taps *column, const float *from, float *to, int count, bool added)
{
    for (int x = 0; x < count; x += ROWS) {
        float *at = to + x * BLOCK;
        Lanes sums[ROWS][VECTORS];
        clear(sums);
        if (added)
#pragma GCC unroll 6
            for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 4
                for (int i = 0; i < VECTORS; i++)
                    sums[r][i] = LOAD(at + r * BLOCK + i * LANES);
        add_column(sums, column, from + x * BLOCK, BLOCK);
        store_whole(sums, at, BLOCK);
    }
}

#if LANES == 8
#define SHUFFLE_EVEN(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define SHUFFLE_ODD(a, b)  __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#define SHUFFLE_LOW(a, b)  __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define SHUFFLE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#else
#define SHUFFLE_EVEN(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define SHUFFLE_ODD(a, b)  __builtin_shufflevector(a, b, 1, 5, 3, 7)
#define SHUFFLE_LOW(a, b)  __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define SHUFFLE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#endif

/* LANES x LANES values with rows and columns exchanged. */
static inline __attribute__((always_inline)) void turn(const float *from, size_t from_stride,
                                                       float *to, size_t to_stride)
{
    Lanes a[LANES], b[LANES];
#pragma GCC unroll 8
    for (int i = 0; i < LANES; i++)
        a[i] = LOAD(from + (size_t)i * from_stride);
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i += 2) {
        b[i] = SHUFFLE_EVEN(a[i], a[i + 1]);
        b[i + 1] = SHUFFLE_ODD(a[i], a[i + 1]);
    }
#pragma GCC unroll 4
    for (int k = 0; k < LANES / 2; k++) {
        int i = k + (k & 2);
        a[i] = SHUFFLE_LOW(b[i], b[i + 2]);
        a[i + 2] = SHUFFLE_HIGH(b[i], b[i + 2]);
    }
#if LANES == 8
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        b[i] = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        a[i + 4] = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
        a[i] = b[i];
    }
#endif
#pragma GCC unroll 8
    for (int i = 0; i < LANES; i++)
        STORE(to + (size_t)i * to_stride, a[i]);
}

FOR_EVERY_PROCESSOR
static void turn_rows(const float *from, size_t stride, int columns, float *to)
{
    for (int x = 0; x < columns; x += LANES)
        for (int y = 0; y < BLOCK; y += LANES)
            turn(from + (size_t)y * stride + x, stride, to + x * BLOCK + y, BLOCK);
}

FOR_EVERY_PROCESSOR
static void turn_back(const float *from, float *to, int width, int rows)
{
    float block[LANES * LANES];
    for (int x = 0; x < width; x += LANES)
        for (int y = 0; y < rows; y += LANES) {
            float *at = to + (size_t)y * (size_t)width + x;
            if (width - x >= LANES && rows - y >= LANES) {
                turn(from + x * BLOCK + y, BLOCK, at, (size_t)width);
                continue;
            }
            turn(from + x * BLOCK + y, BLOCK, block, LANES);
            size_t kept = (size_t)(width - x < LANES ? width - x : LANES);
            for (int i = 0; i < LANES && y + i < rows; i++)
                memcpy(at + (size_t)i * (size_t)width, block + i * LANES, kept * sizeof *at);
        }
}

const TileLoops TILE_LOOPS = {add_tiles, add_columns, add_turned, turn_rows, turn_back};
