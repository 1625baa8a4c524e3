#include "nets/speed.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"
#include "nets/cost.h"
#include "nets/network_nodes.h"
#include "nets/pass.h"
#include "tensor/kernels/map.h"
#include "tensor/kernels/peak.h"

/* Every pass is repeated at least so often, and for so many seconds. */
enum { LEAST_PASSES = 3, MOST_PASSES = 50 };
static const double SECONDS = 2;

/* One pass's times. */
typedef struct Trial {
    double seconds;         /* of the whole pass */
    double *forward, *back; /* of every node */
} Trial;

static Trial trial_new(const Graph *g)
{
    size_t count = (size_t)g->count + 1;
    return (Trial){0, memory_array(count, sizeof(double)), memory_array(count, sizeof(double))};
}

static void trial_free(Trial *t)
{
    free(t->forward);
    free(t->back);
}

static int compare_trials(const void *a, const void *b)
{
    double x = ((const Trial *)a)->seconds, y = ((const Trial *)b)->seconds;
    return (x > y) - (x < y);
}

static void note(void *context, const Node *n, bool back, double seconds)
{
    Trial *t = context;
    (back ? t->back : t->forward)[n->index] += seconds;
}

static Tensor *made_up_picture(const Graph *g, const SpeedForm *f)
{
    int64_t shape[] = {f->samples, g->nodes[0]->channels, f->h, f->w};
    int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
    float *values = memory_ask((size_t)count, sizeof *values);
    for (int64_t i = 0; values && i < count; i++)
        values[i] = (float)((uint32_t)i * 2654435761u >> 8) / (float)(1 << 24);
    Tensor *picture = values ? tensor_from_floats(values, 4, shape) : NULL;
    free(values);
    return picture;
}

static int pass_alone(Network *network, Tensor *picture)
{
    tensor_no_grad_begin();
    network_forward(network, picture, FORWARD_PLAIN, NULL);
    tensor_no_grad_end();
    return error_pending() ? -1 : 0;
}

static int pass_training(Network *network, Tensor *picture)
{
    Tensor *output;
    NetworkPass *pass = network_pass_begin(network, picture, FORWARD_PLAIN, 1, &output);
    return pass ? network_pass_end(pass, tensor_detach(output)) : -1;
}

typedef int PassOnce(Network *network, Tensor *picture);

static int run_trial(Network *network, Tensor *picture, PassOnce *pass, Trial *t)
{
    *t = trial_new(network_graph(network));
    network_observe(network, note, t);
    double begun = clock_seconds();
    tensor_scope_begin();
    int result = pass(network, picture);
    tensor_scope_end();
    t->seconds = clock_seconds() - begun;
    network_observe(network, NULL, NULL);
    return result;
}

/* The pass of median time, not counting the first one, which makes plans. Free with trial_free. */
static Trial typical(Network *network, Tensor *picture, PassOnce *pass)
{
    Trial trials[1 + MOST_PASSES];
    double until = clock_seconds() + SECONDS;
    int used = 0;
    while (run_trial(network, picture, pass, &trials[used++]) == 0 && used <= MOST_PASSES &&
           (used <= LEAST_PASSES || clock_seconds() < until))
        ;
    qsort(trials + 1, (size_t)used - 1, sizeof *trials, compare_trials);
    int median = used / 2;
    for (int i = 0; i < used; i++)
        if (i != median)
            trial_free(&trials[i]);
    return trials[median];
}

static void measure(Network *network, Tensor *picture, Speed *s)
{
    const Graph *g = network_graph(network);
    s->backend = network_backend_name(network);
    s->precision = network_precision_name(network);
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i]->operation == OPERATION_CONV && network_is_fused(g, BACKEND_AUTO))
            network_method(network, g->nodes[i], s->nodes[i].method, sizeof s->nodes[i].method);
    Trial alone = typical(network, picture, pass_alone);
    Trial training = typical(network, picture, pass_training); /* does nothing after an error */
    s->alone = alone.seconds;
    s->training = training.seconds;
    for (int i = 0; i < g->count; i++) {
        s->nodes[i].alone = alone.forward[i];
        s->nodes[i].forward = training.forward[i];
        s->nodes[i].back = training.back[i];
    }
    trial_free(&alone);
    trial_free(&training);
}

int speed_measure(const Graph *g, const SpeedForm *f, Speed *s)
{
    *s = (Speed){.nodes = memory_array((size_t)g->count + 1, sizeof *s->nodes)};
    Weights *weights = graph_initial_weights(g, 0);
    Network *network = weights ? network_new(g, weights, f->precision) : NULL;
    tensor_scope_begin();
    Tensor *picture = network ? made_up_picture(g, f) : NULL;
    s->peak = kernel_peak();
    if (picture)
        measure(network, picture, s);
    tensor_scope_end();
    network_free(network);
    weights_free(weights);
    return error_pending() ? -1 : 0;
}

void speed_free(Speed *s)
{
    free(s->nodes);
}

/* "12.34 ms  210.1 GFLOP/s  88 %" of `flops`; dashes where nothing was measured. */
static void print_rate(FILE *stream, double seconds, double flops, double peak)
{
    if (seconds <= 0)
        fprintf(stream, " %9s %9s %6s", "-", "-", "-");
    else if (flops <= 0)
        fprintf(stream, " %9.3f %9s %6s", seconds * 1e3, "-", "-");
    else
        fprintf(stream, " %9.3f %9.1f %5.0f%%", seconds * 1e3, flops / seconds * 1e-9,
                100 * flops / seconds / peak);
}

static void print_node(FILE *stream, const Node *n, const NodeSpeed *t, double flops, double peak)
{
    if (t->alone <= 0 && t->forward <= 0)
        return;
    fprintf(stream, "  %-24s %-16s", n->name, operation_name(n->operation));
    print_rate(stream, t->alone, flops, peak);
    print_rate(stream, t->forward, flops, peak);
    print_rate(stream, t->back, 2 * flops, peak);
    fprintf(stream, "  %s\n", t->method);
}

static void print_sums(FILE *stream, const Speed *s, const SpeedForm *f, double flops)
{
    fprintf(stream,
            "  %s, %s, batch %lld, %d threads; at most %.1f GFLOP/s in fp32\n"
            "  without gradients %.3f ms: %.2f pictures/s, %.1f GFLOP/s, %.0f %% of it\n"
            "  forward and back %.3f ms: %.2f pictures/s, %.1f GFLOP/s, %.0f %% of it\n",
            s->backend, s->precision, (long long)f->samples, threads_count(), s->peak * 1e-9,
            s->alone * 1e3, (double)f->samples / s->alone, flops / s->alone * 1e-9,
            100 * flops / s->alone / s->peak, s->training * 1e3, (double)f->samples / s->training,
            3 * flops / s->training * 1e-9, 300 * flops / s->training / s->peak);
}

int speed_print_table(const Graph *g, const SpeedForm *f, FILE *stream)
{
    Speed s;
    int64_t *multiply_adds = memory_array((size_t)g->count + 1, sizeof *multiply_adds);
    int result = cost_of_nodes(g, f->h, f->w, multiply_adds);
    s.nodes = NULL;
    if (result == 0)
        result = speed_measure(g, f, &s);
    if (result == 0) {
        double all = 0;
        fprintf(stream, "  %-24s %-16s %26s %26s %26s\n  %-24s %-16s", "", "",
                "without gradients  ", "forward          ", "back           ", "layer",
                "operation");
        for (int i = 0; i < 3; i++)
            fprintf(stream, " %9s %9s %6s", "ms", "GFLOP/s", "share");
        fprintf(stream, "\n");
        for (int i = 0; i < g->count; i++) {
            double flops = 2 * (double)multiply_adds[i] * (double)f->samples;
            all += flops;
            print_node(stream, g->nodes[i], &s.nodes[i], flops, s.peak);
        }
        print_sums(stream, &s, f, all);
    }
    speed_free(&s);
    free(multiply_adds);
    return result;
}
