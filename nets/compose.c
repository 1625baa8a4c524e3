#include "nets/compose.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Two parameters, NAME.weight (o, i, k, k) and NAME.bias (o), at parts[0] and parts[1]. */
static void add_kernel(Graph *g, const char *layer, const char *name, int o, int i, int k,
                       int *parts)
{
    const int64_t shape[4] = {o, i, k, k};
    char *key = memory_print("%s.%s", layer, name);
    for (int is_bias = 0; is_bias < 2; is_bias++) {
        parts[is_bias] =
            graph_parameter(g, key, is_bias ? "bias" : "weight", is_bias ? 1 : 4, shape);
        g->parameters[parts[is_bias]].initialisation = INITIALISE_FAN_IN;
        g->parameters[parts[is_bias]].value = (double)i * k * k;
    }
    free(key);
}

Node *layer_conv_composed(Graph *g, const char *name, Node *x, int channels, int kernel, int gain)
{
    char *local = memory_print("%s.eval_conv", name);
    Node *n = graph_add(g, OPERATION_CONV, local, &x, 1);
    free(local);
    if (!n)
        return NULL;
    char *layer = memory_copy_string(n->name);
    layer[strlen(layer) - strlen(".eval_conv")] = 0;
    int inputs = x->channels, made[2];
    n->channels = channels;
    n->kernel = kernel;
    n->stride = 1;
    n->padding = kernel / 2;
    add_kernel(g, layer, "sk", channels, inputs, 1, &n->parts[PART_BESIDE]);
    add_kernel(g, layer, "conv.0", inputs * gain, inputs, 1, &n->parts[PART_IN]);
    add_kernel(g, layer, "conv.1", channels * gain, inputs * gain, kernel, &n->parts[PART_MIDDLE]);
    add_kernel(g, layer, "conv.2", channels, channels * gain, 1, &n->parts[PART_OUT]);
    add_kernel(g, layer, "eval_conv", channels, inputs, kernel, made);
    for (int i = 0; i < 2; i++) {
        g->parameters[made[i]].trained = false;
        g->parameters[made[i]].initialisation = INITIALISE_CONSTANT;
        g->parameters[made[i]].value = 0;
    }
    n->weight = made[0];
    n->bias = made[1];
    free(layer);
    return n;
}

/* ---- Kernels made of others -------------------------------------------------------------------
 */

/* to (rows, columns) = a (rows, inner) b (inner, columns), in double. */
static void multiply(int64_t rows, int64_t inner, int64_t columns, const double *a, const double *b,
                     double *to)
{
    for (int64_t r = 0; r < rows; r++) {
        double *row = to + r * columns;
        memset(row, 0, (size_t)columns * sizeof *row);
        for (int64_t k = 0; k < inner; k++)
            for (int64_t c = 0; c < columns; c++)
                row[c] += a[r * inner + k] * b[k * columns + c];
    }
}

static double *widened(const Weight *w)
{
    double *values = memory_array((size_t)w->count, sizeof *values);
    for (int64_t i = 0; i < w->count; i++)
        values[i] = (double)w->values[i];
    return values;
}

/* The chain's kernel as (O, I, taps): out (O,M) times middle (M, K, taps) times in (K,I). */
static void chain_kernel(const Weight *in, const Weight *middle, const Weight *out, float *to)
{
    int64_t o = out->shape[0], m = middle->shape[0], k = in->shape[0], i = in->shape[1];
    int64_t taps = middle->shape[2] * middle->shape[3];
    double *a = widened(out), *b = widened(middle), *c = widened(in);
    double *half = memory_array((size_t)(o * k * taps), sizeof *half);
    double *turned = memory_array((size_t)(o * k * taps), sizeof *turned);
    double *whole = memory_array((size_t)(o * i * taps), sizeof *whole);
    multiply(o, m, k * taps, a, b, half);
    for (int64_t at = 0; at < o * k * taps; at++) /* (O,K,taps) to (O,taps,K) */
        turned[(at / (k * taps) * taps + at % taps) * k + at / taps % k] = half[at];
    multiply(o * taps, k, i, turned, c, whole);
    for (int64_t at = 0; at < o * i * taps; at++) /* (O,I,taps) from (O,taps,I) */
        to[at] = (float)whole[(at / (i * taps) * taps + at % taps) * i + at / taps % i];
    free(a);
    free(b);
    free(c);
    free(half);
    free(turned);
    free(whole);
}

/* The chain's bias: out (middle(in's bias) + middle's bias) + out's bias. */
static double chain_bias(Weight *const *parts, int64_t o)
{
    const Weight *middle = parts[PART_MIDDLE], *out = parts[PART_OUT];
    int64_t m = middle->shape[0], k = middle->shape[1], taps = middle->shape[2] * middle->shape[3];
    double sum = (double)parts[PART_OUT + 1]->values[o];
    for (int64_t row = 0; row < m; row++) {
        double inner = (double)parts[PART_MIDDLE + 1]->values[row];
        for (int64_t at = 0; at < k * taps; at++)
            inner += (double)middle->values[row * k * taps + at] *
                     (double)parts[PART_IN + 1]->values[at / taps];
        sum += (double)out->values[o * m + row] * inner;
    }
    return sum;
}

static void compose(Weight *const *parts, Weight *kernel, Weight *bias)
{
    const Weight *beside = parts[PART_BESIDE];
    int64_t taps = kernel->shape[2] * kernel->shape[3];
    chain_kernel(parts[PART_IN], parts[PART_MIDDLE], parts[PART_OUT], kernel->values);
    for (int64_t at = 0; at < beside->count; at++)
        kernel->values[at * taps + taps / 2] += beside->values[at];
    for (int64_t o = 0; o < bias->count; o++)
        bias->values[o] = (float)(chain_bias(parts, o) + (double)parts[PART_BESIDE + 1]->values[o]);
}

static bool has_shape(const Weight *w, const Parameter *p)
{
    return w && w->rank == p->rank &&
           memcmp(w->shape, p->shape, (size_t)p->rank * sizeof *p->shape) == 0;
}

static Weight *find_or_add(Weights *weights, const Parameter *p)
{
    Weight *w = weights_find(weights, p->key);
    return w ? w : weights_ask(weights, p->key, p->rank, p->shape);
}

void graph_compose(const Graph *g, Weights *weights)
{
    for (int i = 0; i < g->count; i++) {
        const Node *n = g->nodes[i];
        if (n->parts[0] < 0)
            continue;
        const Parameter *kernel = &g->parameters[n->weight], *bias = &g->parameters[n->bias];
        find_or_add(weights, kernel); /* before pointers to others are taken */
        find_or_add(weights, bias);
        Weight *parts[NODE_PARTS],
            *to[2] = {weights_find(weights, kernel->key), weights_find(weights, bias->key)};
        bool good = has_shape(to[0], kernel) && has_shape(to[1], bias);
        for (int k = 0; k < NODE_PARTS; k++) {
            parts[k] = weights_find(weights, g->parameters[n->parts[k]].key);
            good = good && has_shape(parts[k], &g->parameters[n->parts[k]]);
        }
        if (good)
            compose(parts, to[0], to[1]);
    }
}
