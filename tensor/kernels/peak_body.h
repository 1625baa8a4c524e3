/* Included with LANES and RUN: vectors of that many floats, and the function's name. As many sums
 * as hide the latency of a multiply-add. */
#include "tensor/kernels/peak.h"

enum { PEAK_SUMS = 12 };
typedef float PeakVector __attribute__((vector_size(LANES * sizeof(float))));

float RUN(long rounds, double *values)
{
    PeakVector sums[PEAK_SUMS], factor, summand;
    for (int lane = 0; lane < LANES; lane++) {
        factor[lane] = 0.999f;
        summand[lane] = 0.001f * (float)lane;
        for (int i = 0; i < PEAK_SUMS; i++)
            sums[i][lane] = (float)i;
    }
    for (long round = 0; round < rounds; round++)
#pragma GCC unroll 12
        for (int i = 0; i < PEAK_SUMS; i++)
            sums[i] = sums[i] * factor + summand;
    float total = 0;
    for (int i = 0; i < PEAK_SUMS; i++)
        for (int lane = 0; lane < LANES; lane++)
            total += sums[i][lane];
    *values = (double)rounds * PEAK_SUMS * LANES;
    return total;
}
