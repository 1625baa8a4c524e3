#include "upscale/grain/grain.h"

#include <math.h>

enum { RADIUS = 3 * 4 };

double grain_response(const Grain *g, double v)
{
    v = v > 0 ? v < 1 ? v : 1 : 0;
    return (1 - g->evenness) * 4 * v * (1 - v) + g->evenness;
}

void grain_correlation(double size, int count, double *correlation)
{
    double weights[2 * RADIUS + 1];
    int radius = (int)ceil(3 * size);
    radius = radius < RADIUS ? radius : RADIUS;
    for (int k = -radius; k <= radius; k++)
        weights[k + radius] = exp(-0.5 * k * k / (size * size));
    for (int d = 0; d < count; d++) {
        correlation[d] = 0;
        for (int k = 0; k + d <= 2 * radius; k++)
            correlation[d] += weights[k] * weights[k + d];
    }
    for (int d = count - 1; d >= 0; d--)
        correlation[d] /= correlation[0];
}
