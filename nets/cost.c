#include "nets/cost.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"

/* Extents and costs of every node for one input size. */
typedef struct Reading {
    const Graph *graph;
    int64_t *heights, *widths;
} Reading;

static int reading_begin(Reading *r, const Graph *g, int64_t h, int64_t w)
{
    r->graph = g;
    r->heights = memory_array((size_t)g->count, sizeof *r->heights);
    r->widths = memory_array((size_t)g->count, sizeof *r->widths);
    return graph_extents(g, h, w, r->heights, r->widths);
}

static void reading_end(Reading *r)
{
    free(r->heights);
    free(r->widths);
}

static int64_t values_of(const Reading *r, const Node *n)
{
    return n->channels * r->heights[n->index] * r->widths[n->index];
}

static int64_t multiply_adds(const Reading *r, const Node *n)
{
    if (n->operation != OPERATION_CONV)
        return 0;
    return values_of(r, n) * n->inputs[0]->channels * n->kernel * n->kernel;
}

static int64_t parameters_of(const Graph *g, const Node *n)
{
    int64_t count = n->weight >= 0 ? g->parameters[n->weight].count : 0;
    return count + (n->bias >= 0 ? g->parameters[n->bias].count : 0);
}

static int64_t peak_values(const Reading *r)
{
    int64_t alive = 0, peak = 0;
    for (int i = 0; i < r->graph->count; i++) {
        const Node *n = r->graph->nodes[i];
        alive += values_of(r, n);
        if (alive > peak)
            peak = alive;
        for (int k = 0; k < n->input_count; k++)
            if (n->inputs[k]->last_use == i && (k == 0 || n->inputs[k] != n->inputs[0]))
                alive -= values_of(r, n->inputs[k]);
    }
    return peak;
}

/* The input pixels that output pixels depend on, in input coordinates: pixel x of a node reads
 * input pixels (x * step + low) .. (x * step + high), where step = 1/enlargement may be below 1. */
typedef struct Reach {
    double step, low, high;
} Reach;

static Reach reach_of(const Node *n, const Reach *inputs)
{
    Reach r = inputs[0];
    double f = n->factor;
    switch (n->operation) {
    case OPERATION_CONV:
        r.low -= n->padding * r.step;
        r.high += (n->kernel - 1 - n->padding) * r.step;
        r.step *= n->stride;
        return r;
    case OPERATION_MAX_POOL:
        r.high += (n->kernel - 1) * r.step;
        r.step *= n->stride;
        return r;
    case OPERATION_PIXEL_UNSHUFFLE:
        r.high += (f - 1) * r.step;
        r.step *= f;
        return r;
    case OPERATION_PIXEL_SHUFFLE:
    case OPERATION_NEAREST:
        /* Pixel x reads source pixel floor(x / f), at most (f - 1) / f of a pixel to its left. */
        r.low -= (f - 1) / f * r.step;
        r.step /= f;
        return r;
    case OPERATION_BILINEAR:
        /* Pixel x reads the two source pixels around (x + 0.5) / f - 0.5. */
        r.low -= (1 + 0.5 - 0.5 / f) * r.step;
        r.high += (1 - (0.5 - 0.5 / f)) * r.step;
        r.step /= f;
        return r;
    case OPERATION_ADD:
    case OPERATION_CONCAT:
        for (int i = 1; i < n->input_count; i++) {
            r.low = inputs[i].low < r.low ? inputs[i].low : r.low;
            r.high = inputs[i].high > r.high ? inputs[i].high : r.high;
        }
        return r;
    case OPERATION_INPUT:
        return (Reach){1, 0, 0};
    case OPERATION_PRELU:
    case OPERATION_LEAKY_RELU:
    case OPERATION_RELU:
    case OPERATION_NORMALISE:
        break;
    }
    return r;
}

static int radius_of(const Graph *g)
{
    Reach *all = memory_array((size_t)g->count, sizeof *all);
    for (int i = 0; i < g->count; i++) {
        Reach inputs[NODE_MOST_INPUTS] = {{0}};
        for (int k = 0; k < g->nodes[i]->input_count; k++)
            inputs[k] = all[g->nodes[i]->inputs[k]->index];
        all[i] = reach_of(g->nodes[i], inputs);
    }
    Reach r = all[g->output->index];
    free(all);
    double widest = -r.low > r.high ? -r.low : r.high;
    int radius = (int)widest;
    return radius < widest - 1e-9 ? radius + 1 : radius;
}

int cost_of_graph(const Graph *g, int64_t h, int64_t w, Cost *cost)
{
    *cost = (Cost){.parameters = graph_trained_count(g)};
    Reading r;
    int result = reading_begin(&r, g, h, w);
    for (int i = 0; result == 0 && i < g->count; i++) {
        cost->multiply_adds += multiply_adds(&r, g->nodes[i]);
        cost->activation_values += values_of(&r, g->nodes[i]);
    }
    if (result == 0) {
        cost->peak_values = peak_values(&r);
        cost->radius = radius_of(g);
    }
    reading_end(&r);
    return result;
}

int cost_print_table(const Graph *g, int64_t h, int64_t w, FILE *stream)
{
    Cost cost;
    Reading r;
    if (cost_of_graph(g, h, w, &cost) != 0)
        return -1;
    int result = reading_begin(&r, g, h, w);
    fprintf(stream, "  %-24s %-16s %18s %12s %12s\n", "layer", "operation", "C x H x W",
            "parameters", "Mmult-adds");
    for (int i = 0; result == 0 && i < g->count; i++) {
        const Node *n = g->nodes[i];
        char shape[64];
        snprintf(shape, sizeof shape, "%d x %lld x %lld", n->channels, (long long)r.heights[i],
                 (long long)r.widths[i]);
        fprintf(stream, "  %-24s %-16s %18s %12lld %12.2f\n", n->name, operation_name(n->operation),
                shape, (long long)parameters_of(g, n), (double)multiply_adds(&r, n) * 1e-6);
    }
    reading_end(&r);
    fprintf(stream,
            "  %lld parameters, %.3f G multiply-adds for a %lldx%lld input, "
            "receptive field %dx%d\n",
            (long long)cost.parameters, (double)cost.multiply_adds * 1e-9, (long long)w,
            (long long)h, 2 * cost.radius + 1, 2 * cost.radius + 1);
    return result;
}
