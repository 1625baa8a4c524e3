#include "export/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "nets/network.h"

enum { SIZES = 4, MOST_BATCH = 2, MOST_MULTIPLE = 64 };

typedef struct Size {
    int64_t w, h;
} Size;
static const Size WANTED[SIZES] = {{17, 23}, {33, 21}, {53, 39}, {97, 65}};

/* What runs the written file: one of them. */
typedef struct Written {
    Network *network;
    OnnxSession *session;
} Written;

/* Pictures in host memory, (n,c,h,w). */
typedef struct Pictures {
    int64_t shape[4], count;
    float *values; /* NULL after an error */
} Pictures;

static bool fits(const Graph *g, Size size)
{
    int64_t *extents = memory_array((size_t)g->count * 2, sizeof *extents);
    bool good = graph_extents(g, size.h, size.w, extents, extents + g->count) == 0;
    if (!good)
        error_clear();
    free(extents);
    return good;
}

/* The smallest size from `wanted` up that is a multiple of a power of two and that g takes. */
static Size fitting_size(const Graph *g, Size wanted)
{
    Size size = wanted;
    for (int64_t m = 2; m <= MOST_MULTIPLE && !fits(g, size); m *= 2)
        size = (Size){(wanted.w + m - 1) / m * m, (wanted.h + m - 1) / m * m};
    return size;
}

static Pictures random_pictures(int64_t n, int64_t c, Size size)
{
    Pictures p = {.shape = {n, c, size.h, size.w}, .count = n * c * size.h * size.w};
    p.values = memory_array((size_t)p.count, sizeof *p.values);
    Random random = random_stream(0, RANDOM_TEST, (uint64_t)size.w, (uint32_t)n);
    for (int64_t i = 0; i < p.count; i++)
        p.values[i] = (float)random_uniform(&random);
    return p;
}

static Pictures run_network(Network *network, const Pictures *input)
{
    Pictures p = {0};
    tensor_scope_begin();
    Tensor *image = tensor_from_floats(input->values, 4, input->shape);
    Tensor *output = network_forward(network, image, FORWARD_FROZEN, NULL);
    p.count = error_pending() ? 0 : tensor_count(output);
    p.values = memory_array((size_t)p.count + 1, sizeof *p.values);
    if (tensor_to_floats(output, p.values, p.count) != 0) {
        free(p.values);
        p.values = NULL;
    }
    tensor_scope_end();
    return p;
}

static Pictures run_written(const Written *w, const Pictures *input)
{
    if (w->network)
        return run_network(w->network, input);
    const int64_t *shape = input->shape;
    Pictures p = {0};
    p.values =
        onnx_session_run_batch(w->session, input->values, shape[0], shape[2], shape[3], p.shape);
    p.count = p.shape[0] * p.shape[1] * p.shape[2] * p.shape[3];
    return p;
}

/* Largest |a - b|, relative to a where a goes beyond 1; a NaN counts as infinite. */
static double largest_difference(const Pictures *a, const Pictures *b)
{
    if (!a->values || !b->values || a->count != b->count)
        return INFINITY;
    double largest = 0, range = 1;
    for (int64_t i = 0; i < a->count; i++)
        range = fmax(range, fabs((double)a->values[i]));
    for (int64_t i = 0; i < a->count; i++) {
        double difference = fabs((double)a->values[i] - (double)b->values[i]) / range;
        if (!(difference <= largest))
            largest = isnan(difference) ? INFINITY : difference;
    }
    return largest;
}

static int compare(Network *original, const Written *written, int64_t n, Size size,
                   Agreement *agreement)
{
    if (interrupt_pending())
        return error_set(ERROR_INTERRUPT, "interrupted");
    Pictures input = random_pictures(n, network_graph(original)->nodes[0]->channels, size);
    Pictures expected = run_network(original, &input), found = {0};
    if (expected.values)
        found = run_written(written, &input);
    agreement->largest = fmax(agreement->largest, largest_difference(&expected, &found));
    agreement->inputs++;
    free(input.values);
    free(expected.values);
    free(found.values);
    return error_pending() ? -1 : 0;
}

static int compare_all(Network *original, const Written *written, Agreement *agreement)
{
    for (int i = 0; i < SIZES; i++) {
        Size size = fitting_size(network_graph(original), WANTED[i]);
        size_t used = strlen(agreement->sizes);
        snprintf(agreement->sizes + used, sizeof agreement->sizes - used, "%s%lldx%lld",
                 i ? ", " : "", (long long)size.w, (long long)size.h);
        for (int n = 1; n <= MOST_BATCH; n++)
            if (compare(original, written, n, size, agreement) != 0)
                return -1;
    }
    return 0;
}

/* Convolutions on the longest way from the input to the output. */
static int depth_of(const Graph *g)
{
    int *depths = memory_array((size_t)g->count, sizeof *depths);
    for (int i = 0; i < g->count; i++) {
        const Node *n = g->nodes[i];
        for (int k = 0; k < n->input_count; k++)
            if (depths[n->inputs[k]->index] > depths[i])
                depths[i] = depths[n->inputs[k]->index];
        depths[i] += n->operation == OPERATION_CONV || n->operation == OPERATION_WINDOW_ATTENTION;
    }
    int depth = depths[g->output->index];
    free(depths);
    return depth;
}

double verify_limit(const Graph *g)
{
    return depth_of(g) <= VERIFY_COMPACT ? 1e-5 : 5e-5;
}

/* One of `written` and `session` runs the file. */
static int verify(const char *path, Runnable original, const Runnable *written,
                  OnnxSession *session, Agreement *agreement)
{
    if (tensor_begin(threads_count(), "cpu") != 0)
        return -1;
    tensor_no_grad_begin();
    Network *a = network_new(original.graph, original.weights, PRECISION_FP32);
    Written b = {.session = session};
    if (a && written)
        b.network = network_new(written->graph, written->weights, PRECISION_FP32);
    int result = b.network || (a && b.session) ? compare_all(a, &b, agreement) : -1;
    network_free(a);
    network_free(b.network);
    tensor_no_grad_end();
    if (result != 0)
        return error_note("%s: cannot be verified", path);
    if (agreement->largest <= agreement->limit)
        return 0;
    return error_set(ERROR_FORMAT, "%s: differs from the model by %g, more than %g (%s)", path,
                     agreement->largest, agreement->limit, agreement->by);
}

static int check_channels(const char *path, Runnable original, int channels)
{
    if (original.graph->nodes[0]->channels == channels)
        return 0;
    return error_set(ERROR_FORMAT, "%s: differs from the model in its input's channels", path);
}

int verify_agreement(const char *path, Runnable original, Runnable written, double limit,
                     Agreement *agreement)
{
    *agreement = (Agreement){.limit = limit, .by = "our own reader"};
    if (check_channels(path, original, written.graph->nodes[0]->channels) != 0)
        return -1;
    return verify(path, original, &written, NULL, agreement);
}

int verify_session(const char *path, Runnable original, OnnxSession *written, double limit,
                   Agreement *agreement)
{
    *agreement = (Agreement){.limit = limit};
    snprintf(agreement->by, sizeof agreement->by, "%s", onnx_runtime_version());
    if (check_channels(path, original, onnx_session_interface(written)->channels) != 0)
        return -1;
    return verify(path, original, NULL, written, agreement);
}
