/* Weights into points, and their gradient back. */
#ifndef TENSOR_KERNELS_WINOGRAD_FILTERS_H
#define TENSOR_KERNELS_WINOGRAD_FILTERS_H

#include "tensor/kernels/winograd_steps.h"
#include "tensor/kernels/winograd_transforms.h"
#if FACTORS == INT16_PAIRS
#include "tensor/kernels/winograd_integers.h"
#endif

/* Taps of a phase, phases, and a layer's weights from a channel to the next. */
enum { TAPS = KERNEL * KERNEL, PHASES = STRIDE * STRIDE, WEIGHTS = TAPS * PHASES };

/* Where a phase's tap lies among those weights. */
INLINE int tap_place(int phase, int tap)
{
    int y = tap / KERNEL * STRIDE + phase / STRIDE, x = tap % KERNEL * STRIDE + phase % STRIDE;
    return y * KERNEL * STRIDE + x;
}

#if FACTORS != BF16_PAIRS

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

enum { LARGE = 1 << 21 }; /* values that are not written to caches, which they would not stay in */

/* U = G g G', LANES columns. */
INLINE void transform_filters(const float *taps, float factor, float *to, int64_t plane,
                              const bool past_caches)
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
            float *at = to + (i * WINOGRAD_INPUT + j) * plane;
            if (past_caches)
                store_past_caches(at, row[j]);
            else
                store(at, row[j]);
        }
    }
}

/* One vector of columns, packed from `to` on, `step` values from one of the depth to the next. */
typedef struct Column {
    int first;
    float *to;
    int64_t step, plane;
    const float *scales; /* of the first point */
    int64_t columns;
} Column;

#if FACTORS == INT16_PAIRS

INLINE void transform_channel(const PackedWeights *w, int64_t channel, int column, float *to)
{
    float taps[TAPS * LANES];
    if (channel >= depth_of(w)) {
        memset(to, 0, sizeof(float) * WINOGRAD_POINTS * LANES);
        return;
    }
    gather_filters(w, channel, column, taps);
    transform_filters(taps, w->factor, to, LANES, false);
}

INLINE void pack_column(const PackedWeights *w, const Column *c, Range depth,
                        const bool past_caches)
{
    Vector inverse[WINOGRAD_POINTS];
    for (int point = 0; point < WINOGRAD_POINTS; point++)
        inverse[point] = 1 / load(c->scales + point * c->columns);
    for (int64_t k = depth.first; k < depth.last; k++) {
        float even[WINOGRAD_POINTS * LANES], odd[WINOGRAD_POINTS * LANES];
        transform_channel(w, 2 * k, c->first, even);
        transform_channel(w, 2 * k + 1, c->first, odd);
        for (int point = 0; point < WINOGRAD_POINTS; point++) {
            Vector pairs = integer_pairs(inverse[point] * load(even + point * LANES),
                                         inverse[point] * load(odd + point * LANES));
            float *to = c->to + k * c->step + point * c->plane;
            if (past_caches)
                store_past_caches(to, pairs);
            else
                store(to, pairs);
        }
    }
}

static void measure(const PackedWeights *w, Range tasks)
{
    int columns = w->transposed ? w->inputs * PHASES : w->outputs;
    int64_t width = (columns + LANES - 1) / LANES * LANES;
    for (int64_t task = tasks.first; task < tasks.last; task++) {
        Extent extents[WINOGRAD_POINTS] = {0};
        for (int64_t channel = 0; channel < depth_of(w); channel++) {
            float values[WINOGRAD_POINTS * LANES];
            transform_channel(w, channel, (int)task * LANES, values);
            for (int point = 0; point < WINOGRAD_POINTS; point++)
                extend(&extents[point], load(values + point * LANES));
        }
        for (int point = 0; point < WINOGRAD_POINTS; point++)
            store(w->scales + point * width + task * LANES,
                  filter_scales(&extents[point], depth_of(w)));
    }
}

#else

INLINE void pack_column(const PackedWeights *w, const Column *c, Range depth,
                        const bool past_caches)
{
    for (int64_t k = depth.first; k < depth.last; k++) {
        float taps[TAPS * LANES];
        gather_filters(w, k, c->first, taps);
        transform_filters(taps, w->factor, c->to + k * c->step, c->plane, past_caches);
    }
}

#endif

static void pack(const PackedWeights *w, Range tasks)
{
    int64_t depth = (depth_of(w) + PAIRS - 1) / PAIRS;
    int columns = w->transposed ? w->inputs * PHASES : w->outputs;
    int vectors = (columns + LANES - 1) / LANES, panels = winograd_panels(vectors, PANEL);
    int64_t plane = winograd_plane(depth * vectors * LANES);
    bool large = plane * WINOGRAD_POINTS > LARGE;
    for (int64_t task = tasks.first, end; task < tasks.last; task = end) {
        int panel = (int)(task / depth);
        end = (panel + 1) * depth < tasks.last ? (panel + 1) * depth : tasks.last;
        Range part = {task - panel * depth, end - panel * depth};
        int from = winograd_panel_start(vectors, panels, panel);
        int width = winograd_panel_start(vectors, panels, panel + 1) - from;
        for (int v = 0; v < width; v++) {
            Column c = {.first = (from + v) * LANES,
                        .to = w->packed + (depth * from + v) * LANES,
                        .step = width * LANES,
                        .plane = plane,
                        .scales = w->scales + (from + v) * LANES,
                        .columns = (int64_t)vectors * LANES};
            if (large)
                pack_column(w, &c, part, true);
            else
                pack_column(w, &c, part, false);
        }
    }
    finish_stores();
}

#endif
#if FACTORS != INT16_PAIRS

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

#endif
