#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/fused/run.h"
#include "tensor/kernels/pointwise.h"

/* A way back being gone. */
typedef struct Return {
    FusedRun *run;
    const WayBack *way;
    char **bases;     /* of the way's buffers */
    Tensor **results; /* of the inputs, then the parameters */
} Return;

static Map gradient_map(const Return *t, Place at)
{
    return run_map(t->run, t->way->buffers, t->bases, at);
}

/* Where a parameter's gradient is written; NULL where it is not wanted. */
static float *parameter_gradient(const Return *t, int index)
{
    if (index < 0 || !t->way->parameters[index])
        return NULL;
    return tensor_address(t->results[t->run->plan->input_count + index]);
}

static void zero(const Map *m)
{
    size_t bytes = (size_t)m->channels * map_value_bytes(m), apart = (size_t)m->stride;
    for (int64_t i = 0; i < map_pixels(m); i++)
        memset((char *)m->data + (size_t)i * apart * map_value_bytes(m), 0, bytes);
}

/* What the derivative of a step's activation is taken from: its result, or what came before it. */
static Map kept_of(const FusedRun *r, const Step *s)
{
    return run_value(r, plan_reads_result(s->activation) ? s->result : s->node);
}

static void back_activate(const Return *t, const BackStep *b)
{
    const Step *s = b->step;
    Map dy = gradient_map(t, b->from), dx = gradient_map(t, b->to), kept = kept_of(t->run, s);
    ActivationSetting a = plan_activation(s->activation, run_parameter(t->run, s->slopes));
    map_activate_gradient(&kept, &dy, &a, parameter_gradient(t, s->slopes), b->add, &dx);
}

/* A result that the way back made again, or was kept. */
static Map value_again(const Return *t, Place again, const Node *n)
{
    return again.buffer < 0 ? run_value(t->run, n) : gradient_map(t, again);
}

static int back_again(const Return *t, const BackStep *b, const Map *to)
{
    const Step *s = b->step;
    const Node *n = s->node;
    if (n->operation == OPERATION_CONV) {
        Map before = run_value(t->run, n);
        ActivationSetting a = plan_activation(s->activation, run_parameter(t->run, s->slopes));
        map_activate(&before, &a, to);
        return 0;
    }
    Map inputs[2] = {value_again(t, b->again[0], n->inputs[0])};
    if (n->input_count > 1)
        inputs[1] = value_again(t, b->again[1], n->inputs[1]);
    return run_node(t->run, s, inputs, to);
}

static void scale_values(float *values, int64_t count, double scale)
{
    for (int64_t i = 0; values && scale != 1 && i < count; i++)
        values[i] *= (float)scale;
}

static int back_weights(const Return *t, const BackStep *b)
{
    const Step *s = b->step;
    const Node *n = s->node;
    Map x = value_again(t, b->again[0], n->inputs[0]);
    Map dy = gradient_map(t, b->from);
    int64_t count = (int64_t)n->channels * n->inputs[0]->channels * n->kernel * n->kernel;
    float *weight = parameter_gradient(t, s->weight), *bias = parameter_gradient(t, s->bias);
    float *unwanted = weight ? NULL : memory_array((size_t)count, sizeof *unwanted);
    const Conv *conv = run_conv(t->run, s);
    int result = conv ? conv_weights(conv, &x, &dy, weight ? weight : unwanted, bias) : -1;
    scale_values(weight, count, b->scale);
    scale_values(bias, n->channels, b->scale);
    free(unwanted);
    return result;
}

static int back_data(const Return *t, const BackStep *b)
{
    FusedRun *r = t->run;
    Map dy = gradient_map(t, b->from), dx = gradient_map(t, b->to);
    ConvGradientEnd end = {.add = b->add};
    const Step *maker = b->maker;
    if (maker) {
        end.activation = plan_activation(maker->activation, run_parameter(r, maker->slopes));
        end.kept = kept_of(r, maker);
        end.slope_sums = parameter_gradient(t, maker->slopes);
    }
    const void *packed = run_weights(r, b->step, CONV_DATA, (float)b->scale);
    return packed ? conv_data(run_conv(r, b->step), packed, &dy, &end, &dx) : -1;
}

static void back_normalise(const Node *n, const Map *dy, bool add, const Map *dx)
{
    float factor[4];
    for (int c = 0; c < n->channels; c++)
        factor[c] = 1 / n->deviation[c];
    map_affine(dy, factor, NULL, add, dx);
}

static int back_node(const Return *t, const BackStep *b)
{
    const FusedRun *r = t->run;
    const Node *n = b->step->node;
    Map dy = gradient_map(t, b->from), dx = gradient_map(t, b->to);
    Map x = run_value(r, n->inputs[0]), y = run_value(r, n);
    switch ((int)n->operation) {
    case OPERATION_PRELU:
    case OPERATION_LEAKY_RELU:
    case OPERATION_RELU:
    case OPERATION_SILU:
    case OPERATION_SIGMOID:
    case OPERATION_MISH:
    case OPERATION_GELU: {
        ActivationSetting a = plan_activation(n, run_parameter(r, b->step->slopes));
        map_activate_gradient(plan_reads_result(n) ? &y : &x, &dy, &a,
                              parameter_gradient(t, b->step->slopes), b->add, &dx);
        return 0;
    }
    case OPERATION_MULTIPLY: {
        Map other = run_value(r, n->inputs[1 - b->operand]);
        map_multiply(&dy, &other, b->add, &dx);
        return 0;
    }
    case OPERATION_NORMALISE:
        back_normalise(n, &dy, b->add, &dx);
        return 0;
    case OPERATION_REPEAT:
        map_repeat_gradient(&dy, n->factor, b->add, &dx);
        return 0;
    case OPERATION_PIXEL_SHUFFLE:
        map_unshuffle(&dy, n->factor, b->add, &dx);
        return 0;
    case OPERATION_PIXEL_UNSHUFFLE:
        map_shuffle(&dy, n->factor, b->add, &dx);
        return 0;
    case OPERATION_NEAREST:
        map_nearest_gradient(&dy, n->factor, b->add, &dx);
        return 0;
    case OPERATION_BILINEAR:
        map_bilinear_gradient(&dy, n->factor, b->add, &dx);
        return 0;
    case OPERATION_MAX_POOL:
        map_max_pool_gradient(&x, &y, &dy, n->kernel, n->stride, b->add, &dx);
        return 0;
    default:
        return error_set(ERROR_TENSOR, "the fused reader knows no way back through %s",
                         operation_name(n->operation));
    }
}

static int back_step(const Return *t, const BackStep *b)
{
    Map from = gradient_map(t, b->from), to = gradient_map(t, b->to);
    switch (b->kind) {
    case BACK_ZERO:
        zero(&to);
        return 0;
    case BACK_SCALE:
        map_scale(&from, (float)b->scale, b->add, &to);
        return 0;
    case BACK_ACTIVATE:
        back_activate(t, b);
        return 0;
    case BACK_AGAIN:
        return back_again(t, b, &to);
    case BACK_WEIGHTS:
        return back_weights(t, b);
    case BACK_DATA:
        return back_data(t, b);
    case BACK_NODE:
        return back_node(t, b);
    }
    return 0;
}

/* Makes what the wanted gradients are written to. */
static void make_results(const Return *t)
{
    const FusedPlan *p = t->run->plan;
    for (int i = 0; i < p->input_count; i++) {
        const Buffer *b = &p->buffers[p->places[p->inputs[i]].buffer];
        TensorImage form = {NULL, b->type, p->form.n, b->h, b->w, b->channels};
        if (t->way->arrives[i])
            t->results[i] = tensor_new_image(&form);
    }
    for (int i = 0; i < p->parameter_count; i++) {
        if (!t->way->parameters[i])
            continue;
        Tensor *made = tensor_new_like(t->run->parameters[i]);
        if (!t->way->overwritten[i])
            tensor_fill(made, 0);
        t->results[p->input_count + i] = made;
    }
}

static void *values_of(Tensor *t)
{
    TensorImage image = {0};
    return t && tensor_image(t, &image) ? image.data : NULL;
}

static void find_bases(const Return *t, Tensor *const *gradients, char *passing)
{
    char *kept = t->run->kept ? tensor_address(t->run->kept) : NULL;
    for (int i = 0; i < t->way->buffer_count; i++) {
        const Buffer *b = &t->way->buffers[i];
        t->bases[i] = b->home == BUFFER_PASSING ? passing + b->offset
                      : b->home == BUFFER_KEPT  ? kept + b->offset
                      : b->home == BUFFER_INPUT ? values_of(t->results[b->index])
                                                : values_of(gradients[b->index]);
    }
}

int run_backward(FusedRun *r, const WayBack *way, Tensor *const *gradients, Tensor **results)
{
    Return t = {r, way, memory_array((size_t)way->buffer_count + 1, sizeof(char *)), results};
    Tensor *passing = tensor_buffer((int64_t)(way->bytes / 4 + 1), TENSOR_FLOAT, false);
    make_results(&t);
    if (!error_pending())
        find_bases(&t, gradients, tensor_address(passing));
    int result = error_pending() ? -1 : 0;
    double begun = network_tell(&r->cache->clock, NULL, true, 0);
    for (int i = 0; result == 0 && i < way->count; i++) {
        const Step *step = way->steps[i].step;
        result = back_step(&t, &way->steps[i]);
        begun = network_tell(&r->cache->clock, step ? step->node : NULL, true, begun);
    }
    free(t.bases);
    tensor_free(passing);
    tensor_free(r->weights);
    r->weights = NULL;
    return result;
}
