/* Weights by formula, those that the oracle values of LPIPS were made with: any program can make
 * the same ones, so no large file has to be kept. */
#ifndef TESTS_NETS_FORMULA_H
#define TESTS_NETS_FORMULA_H

#include <math.h>
#include <stdint.h>

#include "nets/graph.h"

/* Value i of parameter `number`: uniform in +-sqrt(6 / fan_in), of a bias in +-0.1. */
static inline float formula_value(uint32_t i, uint32_t number, double fan_in, bool bias)
{
    uint32_t h = i * 2654435761u + (number + 1) * 2246822519u;
    h ^= h >> 15;
    h *= 2654435761u;
    h ^= h >> 13;
    double u = (double)h / 4294967296.0;
    return (float)((2 * u - 1) * (bias ? 0.1 : sqrt(6 / fan_in)));
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

/* The same with numbers by key. */
static inline Weights *formula_weights_by_key(const Graph *g)
{
    Weights *weights = weights_new();
    for (int p = 0; p < g->parameter_count; p++) {
        const Parameter *parameter = &g->parameters[p];
        Weight *w = weights_add(weights, parameter->key, parameter->rank, parameter->shape);
        double fan_in = (double)(w->count / w->shape[0]);
        uint32_t number = formula_number(w->key);
        for (int64_t i = 0; i < w->count; i++)
            w->values[i] = formula_value((uint32_t)i, number, fan_in, w->rank == 1);
    }
    return weights;
}

/* Value i of a test picture, 0..1. */
static inline float formula_pixel(uint32_t i)
{
    return 0.5f + 0.5f * formula_value(i, formula_number("image"), 6, false);
}

#endif
