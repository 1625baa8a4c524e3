#include "export/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/json.h"
#include "nets/cost.h"

/* COST_SIZE: an input size that every network takes; the receptive field is the same for all. */
enum { COST_SIZE = 64, TILE_STEP = 64, MOST_TILE = 512 };

static void set_number(Weights *texts, const char *key, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    weights_set_text(texts, key, text);
}

static void set_graph(Weights *texts, const Specification *s)
{
    cJSON *object = specification_dump(s);
    char *graph = json_line(object);
    weights_set_text(texts, "unmush.graph", graph);
    free(graph);
    cJSON_Delete(object);
}

/* (tile + 2 radius)^2 is at most 1.5 tile^2 */
static int tile_of(const Cost *cost)
{
    int step = TILE_STEP, tile = step;
    while (step % cost->alignment != 0)
        step += TILE_STEP;
    if (cost->whole_picture)
        return 0;
    for (tile = step; tile + step <= MOST_TILE; tile += step)
        if (2 * (tile + 2 * cost->radius) * (tile + 2 * cost->radius) <= 3 * tile * tile)
            break;
    return tile;
}

static void add_own_texts(Weights *texts, const Weights *own)
{
    for (int i = 0; i < own->text_count; i++)
        if (strcmp(own->texts[i].key, "format") != 0)
            weights_set_text(texts, own->texts[i].key, own->texts[i].value);
}

Weights *metadata_texts(const ExportJob *job)
{
    Cost cost;
    const Specification *s = &job->model->specification;
    if (cost_of_graph(job->model->graph, COST_SIZE, COST_SIZE, &cost) != 0)
        return NULL;
    char *name = file_stem(job->source);
    Weights *texts = weights_new();
    add_own_texts(texts, job->model->weights);
    if (s->architecture != &FOREIGN)
        set_graph(texts, s);
    set_number(texts, "unmush.scale", s->scale);
    weights_set_text(texts, "unmush.version", UNMUSH_VERSION);
    weights_set_text(texts, "unmush.name", name);
    weights_set_text(texts, "unmush.colour", "RGB 0..1");
    set_number(texts, "unmush.overlap", cost.radius);
    set_number(texts, "unmush.tile", tile_of(&cost));
    free(name);
    return texts;
}
