/* LPIPS as a measure: pictures into tensors. */
#include "eval/perceptual.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/lpips.h"

struct PerceptualMeasure {
    Lpips *nets[LPIPS_NETS]; /* NULL: not loaded; in the order of the metrics */
    int count;
};

static int open_all(PerceptualMeasure *measure, const char *directory)
{
    for (int i = 0; i < LPIPS_NETS; i++) {
        if (lpips_open(directory, (LpipsNet)i, PRECISION_FP32, &measure->nets[i]) != 0)
            return -1;
        measure->count += measure->nets[i] != NULL;
    }
    return 0;
}

PerceptualMeasure *perceptual_open(const char *directory)
{
    PerceptualMeasure *measure = memory_new(sizeof *measure);
    if (!directory)
        return measure;
    int result = open_all(measure, directory);
    if (result == 0 && measure->count == 0)
        result = lpips_missing(directory, LPIPS_ALEX); /* the usual one */
    if (result == 0)
        return measure;
    perceptual_close(measure);
    return NULL;
}

void perceptual_close(PerceptualMeasure *measure)
{
    for (int i = 0; measure && i < LPIPS_NETS; i++)
        lpips_free(measure->nets[i]);
    free(measure);
}

bool perceptual_has(const PerceptualMeasure *measure, Metric metric)
{
    return metric >= METRIC_LPIPS_ALEX && metric < METRIC_COUNT &&
           measure->nets[metric - METRIC_LPIPS_ALEX];
}

int perceptual_measure(PerceptualMeasure *measure, const Image *hr, const Image *sr,
                       double values[METRIC_COUNT])
{
    if (measure->count == 0)
        return 0; /* and libtorch stays unloaded */
    tensor_scope_begin();
    Tensor *a = tensor_from_rgb(hr->rgb, 1, hr->height, hr->width);
    Tensor *b = tensor_from_rgb(sr->rgb, 1, sr->height, sr->width);
    for (int i = 0; i < LPIPS_NETS; i++)
        if (measure->nets[i])
            lpips_distance(measure->nets[i], a, b, &values[METRIC_LPIPS_ALEX + i], NULL);
    tensor_scope_end();
    return error_pending() ? error_note("LPIPS") : 0;
}
