#include "eval/perceptual.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"

enum { NETS = METRIC_COUNT - METRIC_LPIPS_ALEX };

/* One loaded net, in the order of the metrics. */
typedef struct PerceptualNet {
    void *net; /* NULL: not loaded */
    int (*measure)(void *net, const Image *hr, const Image *sr, double *value);
    void (*free)(void *net);
} PerceptualNet;

struct PerceptualMeasure {
    PerceptualNet nets[NETS];
};

PerceptualMeasure *perceptual_open(const char *directory)
{
    if (directory) {
        error_set(ERROR_FILE, "%s: no LPIPS weights there", directory);
        return NULL;
    }
    return memory_new(sizeof(PerceptualMeasure));
}

void perceptual_close(PerceptualMeasure *measure)
{
    for (int i = 0; measure && i < NETS; i++)
        if (measure->nets[i].net)
            measure->nets[i].free(measure->nets[i].net);
    free(measure);
}

bool perceptual_has(const PerceptualMeasure *measure, Metric metric)
{
    return metric >= METRIC_LPIPS_ALEX && metric < METRIC_COUNT &&
           measure->nets[metric - METRIC_LPIPS_ALEX].net;
}

int perceptual_measure(PerceptualMeasure *measure, const Image *hr, const Image *sr,
                       double values[METRIC_COUNT])
{
    for (int i = 0; i < NETS; i++) {
        PerceptualNet *net = &measure->nets[i];
        if (net->net && net->measure(net->net, hr, sr, &values[METRIC_LPIPS_ALEX + i]) != 0)
            return error_note("%s", METRIC_NAMES[METRIC_LPIPS_ALEX + i]);
    }
    return 0;
}
