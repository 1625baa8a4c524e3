#include "train/best.h"

#include <math.h>

#include "train/scalars.h"

const char *const CRITERION_NAMES[CRITERION_COUNT] = {"psnr", "lpips", "honest"};

static double lpips_of(const cJSON *measures)
{
    static const char *const NAMES[] = {"lpips_alex", "lpips_vgg", "lpips_squeeze"};
    double value = (double)NAN;
    for (int i = 0; i < 3 && isnan(value); i++)
        value = scalars_get(measures, NAMES[i]);
    return value;
}

/* Greater is better; NAN where it was not measured. */
static double score(const cJSON *measures, Criterion criterion)
{
    switch (criterion) {
    case BEST_PSNR:
        return scalars_get(measures, "psnr_y");
    case BEST_LPIPS:
        return -lpips_of(measures);
    case BEST_HONEST:
        return -scalars_get(measures, "hallucination") / scalars_get(measures, "detail_energy");
    case CRITERION_COUNT:
        break;
    }
    return (double)NAN;
}

unsigned best_add(Best *best, const cJSON *measures, int64_t step)
{
    unsigned better = 0;
    for (int c = 0; c < CRITERION_COUNT; c++) {
        double value = score(measures, (Criterion)c);
        unsigned bit = 1u << c;
        if (!isfinite(value) || ((best->known & bit) && value <= best->values[c]))
            continue;
        best->values[c] = value;
        best->steps[c] = step;
        best->known |= bit;
        better |= bit;
    }
    return better;
}

int best_steps(const Best *best, int64_t steps[CRITERION_COUNT])
{
    int count = 0;
    for (int c = 0; c < CRITERION_COUNT; c++) {
        int seen = 0;
        for (int i = 0; i < count; i++)
            seen |= steps[i] == best->steps[c];
        if ((best->known & 1u << c) && !seen)
            steps[count++] = best->steps[c];
    }
    return count;
}
