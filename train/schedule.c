#include "train/schedule.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

static double cosine(const StageConfig *stage, double done)
{
    double cycles = stage->cycles > 1 ? (double)stage->cycles : 1, whole;
    return stage->last + (1 - stage->last) * 0.5 * (1 + cos(PI * modf(done * cycles, &whole)));
}

static double cuts(const StageConfig *stage, int64_t step)
{
    double factor = 1;
    for (int i = 0; i < stage->milestones.count; i++)
        if ((double)step >= stage->milestones.items[i])
            factor *= stage->gamma;
    return factor;
}

double schedule_factor(const StageConfig *stage, int64_t step)
{
    int64_t warmup = stage->warmup < stage->steps / 2 ? stage->warmup : stage->steps / 2;
    if (step < warmup)
        return (double)(step + 1) / (double)(warmup + 1);
    switch ((ScheduleKind)stage->schedule) {
    case SCHEDULE_CONSTANT:
        return 1;
    case SCHEDULE_COSINE:
        return cosine(stage, (double)(step - warmup) / (double)(stage->steps - warmup));
    case SCHEDULE_MULTI_STEP:
        return cuts(stage, step);
    }
    return 1;
}

double schedule_average_decay(const StageConfig *stage, int64_t step)
{
    return fmin(stage->average, (double)(step + 1) / (double)(step + 10));
}

double schedule_free_factor(const StageConfig *stage, int64_t step)
{
    return schedule_factor(stage, step) * sqrt(1 - pow(stage->beta2, (double)(step + 1)));
}

double schedule_mean_weight(ScheduleMean *mean, const StageConfig *stage, int64_t step)
{
    if (mean->next != step)
        *mean = (ScheduleMean){0};
    for (; mean->next <= step; mean->next++) {
        mean->largest = fmax(mean->largest, schedule_free_factor(stage, mean->next));
        mean->sum += mean->largest * mean->largest;
    }
    return mean->largest * mean->largest / mean->sum;
}
