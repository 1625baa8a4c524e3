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

enum { SIZES = 3, MOST_BATCH = 2, MOST_MULTIPLE = 64 };

typedef struct Size {
    int64_t w, h;
} Size;
static const Size WANTED[SIZES] = {{17, 23}, {64, 64}, {130, 97}};

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

static Tensor *random_pictures(int64_t n, int64_t c, Size size)
{
    int64_t shape[4] = {n, c, size.h, size.w}, count = n * c * size.h * size.w;
    float *values = memory_array((size_t)count, sizeof *values);
    Random random = random_stream(0, RANDOM_TEST, (uint64_t)size.w, (uint32_t)n);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)random_uniform(&random);
    Tensor *pictures = tensor_from_floats(values, 4, shape);
    free(values);
    return pictures;
}

/* Largest |a - b|, relative to a where a goes beyond 1; a NaN counts as infinite. */
static double largest_difference(const Tensor *a, const Tensor *b)
{
    if (error_pending() || tensor_count(a) != tensor_count(b))
        return INFINITY;
    int64_t count = tensor_count(a);
    float *values = memory_array((size_t)count * 2, sizeof *values);
    double largest = 0;
    if (tensor_to_floats(a, values, count) != 0 || tensor_to_floats(b, values + count, count) != 0)
        largest = INFINITY;
    double range = 1;
    for (int64_t i = 0; i < count; i++)
        range = fmax(range, fabs((double)values[i]));
    for (int64_t i = 0; i < count; i++) {
        double difference = fabs((double)values[i] - (double)values[count + i]) / range;
        if (!(difference <= largest))
            largest = isnan(difference) ? INFINITY : difference;
    }
    free(values);
    return largest;
}

static int compare(Network *original, Network *written, int64_t n, Size size, Agreement *agreement)
{
    if (interrupt_pending())
        return error_set(ERROR_INTERRUPT, "interrupted");
    tensor_scope_begin();
    Tensor *input = random_pictures(n, network_graph(original)->nodes[0]->channels, size);
    Tensor *expected = network_forward(original, input, FORWARD_FROZEN, NULL);
    Tensor *found = network_forward(written, input, FORWARD_FROZEN, NULL);
    double difference = largest_difference(expected, found);
    if (difference > agreement->largest)
        agreement->largest = difference;
    agreement->inputs++;
    tensor_scope_end();
    return error_pending() ? -1 : 0;
}

static int compare_all(Network *original, Network *written, Agreement *agreement)
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

int verify_agreement(const char *path, Runnable original, Runnable written, Agreement *agreement)
{
    *agreement = (Agreement){0};
    if (original.graph->nodes[0]->channels != written.graph->nodes[0]->channels)
        return error_set(ERROR_FORMAT, "%s: differs from the model in its input's channels", path);
    if (tensor_begin(threads_count(), "cpu") != 0)
        return -1;
    tensor_no_grad_begin();
    Network *a = network_new(original.graph, original.weights, PRECISION_FP32);
    Network *b = a ? network_new(written.graph, written.weights, PRECISION_FP32) : NULL;
    int result = b ? compare_all(a, b, agreement) : -1;
    network_free(a);
    network_free(b);
    tensor_no_grad_end();
    if (result != 0)
        return error_note("%s: cannot be verified", path);
    if (agreement->largest <= VERIFY_LIMIT)
        return 0;
    return error_set(ERROR_FORMAT, "%s: differs from the model by %g, more than %g", path,
                     agreement->largest, VERIFY_LIMIT);
}
