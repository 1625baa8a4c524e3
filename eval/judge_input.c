#include "eval/judge_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/threads.h"
#include "eval/no_truth.h"

/* One picture being judged. */
typedef struct Bench {
    const Results *results;
    MethodInput input;
    Input *seen;
    Image *sr; /* per method, as what follows */
    Opinion *opinions;
    bool *counts; /* as an opinion that others are compared with */
} Bench;

static int upscale(const Bench *bench, int k)
{
    const Method *method = &bench->results->methods->items[k];
    if (method->upscale(method->context, &bench->input, &bench->sr[k]) != 0)
        return error_note("%s", method->name);
    return 0;
}

static void undefine(Measurement *m)
{
    double *values = (double *)(void *)m;
    for (size_t i = 0; i < sizeof *m / sizeof *values; i++)
        values[i] = NAN;
    m->shift_x = m->shift_y = 0;
}

static int measure(void *context, int k)
{
    const Bench *bench = context;
    if (bench->results->methods->items[k].parallel && upscale(bench, k) != 0)
        return -1;
    Measurement *measurement = results_at(bench->results, k, bench->input.index);
    undefine(measurement);
    if (input_measure(bench->seen, &bench->sr[k], measurement->values) != 0)
        return error_note("%s", bench->results->methods->items[k].name);
    bench->opinions[k] = opinion_new(&bench->sr[k], bench->results->scale);
    return 0;
}

static int run_methods(Bench *bench)
{
    int count = bench->results->methods->count;
    for (int k = 0; k < count; k++)
        if (!bench->results->methods->items[k].parallel && upscale(bench, k) != 0)
            return -1;
    return threads_for(count, measure, bench);
}

/* Baselines invent nothing, and blends are no opinions of their own. */
static bool has_opinion(const Method *method)
{
    return strcmp(method->kind, "baseline") != 0 && strcmp(method->kind, "blend") != 0;
}

static Bench bench_new(const Results *results, int index, const PicturePair *picture)
{
    size_t methods = (size_t)results->methods->count;
    Bench bench = {.results = results,
                   .input = {.index = index,
                             .name = results->set->names[index],
                             .lr = &picture->lr,
                             .scale = results->scale},
                   .seen = input_new(&picture->lr, results->scale, results->crop),
                   .sr = memory_array(methods, sizeof(Image)),
                   .opinions = memory_array(methods, sizeof(Opinion)),
                   .counts = memory_array(methods, sizeof(bool))};
    for (size_t k = 0; k < methods; k++)
        bench.counts[k] = has_opinion(&results->methods->items[k]);
    return bench;
}

static void bench_free(Bench *bench)
{
    for (int k = 0; k < bench->results->methods->count; k++) {
        image_free(&bench->sr[k]);
        opinion_free(&bench->opinions[k]);
    }
    free(bench->sr);
    free(bench->opinions);
    free(bench->counts);
    input_free(bench->seen);
}

/* Returns where the methods disagree. */
static Plane compare(const Bench *bench)
{
    int count = bench->results->methods->count;
    double *values = memory_array((size_t)count, sizeof *values);
    Plane map = opinions_compare(bench->opinions, bench->counts, count, bench->results->scale,
                                 bench->results->crop, values);
    for (int k = 0; k < count; k++)
        results_values(bench->results, k, bench->input.index)[METRIC_DISAGREEMENT] = values[k];
    free(values);
    return map;
}

static int check_extents(const Results *r, const Image *lr)
{
    int width = lr->width * r->scale - 2 * r->crop, height = lr->height * r->scale - 2 * r->crop;
    if (width < 1 || height < 1)
        return error_set(ERROR_SHAPE, "%dx%d pixels at scale %d without a border of %d are none",
                         lr->width, lr->height, r->scale, r->crop);
    return 0;
}

int judge_input(int index, const PicturePair *picture, Results *results, Exhibits *exhibits)
{
    if (check_extents(results, &picture->lr) != 0)
        return -1;
    Bench bench = bench_new(results, index, picture);
    int result = run_methods(&bench);
    if (result == 0) {
        Plane map = compare(&bench);
        memcpy(results->digests[index], picture->digest, sizeof picture->digest);
        results->suspicions[index] = image_examine(&picture->lr);
        result = exhibits_take_input(exhibits, index, picture, &map, bench.sr);
        plane_free(&map);
    }
    bench_free(&bench);
    return result;
}
