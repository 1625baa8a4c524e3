#include "nets/memory.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "nets/fused/memory.h"
#include "nets/network_nodes.h"
#include "nets/segments.h"

enum { NO_NODE = -1, MOST_SEGMENTS = 64, HELD = 1 << 20 };

/* A gradient's storage, which several values may share. */
typedef struct Gradient {
    int64_t bytes;
    int references;
} Gradient;

/* Nodes that the fused reader computes at once. Of their results only those have a storage of their
 * own that are read behind them, until there is no way back any more. */
typedef struct Run {
    int first, end;
    bool *reads; /* nodes in front */
    FusedMemory unrecorded, recorded;
} Run;

/* One walk through the graph. Values that share a storage have the same root. */
typedef struct Walk {
    const Graph *graph;
    const MemoryPlan *plan;
    bool fused;
    Run *runs;
    int run_count, run_capacity;
    int *run_of;     /* of every node: which of the runs, or NO_NODE */
    bool *active;    /* gradients go through it */
    int64_t *counts; /* values of every node's result */
    int *widths;     /* bytes of each of them */
    int *roots;      /* whose storage the result lies in; NO_NODE inside of runs */
    int *last_reads; /* of the storage in forward passes; the node count: by the caller */
    int *keepers;    /* of the storage: the first node whose backward reads it, or NO_NODE */
    int *holds;      /* of the result: place of its gradient in `gradients`, or NO_NODE */
    Gradient *gradients;
    int gradient_count;
    int64_t live, most;
} Walk;

static int64_t bytes_of(const Walk *m, const Node *n)
{
    return m->counts[n->index] * m->widths[n->index];
}

static void note(Walk *m, int64_t transient)
{
    if (m->live + transient > m->most)
        m->most = m->live + transient;
}

/* ---- What operations keep -------------------------------------------------------------------- */

static int compute_width(const Walk *m)
{
    return m->plan->precision == PRECISION_BF16 ? 2 : 4;
}

/* Whether what comes in is brought to the precision of the pass first. */
static bool is_linear(const Node *n)
{
    return n->operation == OPERATION_CONV || n->operation == OPERATION_WINDOW_ATTENTION;
}

static bool casts_input(const Walk *m, const Node *n)
{
    return is_linear(n) && m->widths[n->inputs[0]->index] != compute_width(m);
}

/* What is made of the image alone stays fp32; a mixed operation's result is fp32. */
static int width_of(const Walk *m, const Node *n)
{
    if (n->operation == OPERATION_INPUT || n->operation == OPERATION_NORMALISE)
        return 4;
    if (is_linear(n))
        return compute_width(m);
    int width = 2;
    for (int k = 0; k < n->input_count; k++)
        width = m->widths[n->inputs[k]->index] > width ? m->widths[n->inputs[k]->index] : width;
    return width;
}

/* Whether the backward of `n` reads its inputs, and its result. */
typedef struct Reads {
    bool inputs, result;
} Reads;

static Reads reads_of(const Graph *g, const Node *n)
{
    switch (n->operation) {
    case OPERATION_CONV:
    case OPERATION_PRELU:
    case OPERATION_SILU:
    case OPERATION_MISH:
    case OPERATION_GELU:
    case OPERATION_MULTIPLY:
    case OPERATION_MAX_POOL:
    case OPERATION_BATCH_NORM:
    case OPERATION_GROUP_NORM:
    case OPERATION_LAYER_NORM:
    case OPERATION_WINDOW_ATTENTION:
        return (Reads){true, false};
    case OPERATION_LEAKY_RELU:
        return (Reads){!network_overwrites(g, n), network_overwrites(g, n)};
    case OPERATION_RELU:
    case OPERATION_SIGMOID:
        return (Reads){false, true};
    case OPERATION_INPUT:
    case OPERATION_ADD:
    case OPERATION_AFFINE:
    case OPERATION_QUANTISE:
    case OPERATION_NORMALISE:
    case OPERATION_CONCAT:
    case OPERATION_SLICE:
    case OPERATION_REPEAT:
    case OPERATION_PIXEL_SHUFFLE:
    case OPERATION_PIXEL_UNSHUFFLE:
    case OPERATION_NEAREST:
    case OPERATION_BILINEAR:
    case OPERATION_PAD_TO_MULTIPLE:
    case OPERATION_CROP:
        break;
    }
    return (Reads){false, false};
}

static int64_t weights_of(const Walk *m, const Node *n)
{
    const Parameter *parameters = m->graph->parameters;
    int64_t count = n->weight >= 0 ? parameters[n->weight].count : 0;
    for (int i = 0; i < NODE_PARTS && n->parts[0] >= 0; i++)
        count += parameters[n->parts[i]].count;
    if (n->operation == OPERATION_WINDOW_ATTENTION)
        count += parameters[n->projection].count;
    return count;
}

/* Of attention: bytes of one of q, k, v, and of all pairs of pixels that see each other. */
static int64_t third_of(const Walk *m, const Node *n)
{
    return m->widths[n->index] * m->counts[n->index];
}

static int64_t scores_of(const Walk *m, const Node *n)
{
    return third_of(m, n) / n->channels * n->factor * n->kernel * n->kernel;
}

/* What a node keeps beside storages of results: weights in bf16, its input in bf16, indexes;
 * statistics; of attention q, k, v, q scaled, what was seen, and how much of it. */
static int64_t extra_of(const Walk *m, const Node *n)
{
    int64_t bytes = 0;
    if (m->plan->precision == PRECISION_BF16)
        bytes += 2 * weights_of(m, n);
    if (casts_input(m, n))
        bytes += compute_width(m) * m->counts[n->inputs[0]->index];
    if (n->operation == OPERATION_MAX_POOL)
        bytes += 8 * m->counts[n->index];
    if (n->operation == OPERATION_LAYER_NORM)
        bytes += 8 * m->counts[n->index] / n->channels;
    if (n->operation == OPERATION_WINDOW_ATTENTION)
        bytes += 5 * third_of(m, n) + scores_of(m, n);
    return bytes;
}

/* Large kernels go by way of columns of one sample; in bf16, parts of the input are transposed. */
static int64_t columns_of(const Walk *m, const Node *n)
{
    enum { LARGE = 8 };
    int64_t input = m->counts[n->inputs[0]->index];
    int64_t bytes = m->plan->precision == PRECISION_BF16 ? input : 0;
    if (n->kernel >= LARGE)
        bytes += compute_width(m) * n->kernel * n->kernel * input / m->plan->samples;
    return bytes;
}

/* On the way forward: of attention scores before and after their bias, q, k, v as they are
 * computed, and moved. */
static int64_t passing_of(const Walk *m, const Node *n)
{
    if (n->operation == OPERATION_CONV)
        return columns_of(m, n);
    if (n->operation != OPERATION_WINDOW_ATTENTION)
        return 0;
    return 2 * scores_of(m, n) + (n->padding ? 6 : 3) * third_of(m, n);
}

/* Gradients of weights before they are added, and a convolution's own copies of its weights; what
 * attention's scores and parts are made of on the way back. */
static int64_t scratch_of(const Walk *m, const Node *n)
{
    if (n->operation == OPERATION_WINDOW_ATTENTION)
        return 2 * scores_of(m, n) + 3 * third_of(m, n);
    if (n->operation != OPERATION_CONV)
        return 0;
    return 3 * (int64_t)sizeof(float) * weights_of(m, n) + columns_of(m, n);
}

/* ---- The tables ------------------------------------------------------------------------------ */

static bool has_trained(const Walk *m, const Node *n)
{
    return !m->plan->frozen && (n->weight >= 0 || n->bias >= 0 || n->parts[0] >= 0);
}

static void read_inputs(Walk *m, const Node *n)
{
    int i = n->index;
    m->widths[i] = width_of(m, n);
    m->active[i] = has_trained(m, n) || (n->operation == OPERATION_INPUT && m->plan->into_input);
    for (int k = 0; k < n->input_count; k++) {
        int root = m->roots[n->inputs[k]->index];
        m->active[i] = m->active[i] || m->active[n->inputs[k]->index];
        if (root != NO_NODE)
            m->last_reads[root] = i;
    }
}

static void fill_node(Walk *m, const Node *n)
{
    int i = n->index;
    const Graph *g = m->graph;
    read_inputs(m, n);
    bool shares = network_overwrites(g, n) || n->operation == OPERATION_SLICE ||
                  n->operation == OPERATION_CROP ||
                  (n->operation == OPERATION_PAD_TO_MULTIPLE &&
                   m->counts[i] == m->counts[n->inputs[0]->index]);
    m->roots[i] = shares ? m->roots[n->inputs[0]->index] : i;
    m->last_reads[m->roots[i]] = n == g->output ? g->count : i;
}

static bool is_tap(const Graph *g, const Node *n)
{
    for (int i = 0; i < g->tap_count; i++)
        if (g->taps[i] == n)
            return true;
    return false;
}

static void fill_run_node(Walk *m, const Run *run, const Node *n)
{
    int i = n->index;
    bool tap = is_tap(m->graph, n);
    read_inputs(m, n);
    for (int k = 0; k < n->input_count; k++)
        if (n->inputs[k]->index < run->first)
            run->reads[n->inputs[k]->index] = true;
    m->roots[i] = tap || segments_reads_across(m->graph, n, run->end) ? i : NO_NODE;
    m->last_reads[i] = tap || n == m->graph->output ? m->graph->count : i;
    m->run_of[i] = m->run_count;
}

/* What the plans of a run take, with and without a way back. */
static int ask_plans(const Walk *m, Run *run)
{
    const MemoryPlan *plan = m->plan;
    const Graph *g = m->graph;
    FusedForm form = {.first = run->first,
                      .end = run->end,
                      .n = plan->samples,
                      .h = plan->h,
                      .w = plan->w,
                      .once = !plan->into_input,
                      .precision = plan->precision};
    bool *visible = memory_array((size_t)g->count + 1, sizeof *visible);
    TensorType *types = memory_array((size_t)g->count + 1, sizeof *types);
    for (int i = 0; i < run->end; i++) {
        visible[i] = i >= run->first && m->roots[i] == i;
        types[i] = m->widths[i] == 2 ? TENSOR_BF16 : TENSOR_FLOAT;
        form.learns = form.learns || (i >= run->first && has_trained(m, g->nodes[i]));
        form.records = form.records || (i < run->first ? run->reads[i] && m->active[i]
                                                       : has_trained(m, g->nodes[i]));
    }
    form.records = form.records || (run->first == 0 && plan->into_input);
    FusedForm unrecorded = form;
    unrecorded.records = unrecorded.learns = false;
    int result = fused_memory(g, &unrecorded, visible, types, m->active, &run->unrecorded);
    if (result == 0)
        result = fused_memory(g, &form, visible, types, m->active, &run->recorded);
    free(visible);
    free(types);
    return result;
}

static int fill_run(Walk *m, int first, int end)
{
    memory_grow(&m->runs, m->run_count, &m->run_capacity, sizeof *m->runs);
    Run *run = &m->runs[m->run_count];
    *run = (Run){.first = first, .end = end};
    run->reads = memory_array((size_t)first + 1, sizeof *run->reads);
    for (int i = first; i < end; i++)
        fill_run_node(m, run, m->graph->nodes[i]);
    m->run_count++;
    return ask_plans(m, run);
}

static void forget_runs(Walk *m)
{
    for (int i = 0; i < m->run_count; i++)
        free(m->runs[i].reads);
    m->run_count = 0;
}

/* The tables for a pass through these segments. */
static int fill(Walk *m, const int *borders, int segments)
{
    const Graph *g = m->graph;
    int result = 0;
    forget_runs(m);
    for (int i = 0; i < g->count; i++)
        m->keepers[i] = m->holds[i] = m->run_of[i] = NO_NODE;
    for (int k = 0, at = 0, next; result == 0 && k < segments; at = next) {
        bool is_run = false;
        next = m->fused ? network_end_of_run(g, NULL, at, borders[k + 1], &is_run) : at + 1;
        if (is_run)
            result = fill_run(m, at, next);
        for (int i = at; !is_run && i < next; i++)
            fill_node(m, g->nodes[i]);
        k += next == borders[k + 1];
    }
    m->live = m->most = m->gradient_count = 0;
    return result;
}

static int begin_walk(Walk *m, const Graph *g, const MemoryPlan *plan)
{
    size_t size = (size_t)g->count + 1;
    *m = (Walk){.graph = g, .plan = plan, .fused = network_is_fused(g, plan->backend)};
    m->run_of = memory_array(size, sizeof *m->run_of);
    m->active = memory_array(size, sizeof *m->active);
    m->counts = memory_array(size, sizeof *m->counts);
    m->widths = memory_array(size, sizeof *m->widths);
    m->roots = memory_array(size, sizeof *m->roots);
    m->last_reads = memory_array(size, sizeof *m->last_reads);
    m->keepers = memory_array(size, sizeof *m->keepers);
    m->holds = memory_array(size, sizeof *m->holds);
    m->gradients = memory_array(size * (NODE_MOST_INPUTS + 1), sizeof *m->gradients);
    int64_t *heights = memory_array(size, sizeof *heights);
    int64_t *widths = memory_array(size, sizeof *widths);
    int result = graph_extents(g, plan->h, plan->w, heights, widths);
    for (int i = 0; result == 0 && i < g->count; i++)
        m->counts[i] = plan->samples * g->nodes[i]->channels * heights[i] * widths[i];
    free(heights);
    free(widths);
    return result;
}

static void free_walk(Walk *m)
{
    forget_runs(m);
    free(m->runs);
    free(m->run_of);
    free(m->active);
    free(m->counts);
    free(m->widths);
    free(m->roots);
    free(m->last_reads);
    free(m->keepers);
    free(m->holds);
    free(m->gradients);
}

/* ---- Forward --------------------------------------------------------------------------------- */

static const Run *run_at(const Walk *m, int node)
{
    return m->run_of[node] == NO_NODE ? NULL : &m->runs[m->run_of[node]];
}

/* A run holds what it read and made, to go back. */
static void mark_run(Walk *m, const Run *run)
{
    for (int i = 0; i < run->first; i++)
        if (run->reads[i])
            m->keepers[m->roots[i]] = run->first;
    for (int i = run->first; i < run->end; i++)
        m->keepers[i] = run->first;
}

static void mark_node(Walk *m, const Node *n)
{
    int i = n->index;
    Reads reads = reads_of(m->graph, n);
    for (int k = 0; m->active[i] && reads.inputs && !casts_input(m, n) && k < n->input_count; k++)
        m->keepers[m->roots[n->inputs[k]->index]] = i;
    if (m->active[i] && reads.result)
        m->keepers[m->roots[i]] = i;
}

/* Marks which storages the backwards of nodes first .. end - 1 read. */
static void mark_kept(Walk *m, int first, int end)
{
    for (int i = 0; i < m->graph->count; i++)
        m->keepers[i] = NO_NODE;
    for (int i = end - 1; i >= first; i--) {
        const Run *run = run_at(m, i);
        if (!run)
            mark_node(m, m->graph->nodes[i]);
        else if (i == run->first && m->active[run->end - 1])
            mark_run(m, run);
    }
}

static void forward_node(Walk *m, const Node *n, bool recorded)
{
    int i = n->index;
    bool keeps = recorded && m->active[i];
    m->live += m->roots[i] == i ? bytes_of(m, n) : 0;
    m->live += keeps ? extra_of(m, n) : 0;
    note(m, passing_of(m, n) + (keeps ? 0 : extra_of(m, n)));
}

static void forward_run(Walk *m, const Run *run, bool recorded)
{
    for (int i = run->first; i < run->end; i++)
        m->live += m->roots[i] == i ? bytes_of(m, m->graph->nodes[i]) : 0;
    m->live += recorded ? run->recorded.kept : 0;
    note(m, recorded ? run->recorded.forward : run->unrecorded.kept + run->unrecorded.forward);
}

/* Computes nodes first .. end - 1. Storages of the segment die after their last read, unless
 * they are kept or read behind it. */
static void forward(Walk *m, int first, int end, bool recorded)
{
    for (int i = first, next; i < end; i = next) {
        const Run *run = run_at(m, i);
        next = run ? run->end : i + 1;
        if (run)
            forward_run(m, run, recorded);
        else
            forward_node(m, m->graph->nodes[i], recorded);
        for (int s = first; s < next; s++)
            if (m->roots[s] == s && m->last_reads[s] >= i && m->last_reads[s] < next &&
                !(recorded && m->keepers[s] != NO_NODE))
                m->live -= bytes_of(m, m->graph->nodes[s]);
    }
}

/* ---- Backward -------------------------------------------------------------------------------- */

static int new_gradient(Walk *m, int64_t bytes)
{
    m->gradients[m->gradient_count] = (Gradient){bytes, 0};
    m->live += bytes;
    return m->gradient_count++;
}

static void release(Walk *m, int gradient)
{
    if (gradient != NO_NODE && --m->gradients[gradient].references == 0)
        m->live -= m->gradients[gradient].bytes;
}

/* A value gets a gradient; what it has already is added to it in a new place. */
static void give(Walk *m, const Node *to, int gradient)
{
    int *held = &m->holds[to->index];
    m->gradients[gradient].references++;
    if (*held == NO_NODE) {
        *held = gradient;
        return;
    }
    int sum = new_gradient(m, bytes_of(m, to));
    note(m, 0);
    m->gradients[sum].references++;
    release(m, *held);
    release(m, gradient);
    *held = sum;
}

/* Whether the backward of `n` hands its gradient, or parts of it, on as it is. */
static bool passes_on(const Node *n, int input)
{
    return n->operation == OPERATION_CONCAT ||
           (n->operation == OPERATION_ADD && (input == 0 || n->value == 1)) ||
           (n->operation == OPERATION_AFFINE && n->value == 1);
}

static void backward_node(Walk *m, const Node *n)
{
    for (int k = 0; k < n->input_count; k++) {
        const Node *input = n->inputs[k];
        if (!m->active[input->index])
            continue;
        int own = m->holds[n->index];
        give(m, input,
             passes_on(n, k) && own != NO_NODE ? own : new_gradient(m, bytes_of(m, input)));
        note(m, scratch_of(m, n));
    }
    note(m, scratch_of(m, n));
    release(m, m->holds[n->index]);
    m->holds[n->index] = NO_NODE;
    m->live -= extra_of(m, n);
}

/* The gradient of what a run reads lies beside those inside of it. */
static void backward_run(Walk *m, const Run *run)
{
    for (int i = run->first; i < run->end; i++) /* losses compare taps */
        if (m->roots[i] == i && m->active[i] && m->holds[i] == NO_NODE)
            give(m, m->graph->nodes[i], new_gradient(m, bytes_of(m, m->graph->nodes[i])));
    int first = m->gradient_count;
    for (int i = 0; i < run->first; i++)
        if (run->reads[i] && m->active[i])
            new_gradient(m, bytes_of(m, m->graph->nodes[i]));
    bool into_image = run->first == 0 && m->active[0];
    m->live += into_image ? bytes_of(m, m->graph->nodes[0]) : 0;
    note(m, run->recorded.backward);
    for (int i = 0, next = first; i < run->first; i++)
        if (run->reads[i] && m->active[i])
            give(m, m->graph->nodes[i], next++);
    for (int i = run->first; i < run->end; i++) {
        release(m, m->holds[i]);
        m->holds[i] = NO_NODE;
    }
    m->live -= run->recorded.kept;
}

/* What of the results in front of `border`, from `first` on, is read behind it. */
static int64_t crossing(const Walk *m, int first, int border)
{
    int64_t bytes = 0;
    for (int i = first; i < border; i++)
        if (m->roots[i] == i && m->last_reads[i] >= border)
            bytes += bytes_of(m, m->graph->nodes[i]);
    return bytes;
}

/* Goes back through nodes first .. end - 1, which are recorded. The gradients that it begins with
 * and what is read behind them are the caller's, and stay until it is done. */
static void backward(Walk *m, int first, int end)
{
    int begun = m->gradient_count;
    for (int i = 0; i < begun; i++)
        m->gradients[i].references += m->gradients[i].references > 0 ? HELD : 0;
    for (int i = end - 1; i >= first; i--) {
        const Run *run = run_at(m, i);
        if (!m->active[i])
            continue;
        if (run)
            backward_run(m, run);
        else
            backward_node(m, m->graph->nodes[i]);
        i = run ? run->first : i;
        for (int s = first; s < end; s++)
            if (m->keepers[s] == i && m->roots[s] == s && m->last_reads[s] < end)
                m->live -= bytes_of(m, m->graph->nodes[s]);
    }
    m->live -= crossing(m, first, end);
    for (int i = 0; i < begun; i++)
        if (m->gradients[i].references >= HELD && (m->gradients[i].references -= HELD) == 0)
            m->live -= m->gradients[i].bytes;
}

/* ---- Whole passes ---------------------------------------------------------------------------- */

static void walk(Walk *m, const int *borders, int segments, PassMemory *memory)
{
    const Node *output = m->graph->output;
    for (int k = 0; k < segments - 1; k++)
        forward(m, borders[k], borders[k + 1], false);
    mark_kept(m, borders[segments - 1], borders[segments]);
    forward(m, borders[segments - 1], borders[segments], true);
    m->live += 4 * m->counts[output->index]; /* the output in fp32 */
    note(m, 0);
    memory->kept = m->live;
    give(m, output, new_gradient(m, bytes_of(m, output)));
    for (int k = segments - 1; k >= 0; k--) {
        int first = borders[k], end = borders[k + 1];
        if (k < segments - 1) {
            m->live -= crossing(m, first, end); /* it is computed again */
            mark_kept(m, first, end);
            forward(m, first, end, true);
        }
        backward(m, first, end);
    }
    memory->most = m->most;
}

int memory_of_pass(const Graph *g, const MemoryPlan *plan, PassMemory *memory)
{
    int borders[MOST_SEGMENTS + 1], whole[] = {0, g->output->index + 1};
    int wanted = plan->segments < MOST_SEGMENTS ? plan->segments : MOST_SEGMENTS;
    int segments = segments_plan(g, plan->h, plan->w, wanted, borders);
    Walk m;
    int result = begin_walk(&m, g, plan);
    if (result == 0 && segments > 0 && (result = fill(&m, whole, 1)) == 0) {
        forward(&m, 0, whole[1], false);
        memory->without = m.most;
        if ((result = fill(&m, borders, segments)) == 0)
            walk(&m, borders, segments, memory);
    }
    free_walk(&m);
    return segments > 0 ? result : -1;
}

int memory_best_segments(const Graph *g, const MemoryPlan *plan)
{
    int best = -1;
    int64_t least = INT64_MAX;
    for (int segments = 1; segments <= MOST_SEGMENTS; segments++) {
        MemoryPlan tried = *plan;
        PassMemory memory;
        tried.segments = segments;
        if (memory_of_pass(g, &tried, &memory) != 0)
            return -1;
        if (memory.most < least) {
            least = memory.most;
            best = segments;
        }
    }
    return best;
}
