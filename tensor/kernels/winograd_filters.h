/* Weights into points, and their gradient back. */
#ifndef TENSOR_KERNELS_WINOGRAD_FILTERS_H
#define TENSOR_KERNELS_WINOGRAD_FILTERS_H

#include "tensor/kernels/winograd_steps.h"
#include "tensor/kernels/winograd_transforms.h"

/* Taps of a phase, phases, and a layer's weights from a channel to the next. */
enum { TAPS = KERNEL * KERNEL, PHASES = STRIDE * STRIDE, WEIGHTS = TAPS * PHASES };

/* Where a phase's tap lies among those weights. */
INLINE int tap_place(int phase, int tap)
{
    int y = tap / KERNEL * STRIDE + phase / STRIDE, x = tap % KERNEL * STRIDE + phase % STRIDE;
    return y * KERNEL * STRIDE + x;
}

INLINE int64_t depth_of(const PackedWeights *w)
{
    return w->transposed ? w->outputs : (int64_t)w->inputs * PHASES;
}

/* The filters from channel `depth` to LANES columns from `column` on; channels of the layer's input
 * are counted over all phases. */
INLINE void gather_filters(const PackedWeights *w, int64_t depth, int column, float *to)
{
    int columns = w->transposed ? w->inputs * PHASES : w->outputs;
    int count = columns - column < LANES ? columns - column : LANES;
    int64_t step = WEIGHTS * (w->transposed ? 1 : w->inputs);
    int64_t input = w->transposed ? column : depth, output = w->transposed ? depth : column;
    int phase = (int)(input / w->inputs);
    const float *from = w->weight + WEIGHTS * (output * w->inputs + input % w->inputs);
    for (int i = 0; i < count; i++)
        for (int tap = 0; tap < TAPS; tap++)
            to[(w->transposed ? TAPS - 1 - tap : tap) * LANES + i] =
                from[i * step + tap_place(phase, tap)];
    for (int i = count; i < LANES; i++)
        for (int tap = 0; tap < TAPS; tap++)
            to[tap * LANES + i] = 0;
}

/* U = G g G', LANES columns. */
enum { LARGE = 1 << 21 }; /* values that are not written to caches, which they would not stay in */

/* other: NULL, or what the vectors are written in pairs with. */
INLINE void pack_vector(const float *taps, float factor, float *to, int64_t plane,
                        const float *other, const bool past_caches)
{
    Vector g[TAPS], rows[KERNEL * WINOGRAD_INPUT];
    for (int tap = 0; tap < TAPS; tap++)
        g[tap] = factor * load(taps + tap * LANES);
#pragma GCC unroll 3
    for (int j = 0; j < KERNEL; j++)
        transform_weights(g + j, KERNEL, rows + j, KERNEL);
#pragma GCC unroll 6
    for (int i = 0; i < WINOGRAD_INPUT; i++) {
        Vector row[WINOGRAD_INPUT];
        transform_weights(rows + i * KERNEL, 1, row, 1);
#pragma GCC unroll 6
        for (int j = 0; j < WINOGRAD_INPUT; j++) {
            int point = i * WINOGRAD_INPUT + j;
            Vector v = other ? pairs_of(load(other + point * LANES), row[j]) : row[j];
            if (past_caches)
                store_past_caches(to + point * plane, v);
            else
                store(to + point * plane, v);
        }
    }
}

/* Channels PAIRS * k .. of the depth, to LANES columns from `column` on. */
INLINE void pack_filters(const PackedWeights *w, int64_t k, int column, float *to, int64_t plane,
                         const bool past_caches)
{
    float taps[TAPS * LANES], other[WINOGRAD_POINTS * LANES];
    gather_filters(w, k * PAIRS, column, taps);
    if (PAIRS == 2) {
        pack_vector(taps, w->factor, other, LANES, NULL, false);
        memset(taps, 0, sizeof taps);
        if (k * PAIRS + 1 < depth_of(w))
            gather_filters(w, k * PAIRS + 1, column, taps);
    }
    pack_vector(taps, w->factor, to, plane, PAIRS == 2 ? other : NULL, past_caches);
}

static void pack(const PackedWeights *w, Range tasks)
{
    int64_t depth = (depth_of(w) + PAIRS - 1) / PAIRS;
    int columns = w->transposed ? w->inputs * PHASES : w->outputs;
    int vectors = (columns + LANES - 1) / LANES, panels = winograd_panels(vectors, PANEL);
    int64_t plane = winograd_plane(depth * vectors * LANES);
    bool large = plane * WINOGRAD_POINTS > LARGE;
    for (int64_t task = tasks.first; task < tasks.last; task++) {
        int panel = (int)(task / depth);
        int64_t k = task % depth;
        int from = winograd_panel_start(vectors, panels, panel);
        int width = winograd_panel_start(vectors, panels, panel + 1) - from;
        for (int v = 0; v < width; v++) {
            float *to = w->packed + (depth * from + k * width + v) * LANES;
            if (large)
                pack_filters(w, k, (from + v) * LANES, to, plane, true);
            else
                pack_filters(w, k, (from + v) * LANES, to, plane, false);
        }
    }
    finish_stores();
}

/* dweight = G' dU G, LANES outputs of one input, counted over all phases. */
INLINE void weights_vector(const WeightGradient *g, int64_t input, int output)
{
    Vector rows[KERNEL * WINOGRAD_INPUT], taps[TAPS];
    const float *from = g->values + input * g->row + output;
    for (int j = 0; j < WINOGRAD_INPUT; j++) {
        Vector column[WINOGRAD_INPUT];
        for (int i = 0; i < WINOGRAD_INPUT; i++) {
            const float *p = from + (i * WINOGRAD_INPUT + j) * g->plane;
            column[i] = load(p);
            __builtin_prefetch(p + g->row); /* the next input's */
            for (int part = 1; part < g->parts; part++)
                column[i] += load(p + part * g->apart);
        }
        transform_weights_back(column, 1, rows + j, WINOGRAD_INPUT);
    }
    for (int i = 0; i < KERNEL; i++)
        transform_weights_back(rows + i * WINOGRAD_INPUT, 1, taps + i * KERNEL, 1);
    float values[TAPS * LANES];
    for (int tap = 0; tap < TAPS; tap++)
        store(values + tap * LANES, taps[tap]);
    int count = g->outputs - output < LANES ? g->outputs - output : LANES;
    int phase = (int)(input / g->channels);
    int64_t channel = g->first + input % g->channels;
    for (int o = 0; o < count; o++)
        for (int tap = 0; tap < TAPS; tap++)
            g->dweight[((int64_t)(output + o) * g->inputs + channel) * WEIGHTS +
                       tap_place(phase, tap)] = values[tap * LANES + o];
}

/* A panel at a time: 64 filters at most are written to at the same time. */
static void weights(const WeightGradient *g, Range tasks)
{
    int vectors = (g->outputs + LANES - 1) / LANES, panels = winograd_panels(vectors, PANEL);
    for (int64_t task = tasks.first; task < tasks.last; task++) {
        int64_t inputs = (int64_t)g->channels * PHASES;
        int panel = (int)(task / inputs);
        int last = winograd_panel_start(vectors, panels, panel + 1);
        for (int v = winograd_panel_start(vectors, panels, panel); v < last; v++)
            weights_vector(g, task % inputs, v * LANES);
    }
}

#endif
