#include "data/degrade/margins.h"

#include <string.h>

static int mirror(int index, int count)
{
    int period = count > 1 ? 2 * count - 2 : 1, i = index % period;
    i = i < 0 ? i + period : i;
    return i < count ? i : period - i;
}

static void mirror_row(float *row, int width, int before, int after)
{
    int near_left = before < width ? before : width - 1;
    int near_right = after < width ? after : width - 1;
    for (int i = 1; i <= near_left; i++)
        row[-i] = row[i];
    for (int i = 1; i <= near_right; i++)
        row[width - 1 + i] = row[width - 1 - i];
    for (int i = near_left + 1; i <= before; i++)
        row[-i] = row[mirror(-i, width)];
    for (int i = near_right + 1; i <= after; i++)
        row[width - 1 + i] = row[mirror(width - 1 + i, width)];
}

Padded plane_pad(Workspace *work, const float *from, int width, int height, Margins margins)
{
    int used = margins.left + width + margins.right;
    size_t stride = ((size_t)(used + margins.spare) + 15) / 16 * 16;
    /* Rows an even power of two apart would share few cache lines. */
    stride += stride % 64 == 0 ? 16 : 0;
    int rows = margins.top + height + margins.bottom;
    float *values = workspace_take(work, (size_t)rows * stride, sizeof *values);
    for (int y = 0; y < rows; y++) {
        float *row = values + (size_t)y * stride;
        memcpy(row + margins.left, from + (size_t)mirror(y - margins.top, height) * (size_t)width,
               (size_t)width * sizeof *row);
        mirror_row(row + margins.left, width, margins.left, margins.right);
        memset(row + used, 0, (stride - (size_t)used) * sizeof *row);
    }
    return (Padded){stride, values + (size_t)margins.top * stride + margins.left};
}
