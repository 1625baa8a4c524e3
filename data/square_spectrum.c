#include "data/square_spectrum.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"

enum { LENGTH = SQUARE_LENGTH, MOST_PIECES = 8 };

/* Adds |A + iB|^2 of two real pieces, [u * LENGTH + v]: made even, it is |A|^2 + |B|^2. */
FOR_EVERY_PROCESSOR
static void add_power(const float *re, const float *im, float *power)
{
    for (int i = 0; i < PIECE_PIXELS; i++)
        power[i] += re[i] * re[i] + im[i] * im[i];
}

/* Sums of the pieces' powers, taken by twos; how many were taken. */
static int sum_powers(const Plane *plane, float *sum)
{
    Pieces *pieces = pieces_new();
    int across = pieces_along(plane->width, MOST_PIECES);
    int down = pieces_along(plane->height, MOST_PIECES), count = across * down;
    for (int i = 0; i < count; i += 2) {
        const float *re, *im;
        for (int k = 0; k < 2; k++) {
            int at = i + k < count ? i + k : i;
            pieces_take(pieces, plane, piece_start(plane->width, across, at % across),
                        piece_start(plane->height, down, at / across), k == 1);
        }
        pieces_transform(pieces, &re, &im);
        add_power(re, im, sum);
    }
    pieces_free(pieces);
    return (count + 1) / 2 * 2;
}

void plane_square_spectrum(const Plane *plane, float *power)
{
    float *sum = memory_array(PIECE_PIXELS, sizeof *sum);
    float share = 1.0f / (float)(2 * PIECE_PIXELS * sum_powers(plane, sum));
    for (int v = 0; v < LENGTH; v++)
        for (int u = 0; u < LENGTH; u++)
            power[v * LENGTH + u] =
                share *
                (sum[u * LENGTH + v] + sum[(LENGTH - u) % LENGTH * LENGTH + (LENGTH - v) % LENGTH]);
    free(sum);
}
