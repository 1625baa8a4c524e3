/* Weights by formula, those that the oracle values of LPIPS were made with: any program can make
 * the same ones, so no large file has to be kept. */
#ifndef TESTS_NETS_FORMULA_H
#define TESTS_NETS_FORMULA_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "nets/graph.h"

/* Value i of sequence `number`: uniform in -1..1. */
static inline double formula_uniform(uint32_t i, uint32_t number)
{
    uint32_t h = i * 2654435761u + (number + 1) * 2246822519u;
    h ^= h >> 15;
    h *= 2654435761u;
    h ^= h >> 13;
    return 2 * ((double)h / 4294967296.0) - 1;
}

/* Value i of parameter `number`: uniform in +-sqrt(6 / fan_in), of a bias in +-0.1. */
static inline float formula_value(uint32_t i, uint32_t number, double fan_in, bool bias)
{
    return (float)(formula_uniform(i, number) * (bias ? 0.1 : sqrt(6 / fan_in)));
}

/* Every parameter of the graph, in its order; fan_in is an array's count over its first extent.
 * Free with weights_free. */
static inline Weights *formula_weights(const Graph *g)
{
    Weights *weights = weights_new();
    for (int p = 0; p < g->parameter_count; p++) {
        const Parameter *parameter = &g->parameters[p];
        Weight *w = weights_add(weights, parameter->key, parameter->rank, parameter->shape);
        double fan_in = (double)(w->count / w->shape[0]);
        for (int64_t i = 0; i < w->count; i++)
            w->values[i] = formula_value((uint32_t)i, (uint32_t)p, fan_in, w->rank == 1);
    }
    return weights;
}

/* FNV-1a: a number for a key, the same whatever the order of keys. */
static inline uint32_t formula_number(const char *key)
{
    uint32_t h = 2166136261u;
    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * 16777619u;
    return h;
}

/* The same with numbers by key; all but biases and the like are multiplied by gain. */
static inline Weights *formula_weights_by_key(const Graph *g, double gain)
{
    Weights *weights = weights_new();
    for (int p = 0; p < g->parameter_count; p++) {
        const Parameter *parameter = &g->parameters[p];
        Weight *w = weights_add(weights, parameter->key, parameter->rank, parameter->shape);
        double fan_in = (double)(w->count / w->shape[0]);
        uint32_t number = formula_number(w->key);
        for (int64_t i = 0; i < w->count; i++)
            w->values[i] = formula_value((uint32_t)i, number, fan_in / (gain * gain), w->rank == 1);
    }
    return weights;
}

static inline bool formula_ends_with(const char *key, const char *end)
{
    size_t length = strlen(key), tail = strlen(end);
    return length >= tail && strcmp(key + length - tail, end) == 0;
}

/* What the fixtures of published modules hold under a key: values by the key alone, in whatever
 * order a network keeps its parameters. Arrays: +-sqrt(3 / fan_in); factors and variances: 1 +-
 * 0.2; spectral vectors: of length 1; all else +-0.1. */
static inline void formula_fill_by_kind(Weight *w)
{
    uint32_t number = formula_number(w->key);
    double squares = 0, fan_in = 1;
    for (int i = 1; i < w->rank; i++)
        fan_in *= (double)w->shape[i];
    for (int64_t i = 0; i < w->count; i++)
        squares += pow(formula_uniform((uint32_t)i, number), 2);
    bool unit = formula_ends_with(w->key, "weight_u") || formula_ends_with(w->key, "weight_v");
    bool factor = formula_ends_with(w->key, "weight") || formula_ends_with(w->key, "running_var");
    for (int64_t i = 0; i < w->count; i++) {
        double u = formula_uniform((uint32_t)i, number);
        w->values[i] = (float)(unit           ? u / sqrt(squares)
                               : w->rank >= 2 ? u * sqrt(3 / fan_in)
                               : factor       ? 1 + 0.2 * u
                                              : 0.1 * u);
    }
}

/* Every trained parameter and every statistic of the graph; what is computed or counted keeps its
 * initial value. Free with weights_free. */
static inline Weights *formula_weights_by_kind(const Graph *g)
{
    static const char *const KEPT[] = {"relative_position_index", "attn_mask",
                                       "num_batches_tracked"};
    Weights *weights = graph_initial_weights(g, 0);
    for (int i = 0; i < weights->count; i++) {
        bool kept = false;
        for (size_t k = 0; k < sizeof KEPT / sizeof *KEPT; k++)
            kept |= formula_ends_with(weights->items[i].key, KEPT[k]);
        if (!kept)
            formula_fill_by_kind(&weights->items[i]);
    }
    return weights;
}

/* Value i of a test picture, 0..1. */
static inline float formula_pixel(uint32_t i)
{
    return 0.5f + 0.5f * formula_value(i, formula_number("image"), 6, false);
}

#endif
