#include "tests/library/models.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nets/model.h"
#include "tests/unit.h"

static const struct {
    const char *json;
    int scale;
} NETWORKS[MODELS] = {
    {"{\"type\":\"srvgg\",\"features\":16,\"convs\":3}", 4},
    {"{\"type\":\"rrdb\",\"features\":16,\"growth\":8,\"blocks\":1}", 4},
    {"{\"type\":\"span\",\"features\":16}", 2},
    {"{\"type\":\"swinir\",\"features\":24,\"layers\":1,\"depth\":2,\"heads\":2}", 2},
};

static int write_model(int index, const char *path)
{
    Specification s = {0};
    cJSON *object = cJSON_Parse(NETWORKS[index].json);
    int result = specification_parse(&s, object, KIND_GENERATOR, NETWORKS[index].scale, "test");
    Graph *g = result == 0 ? specification_build(&s) : NULL;
    Weights *weights = g ? graph_initial_weights(g, 1) : NULL;
    result = weights ? model_write(path, &s, weights) : -1;
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    return result;
}

const char *model_file(int index)
{
    static char paths[MODELS][4096];
    char name[32];
    if (!paths[index][0]) {
        snprintf(name, sizeof name, "library-%d.safetensors", index);
        snprintf(paths[index], sizeof paths[index], "%s", unit_scratch(name));
        CHECK(write_model(index, paths[index]) == 0);
    }
    return paths[index];
}

unmush_model *model_opened(int index, int threads)
{
    unmush_model *model = NULL;
    unmush_options options = UNMUSH_OPTIONS;
    char why[512] = "?";
    options.threads = threads;
    int status = unmush_open(&model, model_file(index), &options, why, sizeof why);
    CHECK(status == UNMUSH_OK && why[0] == 0);
    if (status != UNMUSH_OK)
        printf("%s\n", why);
    return model;
}

static size_t sample_bytes(int type)
{
    return type == UNMUSH_U8 ? 1 : type == UNMUSH_U16 ? 2 : 4;
}

unmush_pixels picture_made(int width, int height, int channels, int type, int seed)
{
    size_t count = (size_t)width * (size_t)height * (size_t)channels;
    void *data = malloc(count * sample_bytes(type));
    for (size_t i = 0; i < count; i++) {
        unsigned level = (unsigned)((i * 7919 + i / 13 * 31 + (size_t)seed * 104729) % 256);
        if (type == UNMUSH_U8)
            ((uint8_t *)data)[i] = (uint8_t)level;
        else if (type == UNMUSH_U16)
            ((uint16_t *)data)[i] = (uint16_t)(level * 257);
        else
            ((float *)data)[i] = (float)level * (float)(1.0 / 255);
    }
    return (unmush_pixels){data, width, height, channels, type, 0};
}

unmush_pixels picture_room(const unmush_pixels *from, int scale, int type)
{
    unmush_pixels to = {NULL, from->width * scale, from->height * scale, from->channels, type, 0};
    to.data =
        calloc((size_t)to.width * (size_t)to.height * (size_t)to.channels, sample_bytes(type));
    return to;
}

void openmp_set_threads(int count)
{
    void *library = dlopen("libgomp.so.1", RTLD_NOW | RTLD_NOLOAD);
    void *symbol = library ? dlsym(library, "omp_set_num_threads") : NULL;
    void (*set)(int) = NULL;
    memcpy(&set, &symbol, sizeof set);
    if (set)
        set(count);
}

int openmp_threads(void)
{
    void *library = dlopen("libgomp.so.1", RTLD_NOW | RTLD_NOLOAD);
    void *symbol = library ? dlsym(library, "omp_get_max_threads") : NULL;
    int (*count)(void) = NULL;
    memcpy(&count, &symbol, sizeof count);
    return count ? count() : 0;
}
