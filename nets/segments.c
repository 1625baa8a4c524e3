#include "nets/segments.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "nets/network_nodes.h"

bool segments_reads_across(const Graph *g, const Node *n, int border)
{
    return n->index < border && (n->last_use >= border || n == g->output);
}

/* Sums over the nodes in front of every border. */
typedef struct Sums {
    int count;       /* borders: 0 .. count */
    int64_t *before; /* activations of the nodes in front */
    int64_t *alive;  /* those of them that are read behind */
    bool *closed;    /* where a node behind overwrites the result of one in front */
} Sums;

static void fill_sums(Sums *s, const Graph *g, const int64_t *heights, const int64_t *widths)
{
    for (int b = 1; b <= s->count; b++) {
        const Node *n = g->nodes[b - 1];
        int64_t values = n->channels * heights[n->index] * widths[n->index];
        s->before[b] = s->before[b - 1] + values;
        for (int i = b; i <= s->count && segments_reads_across(g, n, i); i++)
            s->alive[i] += values;
        for (int i = b - 1; network_overwrites(g, n) && i > n->inputs[0]->index; i--)
            s->closed[i] = true;
    }
}

/* The border behind `last` that leaves the least alive among those at most a quarter of a segment
 * away from `goal`, or the first one behind it; -1 if there is none. */
static int choose_border(const Sums *s, int last, double goal, double segment)
{
    int best = -1;
    for (int b = last + 1; b < s->count; b++) {
        double away = (double)s->before[b] - goal;
        if (s->closed[b])
            continue;
        if (fabs(away) <= segment / 4 && (best < 0 || s->alive[b] < s->alive[best]))
            best = b;
        if (away > segment / 4)
            return best < 0 ? b : best;
    }
    return best;
}

static int choose_borders(const Sums *s, int wanted, int *borders)
{
    int count = 1;
    double segment = (double)s->before[s->count] / wanted;
    borders[0] = 0;
    for (int k = 1; k < wanted; k++) {
        int b = choose_border(s, borders[count - 1], k * segment, segment);
        if (b > 0)
            borders[count++] = b;
    }
    borders[count] = s->count;
    return count;
}

int segments_plan(const Graph *g, int64_t h, int64_t w, int wanted, int *borders)
{
    Sums s = {.count = g->output->index + 1};
    size_t size = (size_t)g->count + 1;
    s.before = memory_array(size, sizeof *s.before);
    s.alive = memory_array(size, sizeof *s.alive);
    s.closed = memory_array(size, sizeof *s.closed);
    int64_t *heights = memory_array(size, sizeof *heights);
    int64_t *widths = memory_array(size, sizeof *widths);
    int result = graph_extents(g, h, w, heights, widths);
    if (result == 0) {
        fill_sums(&s, g, heights, widths);
        result = choose_borders(&s, wanted, borders);
    }
    free(s.before);
    free(s.alive);
    free(s.closed);
    free(heights);
    free(widths);
    return result;
}
