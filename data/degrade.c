#include "data/degrade.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/resample.h"

struct Degradation {
    const char *name;
};

Degradation *degradation_open(const char *name)
{
    if (strcmp(name, "bicubic") != 0) {
        error_set(ERROR_CONFIG, "degradation \"%s\" is not known; known: bicubic", name);
        return NULL;
    }
    Degradation *degradation = memory_new(sizeof *degradation);
    degradation->name = "bicubic";
    return degradation;
}

void degradation_free(Degradation *degradation)
{
    free(degradation);
}

const char *degradation_name(const Degradation *degradation)
{
    return degradation->name;
}

int degradation_apply(const Degradation *degradation, const Image *hr, int scale, Random *random,
                      Image *lr, char **drawn)
{
    (void)random; /* bicubic shrinking leaves nothing to chance */
    if (scale < 1 || hr->width % scale != 0 || hr->height % scale != 0)
        return error_set(ERROR_SHAPE, "%dx%d pixels are not a multiple of scale %d", hr->width,
                         hr->height, scale);
    *lr = image_resample(hr, hr->width / scale, hr->height / scale, KERNEL_BICUBIC);
    if (drawn)
        *drawn = memory_print("{\"degrade\":\"%s\"}", degradation->name);
    return 0;
}
