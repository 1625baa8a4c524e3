#include "nets/cost.h"

#include <math.h>
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
    if (n->operation == OPERATION_WINDOW_ATTENTION)
        /* qkv, scores of every pair of a window's pixels, their sums, projection */
        return values_of(r, n) * (4 * (int64_t)n->channels + 2 * (int64_t)n->kernel * n->kernel);
    if (n->operation != OPERATION_CONV)
        return 0;
    return values_of(r, n) * n->inputs[0]->channels * n->kernel * n->kernel;
}

static int64_t parameters_of(const Graph *g, const Node *n)
{
    if (n->parts[0] >= 0) {
        int64_t parts = 0;
        for (int i = 0; i < NODE_PARTS; i++)
            parts += g->parameters[n->parts[i]].count;
        return parts;
    }
    const int parts[] = {n->weight, n->bias, n->projection, n->projection_bias, n->table};
    int64_t count = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        count += parts[i] >= 0 ? g->parameters[parts[i]].count : 0;
    return count;
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

/* An interval of pixel positions along one axis. */
typedef struct Span {
    int64_t first, last;
} Span;

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/* The pixels of its inputs that a node reads for its own pixels s. */
static Span pixels_read(const Node *n, Span s)
{
    int64_t k = n->kernel, f = n->factor;
    switch (n->operation) {
    case OPERATION_CONV:
    case OPERATION_MAX_POOL:
        return (Span){s.first * n->stride - n->padding, s.last * n->stride - n->padding + k - 1};
    case OPERATION_PIXEL_UNSHUFFLE:
        return (Span){s.first * f, s.last * f + f - 1};
    case OPERATION_PIXEL_SHUFFLE:
    case OPERATION_NEAREST:
        return (Span){floor_divide(s.first, f), floor_divide(s.last, f)};
    case OPERATION_BILINEAR: /* the two pixels around (x + 1/2) / f - 1/2 */
        return (Span){floor_divide(2 * s.first + 1 - f, 2 * f),
                      floor_divide(2 * s.last + 1 - f, 2 * f) + 1};
    case OPERATION_INPUT:
    case OPERATION_PRELU:
    case OPERATION_LEAKY_RELU:
    case OPERATION_RELU:
    case OPERATION_SILU:
    case OPERATION_SIGMOID:
    case OPERATION_MISH:
    case OPERATION_GELU:
    case OPERATION_ADD:
    case OPERATION_MULTIPLY:
    case OPERATION_AFFINE:
    case OPERATION_QUANTISE:
    case OPERATION_NORMALISE:
    case OPERATION_CONCAT:
    case OPERATION_SLICE:
    case OPERATION_REPEAT:
    case OPERATION_BATCH_NORM:
    case OPERATION_GROUP_NORM:
    case OPERATION_LAYER_NORM:
    case OPERATION_PAD_TO_MULTIPLE:
    case OPERATION_CROP:
        break;
    case OPERATION_WINDOW_ATTENTION: /* all of the windows that s lies in */
        return (Span){floor_divide(s.first - n->padding, k) * k + n->padding,
                      floor_divide(s.last - n->padding, k) * k + n->padding + k - 1};
    }
    return s;
}

/* Pixels of a node's result per input pixel. */
static double enlargement(const Node *n)
{
    double ratio = 1;
    for (; n->input_count; n = n->inputs[0]) {
        ratio /=
            n->operation == OPERATION_CONV || n->operation == OPERATION_MAX_POOL ? n->stride : 1;
        ratio /= n->operation == OPERATION_PIXEL_UNSHUFFLE ? n->factor : 1;
        ratio *= n->operation == OPERATION_PIXEL_SHUFFLE || n->operation == OPERATION_NEAREST ||
                         n->operation == OPERATION_BILINEAR
                     ? n->factor
                     : 1;
    }
    return ratio;
}

/* Input pixels that a node's result over input pixel `at` depends on: intervals go back through the
 * graph, later nodes first. `spans` is scratch for every node. */
static Span pixels_behind(const Graph *g, const Node *result, int64_t at, double ratio, Span *spans)
{
    for (int i = 0; i < g->count; i++)
        spans[i] = (Span){INT64_MAX, INT64_MIN};
    int64_t first = (int64_t)floor((double)at * ratio);
    int64_t last = (int64_t)ceil((double)(at + 1) * ratio) - 1;
    spans[result->index] = (Span){first, last < first ? first : last};
    Span reached = {at, at};
    for (int i = result->index; i >= 0; i--) {
        const Node *n = g->nodes[i];
        if (spans[i].first > spans[i].last)
            continue; /* the result does not depend on it */
        if (n->operation == OPERATION_INPUT)
            reached = spans[i];
        Span read = pixels_read(n, spans[i]);
        /* Of a crop's second input only the extents are read. */
        for (int k = 0; k < n->input_count && (k == 0 || n->operation != OPERATION_CROP); k++) {
            Span *input = &spans[n->inputs[k]->index];
            input->first = read.first < input->first ? read.first : input->first;
            input->last = read.last > input->last ? read.last : input->last;
        }
    }
    return reached;
}

static int radius_of(const Graph *g, const Node *result)
{
    enum { MIDDLE = 1 << 20, PHASES = 64 }; /* far from borders; every phase of strides up to 64 */
    Span *spans = memory_array((size_t)g->count, sizeof *spans);
    double ratio = enlargement(result);
    int64_t radius = 0;
    for (int64_t at = MIDDLE; at < MIDDLE + PHASES; at++) {
        Span s = pixels_behind(g, result, at, ratio, spans);
        radius = at - s.first > radius ? at - s.first : radius;
        radius = s.last - at > radius ? s.last - at : radius;
    }
    free(spans);
    return (int)radius;
}

/* Input pixels after which a node's treatment of positions repeats; 1: every pixel alike. */
static int period_of(const Node *n)
{
    double own = 1;
    if (n->operation == OPERATION_CONV || n->operation == OPERATION_MAX_POOL)
        own = n->stride;
    else if (n->operation == OPERATION_PIXEL_UNSHUFFLE || n->operation == OPERATION_PAD_TO_MULTIPLE)
        own = n->factor;
    else if (n->operation == OPERATION_WINDOW_ATTENTION)
        own = n->kernel;
    double period = own > 1 ? own / enlargement(n->inputs[0]) : 1;
    return period > 1 ? (int)(period + 0.5) : 1;
}

static int alignment_of(const Graph *g)
{
    int alignment = 1;
    for (int i = 0; i < g->count; i++) {
        int period = period_of(g->nodes[i]), least = alignment;
        while (least % period != 0)
            least += alignment;
        alignment = least;
    }
    return alignment;
}

/* The least number whose multiples the network takes, found by trying multiples of a prime. */
static int multiple_of(const Graph *g)
{
    enum { PRIME = 61, MOST = 64 };
    Reading r;
    int multiple = 1;
    for (bool good = g->input_size > 0; !good && multiple <= MOST; multiple += !good) {
        good = reading_begin(&r, g, PRIME * multiple, PRIME * multiple) == 0;
        reading_end(&r);
        if (!good)
            error_forgive();
    }
    return multiple <= MOST ? multiple : 1;
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
        cost->radius = radius_of(g, g->output);
        cost->alignment = alignment_of(g);
        cost->multiple = multiple_of(g);
        for (int i = 0; i < g->count; i++)
            cost->whole_picture |= g->nodes[i]->operation == OPERATION_GROUP_NORM;
    }
    reading_end(&r);
    return result;
}

int cost_of_nodes(const Graph *g, int64_t h, int64_t w, int64_t *values)
{
    Reading r;
    int result = reading_begin(&r, g, h, w);
    for (int i = 0; result == 0 && i < g->count; i++)
        values[i] = multiply_adds(&r, g->nodes[i]);
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
    fprintf(stream, "  %-24s %-16s %18s %12s %12s %9s\n", "layer", "operation", "C x H x W",
            "parameters", "Mmult-adds", "field");
    for (int i = 0; result == 0 && i < g->count; i++) {
        const Node *n = g->nodes[i];
        char shape[64];
        snprintf(shape, sizeof shape, "%d x %lld x %lld", n->channels, (long long)r.heights[i],
                 (long long)r.widths[i]);
        fprintf(stream, "  %-24s %-16s %18s %12lld %12.2f %9d\n", n->name,
                operation_name(n->operation), shape, (long long)parameters_of(g, n),
                (double)multiply_adds(&r, n) * 1e-6, 2 * radius_of(g, n) + 1);
    }
    reading_end(&r);
    fprintf(stream,
            "  %lld parameters, %.3f G multiply-adds for a %lldx%lld input, "
            "receptive field %dx%d%s\n",
            (long long)cost.parameters, (double)cost.multiply_adds * 1e-9, (long long)w,
            (long long)h, 2 * cost.radius + 1, 2 * cost.radius + 1,
            cost.whole_picture ? ", and statistics of the whole picture" : "");
    return result;
}
