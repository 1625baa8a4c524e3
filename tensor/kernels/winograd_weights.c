#include <omp.h>
#include <string.h>

#include "tensor/kernels/winograd.h"
#include "tensor/kernels/winograd_plan.h"

typedef struct Gradient {
    const WinogradSteps *steps;
    Plan plan;
    Tiles tiles;
    Map x; /* some channels of the input */
    int phases;
    const Map *dy;
    bool sums; /* of dy, too */
    Memory memory;
} Gradient;

/* dU (+)= V' D of one block, by a team of threads. */
static void add_block(const Gradient *g, Range block, bool add, Team team)
{
    Transformed v = memory_block(&g->memory, 0, team, block);
    Transformed d = memory_block(&g->memory, 1, team, block);
    Range part = winograd_part((Range){0, transformed_rows(&v)}, team.index, team.count);
    g->steps->input(&g->x, &g->tiles, part, &v);
    g->steps->gradient(g->dy, &g->tiles, part, &d, memory_sums(&g->memory, team.thread));
    if (g->sums)
        memory_flush_sums(&g->memory, team.thread);
    team_wait(team);
    team_multiply_tiles(g->steps, &v, g->x.channels * g->phases, &d, g->plan.channels[1],
                        memory_result(&g->memory, team), add, team);
    team_wait(team);
}

static void add_tiles(const Gradient *g)
{
    Team team;
    Range mine = plan_tiles(&g->plan, &team);
    int64_t blocks = plan_blocks(&g->plan, mine);
    for (int64_t block = 0; block < blocks; block++)
        add_block(g, winograd_part(mine, (int)block, (int)blocks), block > 0, team);
}

static void finish(const Gradient *g, WeightGradient *w)
{
    int threads = omp_get_num_threads();
    WeightGradient mine = *w;
    mine.parts = g->plan.together ? 1 : threads;
    int64_t tasks = winograd_panels((int)(g->plan.channels[1] / g->steps->lanes), g->steps->panel) *
                    g->x.channels * g->phases;
    g->steps->weights(&mine, winograd_part((Range){0, tasks}, omp_get_thread_num(), threads));
}

static void add_channels(Gradient *g, const ConvShape *shape, int64_t first, float *dweight)
{
    WeightGradient w = {.values = g->memory.teams,
                        .apart = g->memory.team_values,
                        .plane = winograd_plane(g->plan.channels[1] * g->x.channels * g->phases),
                        .row = g->plan.channels[1],
                        .first = (int)first,
                        .channels = (int)g->x.channels,
                        .inputs = shape->inputs,
                        .outputs = shape->outputs,
                        .dweight = dweight};
#pragma omp parallel num_threads(g->plan.threads)
    {
        add_tiles(g);
#pragma omp barrier
        finish(g, &w);
    }
}

int winograd_weights(const ConvShape *shape, TensorType type, const Map *x, const Map *dy,
                     float *dweight, float *dbias)
{
    Gradient g = {.steps = winograd_steps(shape->stride, type, true), .dy = dy};
    g.phases = shape->stride * shape->stride;
    g.tiles = tiles_of(g.steps, dy->h, dy->w);
    g.tiles.padding = shape->padding;
    g.tiles.read = shape->stride;
    int64_t lanes = g.steps->lanes, outputs = (dy->channels + lanes - 1) / lanes * lanes;
    int64_t channels =
        plan_weights(&g.plan, &g.tiles, x->n, x->channels * g.phases, outputs, g.steps) / g.phases;
    g.plan.sums = outputs;
    if (memory_begin(&g.memory, &g.plan) != 0)
        return -1;
    for (int64_t first = 0; first < x->channels; first += channels) {
        int64_t left = x->channels - first;
        g.x = map_slice(x, first, left < channels ? left : channels);
        g.sums = dbias && first == 0;
        add_channels(&g, shape, first, dweight);
    }
    if (dbias) {
        memset(dbias, 0, sizeof *dbias * (size_t)dy->channels);
        memory_add_sums(&g.memory, dbias, dy->channels);
    }
    return 0;
}
