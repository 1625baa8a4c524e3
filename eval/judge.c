#include "eval/judge.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"
#include "eval/judge_input.h"

/* One picture being judged. */
typedef struct Bench {
    const Results *results;
    MethodInput input;
    Reference *reference;
    Image *sr;          /* per method, as what follows */
    Evidence *evidence; /* what the places to show are found in */
} Bench;

static int upscale(const Bench *bench, int k)
{
    const Method *method = &bench->results->methods->items[k];
    if (method->upscale(method->context, &bench->input, &bench->sr[k]) != 0)
        return error_note("%s", method->name);
    return 0;
}

static int measure(void *context, int k)
{
    const Bench *bench = context;
    if (bench->results->methods->items[k].parallel && upscale(bench, k) != 0)
        return -1;
    Measurement *measurement = results_at(bench->results, k, bench->input.index);
    if (metrics_measure(bench->reference, &bench->sr[k], measurement, &bench->evidence[k]) != 0)
        return error_note("%s", bench->results->methods->items[k].name);
    return 0;
}

/* The nets' features of the picture are computed once for all methods. */
static int measure_perceptual(const Bench *bench, PerceptualMeasure *perceptual)
{
    int result = 0;
    PerceptualTruth *truth = perceptual_truth_new(
        perceptual, bench->input.hr, reference_content(bench->reference), bench->results->crop);
    if (!truth)
        return -1;
    for (int k = 0; result == 0 && k < bench->results->methods->count; k++) {
        Measurement *m = results_at(bench->results, k, bench->input.index);
        result = perceptual_compare(truth, &bench->sr[k], m->values, m->by_class);
    }
    perceptual_truth_free(truth);
    return result;
}

static int run_methods(Bench *bench, PerceptualMeasure *perceptual)
{
    int count = bench->results->methods->count;
    for (int k = 0; k < count; k++)
        if (!bench->results->methods->items[k].parallel && upscale(bench, k) != 0)
            return -1;
    if (threads_for(count, measure, bench) != 0)
        return -1;
    return measure_perceptual(bench, perceptual);
}

static Bench bench_new(const Results *results, int index, const PicturePair *picture)
{
    size_t methods = (size_t)results->methods->count;
    return (Bench){
        .results = results,
        .input = {.index = index,
                  .name = results->set->names[index],
                  .lr = &picture->lr,
                  .hr = &picture->hr,
                  .scale = results->set->scale},
        .reference = reference_new_full(&picture->hr, &picture->lr, results->scale, results->crop),
        .sr = memory_array(methods, sizeof(Image)),
        .evidence = memory_array(methods, sizeof(Evidence))};
}

static void bench_free(Bench *bench)
{
    for (int k = 0; k < bench->results->methods->count; k++) {
        image_free(&bench->sr[k]);
        evidence_free(&bench->evidence[k]);
    }
    free(bench->sr);
    free(bench->evidence);
    reference_free(bench->reference);
}

static void describe_picture(Results *results, int index, const PicturePair *picture,
                             const Reference *reference)
{
    memcpy(results->digests[index], picture->digest, sizeof picture->digest);
    results->suspicions[index] = image_examine(&picture->hr);
    memcpy(results->shares[index], reference_shares(reference), sizeof results->shares[index]);
}

static int judge_one(int index, PerceptualMeasure *perceptual, Results *results, Exhibits *exhibits)
{
    PicturePair picture;
    if (picture_read(results->set, index, &picture) != 0)
        return -1;
    if (results->set->input_only) {
        int judged = judge_input(index, &picture, results, exhibits);
        picture_free(&picture);
        return judged == 0 ? 0 : error_note("%s", results->set->names[index]);
    }
    Bench bench = bench_new(results, index, &picture);
    int result = bench.reference ? run_methods(&bench, perceptual) : -1;
    if (result == 0) {
        describe_picture(results, index, &picture, bench.reference);
        result =
            exhibits_take(exhibits, index, &picture, bench.reference, bench.sr, bench.evidence);
    }
    if (result != 0)
        error_note("%s", results->set->names[index]);
    bench_free(&bench);
    picture_free(&picture);
    return result;
}

int judge_all(PerceptualMeasure *perceptual, Results *results, Exhibits *exhibits)
{
    int rank = ranks_rank(), size = ranks_size(), count = results->set->count, done = 0;
    Progress progress = progress_begin("eval", size > 1 ? "pictures of rank 0" : "pictures", 0,
                                       (count - rank + size - 1) / size);
    int result = 0;
    for (int i = rank; result == 0 && i < count; i += size) {
        result = interrupt_pending() ? error_set(ERROR_INTERRUPT, "eval: interrupted")
                                     : judge_one(i, perceptual, results, exhibits);
        progress_update(&progress, ++done, results->set->names[i]);
    }
    if (result == 0)
        progress_end(&progress);
    if (ranks_agree() != 0 || results_gather(results) != 0 || exhibits_gather(exhibits) != 0)
        return -1;
    return 0;
}
