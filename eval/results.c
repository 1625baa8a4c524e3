#include "eval/results.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/ranks.h"

Results results_new(const PictureSet *set, const MethodList *methods, int crop)
{
    Results r = {.scale = set->scale, .crop = crop, .set = set, .methods = methods};
    size_t pictures = (size_t)set->count;
    r.digests = memory_array(pictures, sizeof *r.digests);
    r.suspicions = memory_array(pictures, sizeof *r.suspicions);
    r.values = memory_array((size_t)methods->count * pictures * METRIC_COUNT, sizeof *r.values);
    for (int m = 0; m <= METRIC_HALO; m++)
        r.measured[m] = true;
    return r;
}

void results_free(Results *results)
{
    free(results->digests);
    free(results->suspicions);
    free(results->values);
    *results = (Results){0};
}

double *results_values(const Results *r, int method, int picture)
{
    return r->values + ((size_t)method * (size_t)r->set->count + (size_t)picture) * METRIC_COUNT;
}

int results_gather(Results *r)
{
    size_t pictures = (size_t)r->set->count, methods = (size_t)r->methods->count;
    /* A sum of one value and zeros is that value, bit for bit; NAN stays NAN. */
    if (ranks_sum_doubles(r->values, methods * pictures * METRIC_COUNT) != 0)
        return -1;
    double *suspicions = (double *)(void *)r->suspicions;
    if (ranks_sum_doubles(suspicions, pictures * sizeof(Suspicion) / sizeof(double)) != 0)
        return -1;
    return ranks_sum_integers((int64_t *)r->digests, pictures * 4);
}

double results_mean(const Results *r, int method, Metric metric, int *undefined)
{
    double sum = 0;
    int missing = 0;
    for (int i = 0; i < r->set->count; i++) {
        double value = results_values(r, method, i)[metric];
        if (isnan(value))
            missing++;
        else
            sum += value;
    }
    if (undefined)
        *undefined = missing;
    return missing < r->set->count ? sum / (r->set->count - missing) : NAN;
}

int metric_decimals(Metric metric)
{
    switch (metric) {
    case METRIC_PSNR_Y:
    case METRIC_PSNR_RGB:
    case METRIC_CONSISTENCY:
        return 2;
    case METRIC_SSIM_Y:
    case METRIC_LPIPS_ALEX:
    case METRIC_LPIPS_VGG:
    case METRIC_LPIPS_SQUEEZE:
        return 4;
    case METRIC_DETAIL_ENERGY:
    case METRIC_RECOVERED:
    case METRIC_SMOOTHING:
    case METRIC_SHARPENING:
    case METRIC_HALLUCINATION:
    case METRIC_FALSE_TEXTURE:
    case METRIC_HALO:
    case METRIC_COUNT:
        break;
    }
    return 3;
}

const char *metric_unit(Metric metric)
{
    if (metric == METRIC_PSNR_Y || metric == METRIC_PSNR_RGB || metric == METRIC_CONSISTENCY)
        return "dB";
    return metric == METRIC_FALSE_TEXTURE || metric == METRIC_HALO ? "levels" : "";
}
