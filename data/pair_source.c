#include "data/pair_source.h"

#include <stdlib.h>

#include "core/memory.h"
#include "data/pair_source_kind.h"

struct PairMaker {
    const PairSource *source;
    int crop;
    void *scratch;
};

void pair_source_close(PairSource *source)
{
    if (!source)
        return;
    free(source->path);
    source->kind->close(source);
    free(source);
}

const char *pair_source_path(const PairSource *source)
{
    return source->path;
}

int pair_source_scale(const PairSource *source)
{
    return source->scale;
}

int64_t pair_source_count(const PairSource *source)
{
    return source->count;
}

const PairStore *pair_source_store(const PairSource *source)
{
    return source->kind->store ? source->kind->store(source) : NULL;
}

int pair_source_held_out(const PairSource *source)
{
    return source->kind->held_out ? source->kind->held_out(source) : 0;
}

int pair_source_check(const PairSource *source, int crop)
{
    return source->kind->check(source, crop);
}

cJSON *pair_source_describe(const PairSource *source)
{
    cJSON *object = cJSON_CreateObject();
    source->kind->describe(source, object);
    return object;
}

PairMaker *pair_maker_new(const PairSource *source, int crop)
{
    PairMaker *maker = memory_new(sizeof *maker);
    *maker = (PairMaker){source, crop, source->kind->begin(source, crop)};
    return maker;
}

void pair_maker_free(PairMaker *maker)
{
    if (maker)
        maker->source->kind->end(maker->scratch);
    free(maker);
}

int pair_maker_run(PairMaker *maker, const SampleKey *key, Random *random, uint8_t *lr, uint8_t *hr)
{
    return maker->source->kind->make(maker->source, maker->scratch, key, random, maker->crop, lr,
                                     hr);
}

Turn pair_turn_draw(Random *random)
{
    uint32_t word = random_word(random);
    return (Turn){.flip_x = word & 1, .flip_y = word & 2, .transpose = word & 4};
}

void pair_recipe_describe(cJSON *object, const char *name, const char *recipe)
{
    cJSON_AddStringToObject(object, "degradation", name);
    cJSON *parsed = cJSON_Parse(recipe);
    if (parsed)
        cJSON_AddItemToObject(object, "recipe", parsed);
}
