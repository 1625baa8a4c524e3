/* Antialiased bicubic shrinking of a 1024 x 1024 RGB picture to a quarter: reads float planes from
 * PICTURE, writes what it makes to RESULT, then prints milliseconds per picture of ROUNDS rounds.
 *     bench_resample PICTURE RESULT THREADS ROUNDS
 * resample_peer.py runs it beside PyTorch and BasicSR. */
#include <stdio.h>
#include <stdlib.h>

#include "core/file.h"
#include "core/log.h"
#include "core/threads.h"
#include "data/resample.h"

enum { EDGE = 1024, SMALL = EDGE / 4 };

static void shrink(const Plane *planes, Plane *small)
{
    for (int c = 0; c < 3; c++)
        small[c] = plane_resample(&planes[c], SMALL, SMALL, KERNEL_BICUBIC);
}

int main(int argc, char **argv)
{
    size_t bytes = 0, plane_bytes = (size_t)EDGE * EDGE * sizeof(float);
    Plane planes[3], small[3];
    if (argc != 5)
        return 2;
    uint8_t *read = file_read_whole(argv[1], 3 * plane_bytes, &bytes);
    if (!read || bytes != 3 * plane_bytes)
        return 1;
    for (int c = 0; c < 3; c++)
        planes[c] = (Plane){EDGE, EDGE, (float *)(void *)(read + (size_t)c * plane_bytes)};
    threads_set(atoi(argv[3]));
    shrink(planes, small);
    FILE *result = fopen(argv[2], "wb");
    for (int c = 0; result && c < 3; c++)
        fwrite(small[c].values, sizeof(float), (size_t)SMALL * SMALL, result);
    if (!result || fclose(result) != 0)
        return 1;
    for (int round = 0; round < atoi(argv[4]); round++) {
        double began = clock_seconds();
        for (int c = 0; c < 3; c++)
            plane_free(&small[c]);
        shrink(planes, small);
        printf("%.4f\n", 1e3 * (clock_seconds() - began));
    }
    return 0;
}
