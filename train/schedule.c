#include "train/schedule.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

double schedule_factor(const StageConfig *stage, int64_t step)
{
    int64_t warmup = stage->warmup < stage->steps / 2 ? stage->warmup : stage->steps / 2;
    if (step < warmup)
        return (double)(step + 1) / (double)(warmup + 1);
    if (stage->schedule == SCHEDULE_CONSTANT)
        return 1;
    double done = (double)(step - warmup) / (double)(stage->steps - warmup);
    return 0.5 * (1 + cos(PI * done));
}

double schedule_average_decay(const StageConfig *stage, int64_t step)
{
    return fmin(stage->average, (double)(step + 1) / (double)(step + 10));
}
