#include "data/degrade.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/resample.h"

/* For the time being: bicubic alone. */
struct Degradation {
    const char *name;
};

struct Degrader {
    int scale;
    Workspace *work;
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

Degradation *degradation_parse(const char *text, const char *name)
{
    (void)text;
    return degradation_open(name);
}

void degradation_free(Degradation *degradation)
{
    free(degradation);
}

const char *degradation_name(const Degradation *degradation)
{
    return degradation->name;
}

const char *degradation_recipe(const Degradation *degradation)
{
    (void)degradation;
    return "{\"name\":\"bicubic\",\"steps\":[{\"resize\":{\"kernel\":\"bicubic\"}}]}";
}

size_t degradation_most_text(const Degradation *degradation)
{
    (void)degradation;
    return 64;
}

bool degradation_changes_target(const Degradation *degradation)
{
    (void)degradation;
    return false;
}

const char *degradation_preset(int index, const char **about)
{
    *about = "antialiased bicubic";
    return index == 0 ? "bicubic" : NULL;
}

uint64_t degradation_key(uint64_t seed, uint64_t a, uint32_t b)
{
    Random random = random_stream(seed, RANDOM_DEGRADE, a, b);
    uint64_t high = random_word(&random);
    return high << 32 | random_word(&random);
}

Degrader *degrader_new(const Degradation *degradation, int scale)
{
    (void)degradation;
    Degrader *degrader = memory_new(sizeof *degrader);
    degrader->scale = scale;
    degrader->work = workspace_new();
    return degrader;
}

void degrader_free(Degrader *degrader)
{
    if (degrader)
        workspace_free(degrader->work);
    free(degrader);
}

int degrader_run(Degrader *d, const Picture *hr, uint64_t key, int depth, DegradedPair *pair)
{
    (void)key;
    workspace_release(d->work, (WorkspaceMark){0});
    if (hr->width % d->scale != 0 || hr->height % d->scale != 0)
        return error_set(ERROR_SHAPE, "%dx%d pixels are not a multiple of scale %d", hr->width,
                         hr->height, d->scale);
    pair->hr = picture_take(d->work, hr->width, hr->height);
    picture_copy(hr, &pair->hr);
    picture_round(&pair->hr, depth);
    pair->drawn = "{\"steps\":[{\"resize\":{\"kernel\":\"bicubic\"}}]}";
    return degrader_replay(d, &pair->hr, pair->drawn, depth, &pair->lr);
}

int degrader_replay(Degrader *d, const Picture *hr, const char *drawn, int depth, Picture *lr)
{
    (void)drawn;
    *lr = picture_take(d->work, hr->width / d->scale, hr->height / d->scale);
    for (int c = 0; c < 3; c++) {
        Plane from = {hr->width, hr->height, hr->planes[c]};
        Plane to = plane_resample(&from, lr->width, lr->height, KERNEL_BICUBIC);
        memcpy(lr->planes[c], to.values, picture_pixels(lr) * sizeof(float));
        plane_free(&to);
    }
    picture_round(lr, depth);
    return 0;
}

int degradation_apply(const Degradation *degradation, const Image *hr, int scale, uint64_t key,
                      Image *lr)
{
    (void)key;
    (void)degradation;
    if (scale < 1 || hr->width % scale != 0 || hr->height % scale != 0)
        return error_set(ERROR_SHAPE, "%dx%d pixels are not a multiple of scale %d", hr->width,
                         hr->height, scale);
    *lr = image_resample(hr, hr->width / scale, hr->height / scale, KERNEL_BICUBIC);
    return 0;
}
