#include "eval/neighbourhood.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"

FOR_EVERY_PROCESSOR
static void least_of(float *restrict least, const float *other, int count)
{
    for (int x = 0; x < count; x++)
        least[x] = other[x] < least[x] ? other[x] : least[x];
}

FOR_EVERY_PROCESSOR
static void greatest_of(float *restrict greatest, const float *other, int count)
{
    for (int x = 0; x < count; x++)
        greatest[x] = other[x] > greatest[x] ? other[x] : greatest[x];
}

/* The extremes down the columns of rows y - radius .. y + radius, with the end values repeated
 * `radius` times on both sides, ready for the pass across. */
static void column_extremes(const Plane *p, int y, int radius, float *least, float *greatest)
{
    size_t width = (size_t)p->width;
    int first = y > radius ? y - radius : 0;
    int last = y + radius < p->height ? y + radius : p->height - 1;
    memcpy(least + radius, p->values + (size_t)first * width, width * sizeof *least);
    memcpy(greatest + radius, p->values + (size_t)first * width, width * sizeof *greatest);
    for (int row = first + 1; row <= last; row++) {
        least_of(least + radius, p->values + (size_t)row * width, p->width);
        greatest_of(greatest + radius, p->values + (size_t)row * width, p->width);
    }
    for (int i = 0; i < radius; i++) {
        least[i] = least[radius];
        greatest[i] = greatest[radius];
        least[p->width + radius + i] = least[p->width + radius - 1];
        greatest[p->width + radius + i] = greatest[p->width + radius - 1];
    }
}

void neighbourhood_range(const Plane *plane, int radius, Plane *least, Plane *greatest)
{
    size_t width = (size_t)plane->width, padded = width + 2 * (size_t)radius;
    float *low = memory_array(padded, sizeof *low), *high = memory_array(padded, sizeof *high);
    *least = plane_new(plane->width, plane->height);
    *greatest = plane_new(plane->width, plane->height);
    for (int y = 0; y < plane->height; y++) {
        column_extremes(plane, y, radius, low, high);
        float *l = least->values + (size_t)y * width, *g = greatest->values + (size_t)y * width;
        memcpy(l, low, width * sizeof *l);
        memcpy(g, high, width * sizeof *g);
        for (int k = 1; k <= 2 * radius; k++) {
            least_of(l, low + k, plane->width);
            greatest_of(g, high + k, plane->width);
        }
    }
    free(low);
    free(high);
}

double neighbourhood_excess(const Plane *plane, const Plane *least, const Plane *greatest,
                            float span, int crop)
{
    double sum = 0, count = 0;
    for (int y = crop; y < plane->height - crop; y++) {
        size_t row = (size_t)y * (size_t)plane->width;
        for (size_t i = row + (size_t)crop; i < row + (size_t)(plane->width - crop); i++) {
            if (!(greatest->values[i] - least->values[i] > span))
                continue;
            double above = (double)plane->values[i] - (double)greatest->values[i];
            double below = (double)least->values[i] - (double)plane->values[i];
            sum += above > 0 ? above : below > 0 ? below : 0;
            count += 1;
        }
    }
    return count > 0 ? sum / count : NAN;
}
