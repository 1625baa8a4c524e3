#include "data/crop.h"

#include <string.h>

enum { CHANNELS = 3 };

/* One row of the crop, `across` bytes from a source pixel to the next. */
static void copy_row(const uint8_t *from, ptrdiff_t across, int size, uint8_t *to)
{
    for (int i = 0; i < size; i++, from += across, to += CHANNELS)
        memcpy(to, from, CHANNELS);
}

void crop_copy(const uint8_t *corner, size_t stride, int size, Turn turn, uint8_t *crop)
{
    ptrdiff_t across = CHANNELS, down = (ptrdiff_t)stride, row_bytes = (ptrdiff_t)size * CHANNELS;
    if (turn.transpose) {
        across = down;
        down = CHANNELS;
    }
    if (turn.flip_x) {
        corner += (size - 1) * across;
        across = -across;
    }
    if (turn.flip_y) {
        corner += (size - 1) * down;
        down = -down;
    }
    for (int row = 0; row < size; row++, corner += down, crop += row_bytes) {
        if (across == CHANNELS)
            memcpy(crop, corner, (size_t)row_bytes);
        else
            copy_row(corner, across, size, crop);
    }
}
