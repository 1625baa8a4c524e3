/* Square crops of 8-bit RGB, turned. */
#ifndef DATA_CROP_H
#define DATA_CROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First transposed, then flipped. */
typedef struct Turn {
    bool flip_x, flip_y, transpose;
} Turn;

/* Copies size x size pixels, turned.
 *   corner  the top left pixel
 *   stride  bytes from a row to the next
 *   crop    [size,size,3] */
void crop_copy(const uint8_t *corner, size_t stride, int size, Turn turn, uint8_t *crop);

#endif
