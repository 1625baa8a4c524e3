#include "nets/pass.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/network_nodes.h"
#include "nets/segments.h"

struct NetworkPass {
    Pass run; /* run.values: what crosses borders, without history; the image's handle is our own */
    const Graph *graph;
    int segments, *borders;
    bool *active;       /* nodes that gradients go through: trained before, the output behind */
    Tensor **gradients; /* of values that cross borders, once known */
    Tensor **recorded;  /* a segment's values, with history */
    Tensor *result;     /* the output as float32, with history */
};

static bool has_trained(const Graph *g, const Node *n)
{
    return n->parts[0] >= 0 || (n->weight >= 0 && g->parameters[n->weight].trained) ||
           (n->bias >= 0 && g->parameters[n->bias].trained);
}

/* Nodes are in the order of their computation: one sweep forward, one back. */
static void find_active(NetworkPass *p)
{
    const Graph *g = p->graph;
    bool *reached = memory_array((size_t)g->count, sizeof *reached);
    reached[g->output->index] = true;
    for (int i = g->count - 1; i >= 0; i--)
        for (int k = 0; reached[i] && k < g->nodes[i]->input_count; k++)
            reached[g->nodes[i]->inputs[k]->index] = true;
    for (int i = 0; i < g->count && !(p->run.mode & FORWARD_FROZEN); i++) {
        const Node *n = g->nodes[i];
        bool trained = has_trained(g, n);
        for (int k = 0; k < n->input_count; k++)
            trained = trained || p->active[n->inputs[k]->index];
        p->active[i] = trained && reached[i];
    }
    free(reached);
}

static void drop(Tensor **values, int index)
{
    tensor_free(values[index]);
    values[index] = NULL;
}

/* Whether gradients come from this segment into the result of an earlier node `n`. */
static bool is_leaf(const NetworkPass *p, const Node *n, int segment)
{
    for (int i = p->borders[segment]; i < p->borders[segment + 1] && i <= n->last_use; i++)
        for (int k = 0; p->active[i] && k < p->graph->nodes[i]->input_count; k++)
            if (p->graph->nodes[i]->inputs[k] == n)
                return p->active[n->index];
    return false;
}

/* Computes a segment's nodes into `values`, which hold what it reads; those of its own results stay
 * that are read behind it. */
static void run_segment(const NetworkPass *p, int segment, int mode, Tensor **values)
{
    int first = p->borders[segment], end = p->borders[segment + 1];
    Pass run = p->run;
    run.mode = mode | FORWARD_ONCE;
    run.values = values;
    bool *visible = memory_array((size_t)p->graph->count + 1, sizeof *visible);
    for (int i = first; i < end; i++)
        visible[i] = segments_reads_across(p->graph, p->graph->nodes[i], end);
    tensor_scope_begin();
    network_run_nodes(&run, first, end, visible);
    for (int i = first; i < end; i++)
        tensor_own(values[i]);
    tensor_scope_end();
    free(visible);
}

/* What a segment reads of others, as leaves where gradients arrive. */
static void take_inputs(NetworkPass *p, int segment)
{
    for (int i = 0; i < p->borders[segment]; i++) {
        const Node *n = p->graph->nodes[i];
        Tensor *value = p->run.values[i];
        if (value && segments_reads_across(p->graph, n, p->borders[segment]))
            p->recorded[i] =
                tensor_own(is_leaf(p, n, segment) ? tensor_leaf(value) : tensor_detach(value));
    }
}

static void record_segment(NetworkPass *p, int segment, int mode)
{
    take_inputs(p, segment);
    run_segment(p, segment, mode, p->recorded);
}

static int compute(NetworkPass *p)
{
    int last = p->segments - 1;
    tensor_no_grad_begin();
    for (int k = 0; k < last; k++)
        run_segment(p, k, p->run.mode, p->run.values);
    tensor_no_grad_end();
    record_segment(p, last, p->run.mode);
    Tensor *output = p->recorded[p->graph->output->index];
    p->result = tensor_own(tensor_to_type(output, TENSOR_FLOAT));
    return error_pending() ? -1 : 0;
}

static void free_pass(NetworkPass *p)
{
    for (int i = 0; i < p->graph->count; i++) {
        tensor_free(p->run.values[i]);
        tensor_free(p->gradients[i]);
        tensor_free(p->recorded[i]);
    }
    tensor_free(p->run.image);
    tensor_free(p->result);
    free(p->run.values);
    free(p->gradients);
    free(p->recorded);
    free(p->borders);
    free(p->active);
    free(p);
}

NetworkPass *network_pass_begin(Network *network, Tensor *image, int mode, int segments,
                                Tensor **output)
{
    const Graph *g = network_graph(network);
    size_t count = (size_t)g->count;
    NetworkPass *p = memory_new(sizeof *p);
    p->graph = g;
    p->run = (Pass){network, mode, tensor_own(tensor_detach(image)),
                    memory_array(count, sizeof *p->run.values)};
    p->gradients = memory_array(count, sizeof *p->gradients);
    p->recorded = memory_array(count, sizeof *p->recorded);
    p->active = memory_array(count, sizeof *p->active);
    p->borders = memory_array((size_t)segments + 1, sizeof *p->borders);
    p->segments =
        segments_plan(g, tensor_extent(image, 2), tensor_extent(image, 3), segments, p->borders);
    find_active(p);
    if (p->segments > 0 && compute(p) == 0 && (*output = tensor_leaf(p->result)))
        return p;
    free_pass(p);
    return NULL;
}

/* Where gradients enter a segment: its results that are read behind it, and its leaves that later
 * segments read too, so that the sums of their gradients have the order that autograd gives them.
 */
static int go_back(NetworkPass *p, int segment, Tensor *output_gradient)
{
    int first = p->borders[segment], end = p->borders[segment + 1], count = 0;
    Tensor **from = memory_array((size_t)end + 1, sizeof *from);
    Tensor **by = memory_array((size_t)end + 1, sizeof *by);
    if (segment == p->segments - 1) {
        from[count] = p->result;
        by[count++] = output_gradient;
    }
    for (int i = 0; i < end; i++)
        if (p->gradients[i] && (i >= first || is_leaf(p, p->graph->nodes[i], segment))) {
            from[count] = p->recorded[i];
            by[count++] = p->gradients[i];
        }
    int result = count > 0 ? tensor_backward_from(from, by, count) : 0;
    free(from);
    free(by);
    return result;
}

/* Fetches the gradients of a segment's leaves and forgets what only it needed. */
static void finish_segment(NetworkPass *p, int segment)
{
    int before = segment > 0 ? p->borders[segment - 1] : 0;
    tensor_free(p->result);
    p->result = NULL;
    for (int i = 0; i < p->borders[segment + 1]; i++) {
        if (i >= p->borders[segment]) {
            drop(p->gradients, i);
        } else if (is_leaf(p, p->graph->nodes[i], segment)) {
            drop(p->gradients, i);
            p->gradients[i] = tensor_own(tensor_gradient(p->recorded[i]));
        }
        drop(p->recorded, i);
        if (i >= before)
            drop(p->run.values, i); /* the segment in front makes its own again */
    }
}

int network_pass_end(NetworkPass *p, Tensor *output_gradient)
{
    if (!p)
        return error_pending() ? -1 : 0;
    bool active = p->active[p->graph->output->index];
    for (int k = p->segments - 1; output_gradient && active && k >= 0; k--) {
        if (k < p->segments - 1)
            record_segment(p, k,
                           p->run.mode & ~(FORWARD_UPDATE_SPECTRAL | FORWARD_UPDATE_STATISTICS));
        if (go_back(p, k, output_gradient) != 0)
            break;
        finish_segment(p, k);
    }
    free_pass(p);
    return error_pending() ? -1 : 0;
}
