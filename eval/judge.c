#include "eval/judge.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"

/* One picture being judged. */
typedef struct Bench {
    const Results *results;
    MethodInput input;
    const Reference *reference;
    Image *sr; /* per method */
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
    double *values = results_values(bench->results, k, bench->input.index);
    if (metrics_measure(bench->reference, &bench->sr[k], values) != 0)
        return error_note("%s", bench->results->methods->items[k].name);
    return 0;
}

/* The nets work on pictures without their border. */
static int measure_perceptual(const Bench *bench, PerceptualMeasure *perceptual)
{
    int crop = bench->results->crop, result = 0;
    const Image *hr = bench->input.hr;
    int width = hr->width - 2 * crop, height = hr->height - 2 * crop;
    Image truth = image_crop(hr, crop, crop, width, height);
    for (int k = 0; result == 0 && k < bench->results->methods->count; k++) {
        Image judged = image_crop(&bench->sr[k], crop, crop, width, height);
        result = perceptual_measure(perceptual, &truth, &judged,
                                    results_values(bench->results, k, bench->input.index));
        image_free(&judged);
    }
    image_free(&truth);
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

static int judge_one(int index, PerceptualMeasure *perceptual, Results *results, Strips *strips)
{
    const PictureSet *set = results->set;
    PicturePair picture;
    if (picture_read(set, index, &picture) != 0)
        return -1;
    for (int i = 0; i < 4; i++)
        results->digests[index][i] = picture.digest[i];
    results->suspicions[index] = image_examine(&picture.hr);
    Bench bench = {.results = results,
                   .input = {.index = index,
                             .name = set->names[index],
                             .lr = &picture.lr,
                             .hr = &picture.hr,
                             .scale = set->scale},
                   .sr = memory_array((size_t)results->methods->count, sizeof(Image))};
    Reference *reference = reference_new(&picture.hr, set->scale, results->crop);
    bench.reference = reference;
    int result = reference ? run_methods(&bench, perceptual) : -1;
    if (result == 0)
        strips_take(strips, index, &picture, reference, bench.sr);
    else
        error_note("%s", set->names[index]);
    for (int k = 0; k < results->methods->count; k++)
        image_free(&bench.sr[k]);
    free(bench.sr);
    reference_free(reference);
    picture_free(&picture);
    return result;
}

int judge_all(PerceptualMeasure *perceptual, Results *results, Strips *strips)
{
    int rank = ranks_rank(), size = ranks_size(), count = results->set->count, done = 0;
    Progress progress = progress_begin("eval", size > 1 ? "pictures of rank 0" : "pictures", 0,
                                       (count - rank + size - 1) / size);
    int result = 0;
    for (int i = rank; result == 0 && i < count; i += size) {
        result = interrupt_pending() ? error_set(ERROR_INTERRUPT, "eval: interrupted")
                                     : judge_one(i, perceptual, results, strips);
        progress_update(&progress, ++done, results->set->names[i]);
    }
    if (result == 0)
        progress_end(&progress);
    if (ranks_agree() != 0 || results_gather(results) != 0 || strips_gather(strips) != 0)
        return -1;
    return 0;
}
