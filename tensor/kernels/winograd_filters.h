/* Weights into points, and their gradient back. */
#ifndef TENSOR_KERNELS_WINOGRAD_FILTERS_H
#define TENSOR_KERNELS_WINOGRAD_FILTERS_H

#include "tensor/kernels/winograd_steps.h"
#include "tensor/kernels/winograd_transforms.h"

enum { TAPS = 9 };

/* The filters from channel `depth` to LANES columns from `column` on. */
INLINE void gather_filters(const PackedWeights *w, int64_t depth, int column, float *to)
{
    int columns = w->transposed ? w->inputs : w->outputs;
    int count = columns - column < LANES ? columns - column : LANES;
    int64_t step = TAPS * (w->transposed ? 1 : w->inputs);
    const float *from = w->weight + TAPS * (w->transposed ? depth * w->inputs + column
                                                          : (int64_t)column * w->inputs + depth);
    for (int i = 0; i < count; i++)
        for (int tap = 0; tap < TAPS; tap++)
            to[(w->transposed ? TAPS - 1 - tap : tap) * LANES + i] = from[i * step + tap];
    for (int i = count; i < LANES; i++)
        for (int tap = 0; tap < TAPS; tap++)
            to[tap * LANES + i] = 0;
}

/* U = G g G', LANES columns. */
INLINE void pack_vector(const float *taps, float factor, float *to, int64_t plane)
{
    Vector g[TAPS], rows[3 * WINOGRAD_INPUT];
    for (int tap = 0; tap < TAPS; tap++)
        g[tap] = factor * load(taps + tap * LANES);
#pragma GCC unroll 3
    for (int j = 0; j < 3; j++)
        transform_weights(g + j, 3, rows + j, 3);
#pragma GCC unroll 6
    for (int i = 0; i < WINOGRAD_INPUT; i++) {
        Vector row[WINOGRAD_INPUT];
        transform_weights(rows + i * 3, 1, row, 1);
#pragma GCC unroll 6
        for (int j = 0; j < WINOGRAD_INPUT; j++)
            store(to + (i * WINOGRAD_INPUT + j) * plane, row[j]);
    }
}

static void pack(const PackedWeights *w, Range tasks)
{
    int64_t depth = w->transposed ? w->outputs : w->inputs;
    int columns = w->transposed ? w->inputs : w->outputs;
    int vectors = (columns + LANES - 1) / LANES, panels = winograd_panels(vectors, PANEL);
    int64_t plane = depth * vectors * LANES;
    for (int64_t task = tasks.first; task < tasks.last; task++) {
        int panel = (int)(task / depth);
        int64_t k = task % depth;
        int from = winograd_panel_start(vectors, panels, panel);
        int width = winograd_panel_start(vectors, panels, panel + 1) - from;
        for (int v = 0; v < width; v++) {
            float taps[TAPS * LANES];
            gather_filters(w, k, (from + v) * LANES, taps);
            pack_vector(taps, w->factor, w->packed + (depth * from + k * width + v) * LANES, plane);
        }
    }
}

/* dweight = G' dU G, LANES outputs of one input. */
INLINE void weights_vector(const WeightGradient *g, int64_t input, int output)
{
    Vector rows[3 * WINOGRAD_INPUT], taps[TAPS];
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
    for (int i = 0; i < 3; i++)
        transform_weights_back(rows + i * WINOGRAD_INPUT, 1, taps + i * 3, 1);
    float values[TAPS * LANES];
    for (int tap = 0; tap < TAPS; tap++)
        store(values + tap * LANES, taps[tap]);
    int count = g->outputs - output < LANES ? g->outputs - output : LANES;
    for (int o = 0; o < count; o++)
        for (int tap = 0; tap < TAPS; tap++)
            g->dweight[((int64_t)(output + o) * g->inputs + g->first + input) * TAPS + tap] =
                values[tap * LANES + o];
}

/* A panel at a time: 64 filters at most are written to at the same time. */
static void weights(const WeightGradient *g, Range tasks)
{
    int vectors = (g->outputs + LANES - 1) / LANES, panels = winograd_panels(vectors, PANEL);
    for (int64_t task = tasks.first; task < tasks.last; task++) {
        int panel = (int)(task / g->channels);
        int last = winograd_panel_start(vectors, panels, panel + 1);
        for (int v = winograd_panel_start(vectors, panels, panel); v < last; v++)
            weights_vector(g, task % g->channels, v * LANES);
    }
}

#endif
