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
    r.shares = memory_array(pictures, sizeof *r.shares);
    r.measurements = memory_array((size_t)methods->count * pictures, sizeof *r.measurements);
    r.bootstrap = bootstrap_new(set->count);
    for (Metric m = 0; m < METRIC_COUNT; m++)
        r.measured[m] = set->input_only
                            ? METRICS[m].needs == NEEDS_INPUT
                            : METRICS[m].needs == NEEDS_TRUTH || METRICS[m].needs == NEEDS_FULL;
    return r;
}

void results_free(Results *results)
{
    free(results->digests);
    free(results->suspicions);
    free(results->shares);
    free(results->measurements);
    bootstrap_free(results->bootstrap);
    *results = (Results){0};
}

SuspectUse results_use(const Results *r)
{
    return r->set->input_only ? SUSPECT_INPUT : SUSPECT_TRUTH;
}

Measurement *results_at(const Results *r, int method, int picture)
{
    return r->measurements + (size_t)method * (size_t)r->set->count + picture;
}

double *results_values(const Results *r, int method, int picture)
{
    return results_at(r, method, picture)->values;
}

static int gather(void *numbers, size_t bytes)
{
    return ranks_sum_doubles(numbers, bytes / sizeof(double));
}

int results_gather(Results *r)
{
    size_t pictures = (size_t)r->set->count, methods = (size_t)r->methods->count;
    /* A sum of one value and zeros is that value, bit for bit; NAN stays NAN. */
    if (gather(r->measurements, methods * pictures * sizeof *r->measurements) != 0 ||
        gather(r->suspicions, pictures * sizeof *r->suspicions) != 0 ||
        gather(r->shares, pictures * sizeof *r->shares) != 0)
        return -1;
    return ranks_sum_integers((int64_t *)r->digests, pictures * 4);
}

/* The doubles between the values of one method's neighbouring pictures. */
enum { STRIDE = sizeof(Measurement) / sizeof(double) };

/* Mean over the pictures of a value of a method, whose first is at `values`. */
static double mean_of(const Results *r, const double *values, int *undefined)
{
    double sum = 0;
    int missing = 0;
    for (int i = 0; i < r->set->count; i++) {
        double value = values[(size_t)i * STRIDE];
        if (isnan(value))
            missing++;
        else
            sum += value;
    }
    if (undefined)
        *undefined = missing;
    return missing < r->set->count ? sum / (r->set->count - missing) : NAN;
}

double results_mean(const Results *r, int method, Metric metric, int *undefined)
{
    return mean_of(r, &results_at(r, method, 0)->values[metric], undefined);
}

double results_class_mean(const Results *r, int method, ContentClass content, Metric metric,
                          int *undefined)
{
    return mean_of(r, &results_at(r, method, 0)->by_class[content][metric], undefined);
}

double results_share(const Results *r, int picture, ContentClass content)
{
    double sum = 0;
    if (picture >= 0)
        return r->shares[picture][content];
    for (int i = 0; i < r->set->count; i++)
        sum += r->shares[i][content];
    return sum / r->set->count;
}

Interval results_interval(const Results *r, int method, Metric metric)
{
    return bootstrap_interval(r->bootstrap, &results_at(r, method, 0)->values[metric], STRIDE);
}

void results_spectra(const Results *r, int method, double power[SPECTRA_BANDS],
                     double coherence[SPECTRA_BANDS])
{
    const Measurement *first = results_at(r, method, 0);
    for (int k = 0; k < SPECTRA_BANDS; k++) {
        power[k] = mean_of(r, &first->power[k], NULL);
        coherence[k] = mean_of(r, &first->coherence[k], NULL);
    }
}

Paired results_paired(const Results *r, int a, int b, Metric metric)
{
    return bootstrap_compare(r->bootstrap, &results_at(r, a, 0)->values[metric],
                             &results_at(r, b, 0)->values[metric], STRIDE);
}
