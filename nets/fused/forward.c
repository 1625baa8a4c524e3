#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/fused/run.h"
#include "tensor/kernels/pointwise.h"

Map run_map(const FusedRun *r, const Buffer *buffers, char *const *bases, Place at)
{
    if (at.buffer < 0)
        return (Map){0};
    const Buffer *b = &buffers[at.buffer];
    Map whole = {bases[at.buffer], b->type, r->plan->form.n, b->h, b->w, b->channels, b->channels};
    return map_slice(&whole, at.first, at.channels);
}

Map run_value(const FusedRun *r, const Node *n)
{
    return run_map(r, r->plan->buffers, r->bases, r->plan->places[n->index]);
}

const float *run_parameter(const FusedRun *r, int index)
{
    return index < 0 ? NULL : tensor_address(r->parameters[index]);
}

const Conv *run_conv(FusedRun *r, const Step *s)
{
    const Node *n = s->node;
    Conv **conv = &r->cache->convs[n->index];
    ConvShape shape = network_conv_shape(n);
    pthread_mutex_lock(&r->cache->lock);
    if (!*conv)
        *conv = conv_new(&shape, r->plan->types[n->index], CONV_AUTO);
    const Conv *made = *conv;
    pthread_mutex_unlock(&r->cache->lock);
    return made;
}

/* A buffer for `bytes` that stays in *place; it grows. */
static void *room_for(Tensor **place, size_t bytes)
{
    int64_t count = (int64_t)((bytes + 3) / 4);
    if (*place && tensor_count(*place) < count) {
        tensor_free(*place);
        *place = NULL;
    }
    if (!*place)
        *place = tensor_own(tensor_buffer(count, TENSOR_FLOAT, false));
    return *place ? tensor_address(*place) : NULL;
}

static const void *pack(const FusedRun *r, const Conv *conv, const Step *s, ConvDirection direction,
                        float factor, Tensor **place)
{
    const float *weight = run_parameter(r, s->weight);
    void *packed = weight ? room_for(place, conv_packed_bytes(conv, direction)) : NULL;
    return packed && conv_pack(conv, direction, weight, factor, packed) == 0 ? packed : NULL;
}

const void *run_weights(FusedRun *r, const Step *s, ConvDirection direction, float factor)
{
    FusedCache *cache = r->cache;
    const Conv *conv = run_conv(r, s);
    if (!conv)
        return NULL;
    if (!cache->fixed || factor != 1)
        return pack(r, conv, s, direction, factor, &r->weights);
    Tensor **place = &cache->packed[2 * s->node->index + (direction == CONV_DATA)];
    pthread_mutex_lock(&cache->lock);
    const void *packed =
        *place ? tensor_address(*place) : pack(r, conv, s, direction, factor, place);
    pthread_mutex_unlock(&cache->lock);
    return packed;
}

static int forward_conv(FusedRun *r, const Step *s)
{
    Map x = run_value(r, s->node->inputs[0]), y = run_value(r, s->result);
    ConvEnd end = {.bias = run_parameter(r, s->bias),
                   .activation = plan_activation(s->activation, run_parameter(r, s->slopes)),
                   .scale = (float)s->scale};
    if (s->result != s->node)
        end.before = run_value(r, s->node);
    if (s->base)
        end.base = run_value(r, s->base);
    const void *packed = run_weights(r, s, CONV_FORWARD, 1);
    return packed ? conv_forward(run_conv(r, s), packed, &x, &end, &y) : -1;
}

static void forward_concat(const FusedRun *r, const Node *n, const Map *y)
{
    const Place *at = &r->plan->places[n->index];
    int first = 0;
    for (int k = 0; k < n->input_count; k++) {
        const Node *part = n->inputs[k];
        const Place *from = &r->plan->places[part->index];
        Map x = run_value(r, part), to = map_slice(y, first, part->channels);
        if (from->buffer != at->buffer || from->first != at->first + first)
            map_copy(&x, &to);
        first += part->channels;
    }
}

static void forward_normalise(const Node *n, const Map *x, const Map *y)
{
    float factor[4], offset[4];
    for (int c = 0; c < n->channels; c++) {
        factor[c] = 1 / n->deviation[c];
        offset[c] = -n->mean[c] / n->deviation[c];
    }
    map_affine(x, factor, offset, false, y);
}

static void forward_affine(const Node *n, const Map *x, const Map *y)
{
    float *constants = memory_array(2 * (size_t)n->channels, sizeof *constants);
    for (int c = 0; c < n->channels; c++) {
        constants[c] = (float)n->value;
        constants[n->channels + c] = (float)n->shift;
    }
    map_affine(x, constants, constants + n->channels, false, y);
    free(constants);
}

static void forward_slice(const Node *n, const Map *x, const Map *y)
{
    Map from = map_slice(x, n->first, n->channels);
    if (from.data != y->data)
        map_copy(&from, y);
}

static void forward_activation(const FusedRun *r, const Step *s, const Map *x, const Map *y)
{
    ActivationSetting a = plan_activation(s->node, run_parameter(r, s->slopes));
    map_activate(x, &a, y);
}

int run_node(const FusedRun *r, const Step *s, const Map *inputs, const Map *y)
{
    const Node *n = s->node;
    const Map *x = &inputs[0], *other = &inputs[1];
    switch (n->operation) {
    case OPERATION_PRELU:
    case OPERATION_LEAKY_RELU:
    case OPERATION_RELU:
    case OPERATION_SILU:
    case OPERATION_SIGMOID:
    case OPERATION_MISH:
    case OPERATION_GELU:
        forward_activation(r, s, x, y);
        return 0;
    case OPERATION_ADD:
        map_add_scaled(x, other, (float)n->value, y);
        return 0;
    case OPERATION_MULTIPLY:
        map_multiply(x, other, false, y);
        return 0;
    case OPERATION_AFFINE:
        forward_affine(n, x, y);
        return 0;
    case OPERATION_NORMALISE:
        forward_normalise(n, x, y);
        return 0;
    case OPERATION_CONCAT:
        forward_concat(r, n, y);
        return 0;
    case OPERATION_SLICE:
        forward_slice(n, x, y);
        return 0;
    case OPERATION_REPEAT:
        map_repeat(x, n->factor, y);
        return 0;
    case OPERATION_PIXEL_SHUFFLE:
        map_shuffle(x, n->factor, false, y);
        return 0;
    case OPERATION_PIXEL_UNSHUFFLE:
        map_unshuffle(x, n->factor, false, y);
        return 0;
    case OPERATION_NEAREST:
        map_nearest(x, n->factor, y);
        return 0;
    case OPERATION_BILINEAR:
        map_bilinear(x, n->factor, y);
        return 0;
    case OPERATION_MAX_POOL:
        map_max_pool(x, n->kernel, n->stride, y);
        return 0;
    case OPERATION_CONV:
    case OPERATION_INPUT:
    case OPERATION_QUANTISE:
    case OPERATION_BATCH_NORM:
    case OPERATION_GROUP_NORM:
    case OPERATION_LAYER_NORM:
    case OPERATION_PAD_TO_MULTIPLE:
    case OPERATION_CROP:
    case OPERATION_WINDOW_ATTENTION:
        break;
    }
    return error_set(ERROR_TENSOR, "the fused reader knows no %s", operation_name(n->operation));
}

static int forward_step(FusedRun *r, const Step *s)
{
    const Node *n = s->node;
    if (n->operation == OPERATION_CONV)
        return forward_conv(r, s);
    Map inputs[2] = {run_value(r, n->inputs[0])}, y = run_value(r, n);
    if (n->input_count > 1)
        inputs[1] = run_value(r, n->inputs[1]);
    return run_node(r, s, inputs, &y);
}

/* Where every buffer begins. */
static void find_bases(FusedRun *r)
{
    const FusedPlan *p = r->plan;
    char *kept = r->kept ? tensor_address(r->kept) : NULL;
    char *passing = r->passing ? tensor_address(r->passing) : NULL;
    for (int i = 0; i < p->buffer_count; i++) {
        const Buffer *b = &p->buffers[i];
        TensorImage image = {0};
        if (b->home == BUFFER_KEPT)
            r->bases[i] = kept + b->offset;
        else if (b->home == BUFFER_PASSING)
            r->bases[i] = passing + b->offset;
        else if (tensor_image(b->home == BUFFER_INPUT ? r->inputs[b->index] : r->outputs[b->index],
                              &image))
            r->bases[i] = image.data;
    }
}

static Tensor *arena(size_t bytes)
{
    return bytes ? tensor_own(tensor_buffer((int64_t)((bytes + 3) / 4), TENSOR_FLOAT, false))
                 : NULL;
}

int run_forward(FusedRun *r)
{
    const FusedPlan *p = r->plan;
    r->kept = arena(p->kept_bytes);
    r->passing = arena(p->passing_bytes);
    find_bases(r);
    int result = error_pending() ? -1 : 0;
    double begun = network_tell(&r->cache->clock, NULL, false, 0);
    for (int k = 0; result == 0 && k < p->step_count; k++) {
        result = forward_step(r, &p->steps[k]);
        begun = network_tell(&r->cache->clock, p->steps[k].node, false, begun);
    }
    tensor_free(r->passing);
    tensor_free(r->weights);
    r->passing = r->weights = NULL;
    return result;
}
