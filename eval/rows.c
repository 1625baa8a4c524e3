#include "eval/rows.h"

#include "core/vector.h"

enum { LANES = 8 };

static inline double join(const double lanes[LANES])
{
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

FOR_EVERY_PROCESSOR
double row_sum(const float *values, int count)
{
    double lanes[LANES] = {0}, rest = 0;
    int i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] += (double)values[i + lane];
    for (; i < count; i++)
        rest += (double)values[i];
    return join(lanes) + rest;
}

FOR_EVERY_PROCESSOR
double row_squared_error(const float *a, const float *b, int count)
{
    double lanes[LANES] = {0}, rest = 0;
    int i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            double difference = (double)a[i + lane] - (double)b[i + lane];
            lanes[lane] += difference * difference;
        }
    for (; i < count; i++) {
        double difference = (double)a[i] - (double)b[i];
        rest += difference * difference;
    }
    return join(lanes) + rest;
}
