#include "data/degrade/tiles.h"

#include <string.h>

#include "data/degrade/tiles_table.h"

enum { ROWS = TILE_ROWS };

Taps taps_lay(Workspace *work, const float *kernel, int width, int height)
{
    int stride = height + 2 * (ROWS - 1), rows = height + ROWS - 1;
    float *weights = workspace_take(work, (size_t)(width * stride), sizeof *weights);
    memset(weights, 0, (size_t)(width * stride) * sizeof *weights);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            weights[x * stride + height + ROWS - 2 - y] = kernel[y * width + x];
    uint8_t *first = workspace_take(work, (size_t)rows, 1);
    uint8_t *columns = workspace_take(work, (size_t)rows, 1);
    for (int j = 0; j < rows; j++) {
        int low = width, high = 0;
        for (int y = j < ROWS ? 0 : j - ROWS + 1; y <= j && y < height; y++)
            for (int x = 0; x < width; x++)
                if (kernel[y * width + x] != 0) {
                    low = x < low ? x : low;
                    high = x >= high ? x + 1 : high;
                }
        first[j] = (uint8_t)(low < high ? low : 0);
        columns[j] = (uint8_t)(low < high ? high - low : 0);
    }
    return (Taps){height, stride, weights, first, columns};
}

Taps taps_lay_column(Workspace *work, const float *kernel, int height)
{
    int rows = height + ROWS - 1;
    float *weights = workspace_take(work, (size_t)(rows * ROWS), sizeof *weights);
    for (int j = 0; j < rows; j++)
        for (int r = 0; r < ROWS; r++)
            weights[j * ROWS + r] = j - r >= 0 && j - r < height ? kernel[j - r] : 0;
    return (Taps){.height = height, .weights = weights};
}

double taps_cost(const Taps *taps)
{
    int cost = 0;
    for (int j = 0; j < taps->height + ROWS - 1; j++) {
        int before = j < ROWS - 1 ? ROWS - 1 - j : 0;
        int after = j >= taps->height ? j - taps->height + 1 : 0;
        cost += taps->columns[j] * (before > after ? ROWS - before : ROWS - after);
    }
    return (double)cost / ROWS;
}

static const TileLoops *loops(void)
{
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
    if (__builtin_cpu_supports("avx2"))
        return &TILE_LOOPS_WIDE;
#endif
    return &TILE_LOOPS_NARROW;
}

void tiles_add(const Taps *taps, const float *from, size_t from_stride, float *to, size_t to_stride,
               int width, int rows)
{
    loops()->add(taps, from, from_stride, to, to_stride, width, rows);
}

void tiles_add_column(const Taps *column, const float *from, float *to, size_t stride, int width)
{
    loops()->add_column(column, from, to, stride, width);
}

void tiles_add_turned(const Taps *column, const float *from, float *to, int count, bool added)
{
    loops()->add_turned(column, from, to, count, added);
}

void tiles_turn(const float *from, size_t stride, int columns, float *to)
{
    loops()->turn(from, stride, columns, to);
}

void tiles_turn_back(const float *from, float *to, int width, int rows)
{
    loops()->turn_back(from, to, width, rows);
}
