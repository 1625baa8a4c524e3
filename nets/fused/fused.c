#include "nets/fused/fused.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/fused/run.h"

enum { MOST_PLANS = 24 };

FusedCache *fused_cache_new(const Graph *g)
{
    FusedCache *c = memory_new(sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    c->count = g->count;
    c->convs = memory_array((size_t)g->count + 1, sizeof *c->convs);
    c->packed = memory_array(2 * (size_t)g->count + 2, sizeof *c->packed);
    return c;
}

static void free_cache(FusedCache *c)
{
    for (int i = 0; i < c->count; i++) {
        conv_free(c->convs[i]);
        tensor_free(c->packed[2 * i]);
        tensor_free(c->packed[2 * i + 1]);
    }
    while (c->plans) {
        FusedPlan *plan = c->plans;
        c->plans = plan->next;
        plan_free(plan);
    }
    pthread_mutex_destroy(&c->lock);
    free(c->convs);
    free(c->packed);
    free(c);
}

void fused_cache_free(FusedCache *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->closed = true;
    bool last = c->runs == 0;
    pthread_mutex_unlock(&c->lock);
    if (last)
        free_cache(c);
}

void fused_cache_fix(FusedCache *c)
{
    c->fixed = true;
}

void fused_cache_time(FusedCache *c, NetworkClock clock)
{
    c->clock = clock;
}

void fused_cache_forget(FusedCache *c)
{
    for (int i = 0; i < 2 * c->count; i++) {
        tensor_free(c->packed[i]);
        c->packed[i] = NULL;
    }
}

/* ---- Plans ------------------------------------------------------------------------------------
 */

static bool same_form(const FusedForm *a, const FusedForm *b)
{
    return a->first == b->first && a->end == b->end && a->n == b->n && a->h == b->h &&
           a->w == b->w && a->records == b->records && a->learns == b->learns &&
           a->once == b->once && a->precision == b->precision;
}

static bool fits(const FusedPlan *p, const FusedForm *form, const bool *visible,
                 const TensorType *types)
{
    if (!same_form(&p->form, form) ||
        memcmp(p->visible, visible, (size_t)p->graph->count * sizeof *visible) != 0)
        return false;
    for (int i = 0; i < p->input_count; i++)
        if (p->types[p->inputs[i]] != types[p->inputs[i]])
            return false;
    return true;
}

/* Frees the plans that were not used for the longest time. */
static void forget_plans(FusedCache *c)
{
    int count = 0;
    for (FusedPlan **at = &c->plans; *at;) {
        FusedPlan *plan = *at;
        if (++count > MOST_PLANS && plan->users == 0) {
            *at = plan->next;
            plan_free(plan);
        } else {
            at = &plan->next;
        }
    }
}

static FusedPlan *take_plan(FusedCache *c, const Graph *g, const FusedForm *form,
                            const bool *visible, const TensorType *types)
{
    pthread_mutex_lock(&c->lock);
    FusedPlan **at = &c->plans;
    while (*at && !fits(*at, form, visible, types))
        at = &(*at)->next;
    FusedPlan *plan = *at;
    if (plan)
        *at = plan->next;
    else
        plan = plan_new(g, form, visible, types);
    if (plan) {
        plan->next = c->plans;
        c->plans = plan;
        plan->users++;
        c->runs++;
        forget_plans(c);
    }
    pthread_mutex_unlock(&c->lock);
    return plan;
}

/* ---- One pass ---------------------------------------------------------------------------------
 */

static void free_tensors(Tensor **tensors, int count)
{
    for (int i = 0; i < count; i++)
        tensor_free(tensors[i]);
    free(tensors);
}

static void free_run(void *context)
{
    FusedRun *r = context;
    free_tensors(r->inputs, r->plan->input_count);
    free_tensors(r->outputs, r->plan->output_count);
    free_tensors(r->parameters, r->plan->parameter_count);
    tensor_free(r->kept);
    tensor_free(r->passing);
    tensor_free(r->weights);
    free(r->bases);
    FusedCache *cache = r->cache;
    pthread_mutex_lock(&cache->lock);
    r->plan->users--;
    bool last = --cache->runs == 0 && cache->closed;
    pthread_mutex_unlock(&cache->lock);
    free(r);
    if (last)
        free_cache(cache);
}

static FusedRun *new_run(FusedCache *cache, FusedPlan *plan)
{
    FusedRun *r = memory_new(sizeof *r);
    r->cache = cache;
    r->plan = plan;
    r->inputs = memory_array((size_t)plan->input_count + 1, sizeof(Tensor *));
    r->outputs = memory_array((size_t)plan->output_count + 1, sizeof(Tensor *));
    r->parameters = memory_array((size_t)plan->parameter_count + 1, sizeof(Tensor *));
    r->bases = memory_array((size_t)plan->buffer_count + 1, sizeof(char *));
    return r;
}

/* Whether a tensor is what the plan was made for: kernels trust it. */
static int check_image(const FusedPlan *p, const Node *n, Tensor *t)
{
    TensorImage image = {0};
    bool good = t && tensor_image(t, &image) && image.type == p->types[n->index] &&
                image.n == p->form.n && image.h == p->heights[n->index] &&
                image.w == p->widths[n->index] && image.channels == n->channels;
    if (good || error_pending())
        return good ? 0 : -1;
    return error_set(ERROR_SHAPE, "%s %s: %d channels of float or bf16 expected, in host memory",
                     operation_name(n->operation), n->name, n->channels);
}

static void take_tensors(FusedRun *r, Tensor *const *from)
{
    const FusedPlan *p = r->plan;
    for (int i = 0; i < p->input_count; i++)
        r->inputs[i] = tensor_own(tensor_channels_last(tensor_detach(from[i])));
    for (int i = 0; i < p->input_count; i++)
        check_image(p, p->graph->nodes[p->inputs[i]], r->inputs[i]);
    for (int i = 0; i < p->parameter_count; i++)
        r->parameters[i] = tensor_own(tensor_detach(from[p->input_count + i]));
    for (int i = 0; i < p->output_count; i++) {
        const Node *n = p->graph->nodes[p->outputs[i]];
        TensorImage form = {
            NULL,       p->types[n->index], p->form.n, p->heights[n->index], p->widths[n->index],
            n->channels};
        r->outputs[i] = tensor_own(tensor_new_image(&form));
    }
}

/* A gradient as kernels read it: like the output, channels last. */
static Tensor *plain_gradient(Tensor *gradient, TensorType type)
{
    return gradient ? tensor_channels_last(tensor_to_type(gradient, type)) : NULL;
}

static int go_back(void *context, Tensor *const *gradients, const bool *wanted, Tensor **results)
{
    FusedRun *r = context;
    const FusedPlan *p = r->plan;
    bool *given = memory_array((size_t)p->output_count + 1, sizeof *given);
    Tensor **plain = memory_array((size_t)p->output_count + 1, sizeof *plain);
    for (int i = 0; i < p->output_count; i++) {
        plain[i] = plain_gradient(gradients[i], p->types[p->outputs[i]]);
        given[i] = plain[i] != NULL;
    }
    WayForm form = {wanted, wanted + p->input_count, given};
    pthread_mutex_lock(&r->cache->lock);
    const WayBack *way = plan_way_back(r->plan, &form);
    pthread_mutex_unlock(&r->cache->lock);
    int result = error_pending() ? -1 : run_backward(r, way, plain, results);
    free(given);
    free(plain);
    return result;
}

/* The tensors that a run is a function of: its inputs, then its parameters. */
static Tensor **gather(const Pass *pass, const FusedPlan *p)
{
    Tensor **from = memory_array((size_t)(p->input_count + p->parameter_count) + 1, sizeof *from);
    for (int i = 0; i < p->input_count; i++)
        from[i] = network_value(pass, p->graph->nodes[p->inputs[i]]);
    for (int i = 0; i < p->parameter_count; i++)
        from[p->input_count + i] =
            network_parameter(pass, p->parameters[i].node, p->parameters[i].is_bias);
    return from;
}

static int finish(const Pass *pass, FusedRun *r, Tensor *const *from)
{
    const FusedPlan *p = r->plan;
    Tensor **outputs = memory_array((size_t)p->output_count + 1, sizeof *outputs);
    TensorFunction function = {r, go_back, free_run};
    for (int i = 0; i < p->output_count; i++)
        outputs[i] = p->form.records ? r->outputs[i] : tensor_detach(r->outputs[i]);
    int result = 0;
    if (p->form.records)
        result = tensor_join(from, p->input_count + p->parameter_count, outputs, p->output_count,
                             &function);
    else
        free_run(r);
    for (int i = 0; result == 0 && i < p->output_count; i++)
        pass->values[p->outputs[i]] = outputs[i];
    free(outputs);
    return error_pending() ? -1 : result;
}

/* What a run of this pass would be for. */
static FusedForm form_of(const Pass *pass, int first, int end)
{
    const Graph *g = network_graph(pass->network);
    FusedForm form = {.first = first,
                      .end = end,
                      .n = tensor_extent(pass->image, 0),
                      .h = tensor_extent(pass->image, 2),
                      .w = tensor_extent(pass->image, 3),
                      .precision = network_precision(pass->network)};
    form.once = (pass->mode & FORWARD_ONCE) != 0;
    form.learns = network_records(pass, first, end);
    form.records = form.learns || tensor_records(pass->image);
    for (int i = 0; i < first; i++)
        form.records =
            form.records || (g->nodes[i]->last_use >= first && tensor_records(pass->values[i]));
    return form;
}

int fused_run(const Pass *pass, FusedCache *cache, int first, int end, const bool *visible)
{
    const Graph *g = network_graph(pass->network);
    FusedForm form = form_of(pass, first, end);
    TensorType *types = memory_array((size_t)g->count + 1, sizeof *types);
    for (int i = 0; i < end; i++)
        types[i] = tensor_is_bf16(network_value(pass, g->nodes[i])) ? TENSOR_BF16 : TENSOR_FLOAT;
    FusedPlan *plan = error_pending() ? NULL : take_plan(cache, g, &form, visible, types);
    free(types);
    if (!plan)
        return -1;
    FusedRun *r = new_run(cache, plan);
    Tensor **from = gather(pass, plan);
    take_tensors(r, from);
    int result = error_pending() ? -1 : run_forward(r);
    if (result == 0)
        result = finish(pass, r, from);
    else
        free_run(r);
    free(from);
    return result;
}
