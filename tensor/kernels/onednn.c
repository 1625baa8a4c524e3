#ifdef KERNELS_WITH_ONEDNN
#include "tensor/kernels/onednn.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/threads.h"
#include "tensor/kernels/conv_end.h"
#include "tensor/kernels/onednn_describe.h"
#include "tensor/kernels/pointwise.h"

/* A pass made for one size of pictures. */
typedef struct Entry {
    Description description;
    dnnl_primitive_desc_t pd;
    dnnl_primitive_t primitive;
    Layout weights; /* borrowed from pd, as is its scratch memory */
    Layout scratch;
    dnnl_primitive_t reorder; /* from the packed format to `weights`, NULL where they are the same;
                               * PASS_WEIGHTS: from `weights` to (O,I,k,k) */
    int users;                /* calls that are under way; they keep it */
    struct Entry *next;
} Entry;

/* Pictures of a data set may have as many sizes as there are of them. */
enum { MOST_ENTRIES = 24 };

struct Onednn {
    ConvShape shape;
    TensorType type;
    const Entry *typical[2];  /* by ConvDirection: their formats are the packed ones */
    dnnl_primitive_t pack[2]; /* from (O,I,k,k) */
    pthread_mutex_t lock;     /* of entries and their users */
    Entry *entries;
};

static dnnl_engine_t engine;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_engine(void)
{
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success)
        engine = NULL;
}

static int fail(const char *what)
{
    return error_set(ERROR_TENSOR, "oneDNN cannot %s a convolution", what);
}

bool onednn_multiplies_tiles(void)
{
    unsigned tiles = dnnl_cpu_isa_avx512_core_amx;
    return ((unsigned)dnnl_get_effective_cpu_isa() & tiles) == tiles;
}

/* ---- Calls -------------------------------------------------------------------------------------
 */

enum { MOST_ARGUMENTS = 5 };

typedef struct Call {
    dnnl_exec_arg_t arguments[MOST_ARGUMENTS];
    int count;
    bool failed;
} Call;

static void add_memory(Call *call, int argument, dnnl_memory_t memory)
{
    call->failed = call->failed || !memory;
    if (memory)
        call->arguments[call->count++] = (dnnl_exec_arg_t){argument, memory};
}

static void add(Call *call, int argument, Layout layout, const void *data)
{
    dnnl_memory_t memory = NULL;
    if (dnnl_memory_create(&memory, layout, engine, (void *)(uintptr_t)data) != dnnl_success)
        memory = NULL;
    add_memory(call, argument, memory);
}

/* By this many threads; the call's memory objects are gone afterwards. */
static int run(Call *call, const_dnnl_primitive_t primitive, int threads)
{
    dnnl_stream_t stream = NULL;
    int others = omp_get_max_threads();
    omp_set_num_threads(threads);
    bool good = !call->failed && dnnl_stream_create(&stream, engine, 0) == dnnl_success;
    good = good &&
           dnnl_primitive_execute(primitive, stream, call->count, call->arguments) == dnnl_success;
    good = good && dnnl_stream_wait(stream) == dnnl_success;
    omp_set_num_threads(others);
    if (stream)
        dnnl_stream_destroy(stream);
    for (int i = 0; i < call->count; i++)
        dnnl_memory_destroy(call->arguments[i].memory);
    return good ? 0 : fail("compute");
}

static dnnl_primitive_t primitive_new(dnnl_primitive_desc_t pd)
{
    dnnl_primitive_t primitive = NULL;
    return dnnl_primitive_create(&primitive, pd) == dnnl_success ? primitive : NULL;
}

static dnnl_primitive_t reorder_new(Layout from, Layout to)
{
    dnnl_primitive_desc_t pd = NULL;
    if (dnnl_reorder_primitive_desc_create(&pd, from, engine, to, engine, NULL) != dnnl_success)
        return NULL;
    dnnl_primitive_t reorder = primitive_new(pd);
    dnnl_primitive_desc_destroy(pd);
    return reorder;
}

/* Between a format and (O,I,k,k). */
static dnnl_primitive_t plain_reorder_new(const ConvShape *shape, Layout layout, bool to_plain)
{
    dnnl_memory_t plain = onednn_weights_memory(engine, shape, NULL);
    Layout other = NULL;
    dnnl_primitive_t reorder = NULL;
    if (plain && dnnl_memory_get_memory_desc(plain, &other) == dnnl_success)
        reorder = to_plain ? reorder_new(layout, other) : reorder_new(other, layout);
    if (plain)
        dnnl_memory_destroy(plain);
    return reorder;
}

/* ---- Passes for sizes of pictures --------------------------------------------------------------
 */

static bool same(const Description *a, const Description *b)
{
    return a->pass == b->pass && a->n == b->n && a->h == b->h && a->w == b->w &&
           a->threads == b->threads && a->bias == b->bias && a->activation == b->activation &&
           a->slope == b->slope;
}

static void entry_free(Entry *e)
{
    if (e->reorder)
        dnnl_primitive_destroy(e->reorder);
    if (e->primitive)
        dnnl_primitive_destroy(e->primitive);
    if (e->pd)
        dnnl_primitive_desc_destroy(e->pd);
    free(e);
}

static bool entry_prepare(Entry *e, const Onednn *o)
{
    Pass pass = e->description.pass;
    e->pd = onednn_describe(engine, &e->description);
    e->primitive = e->pd ? primitive_new(e->pd) : NULL;
    if (!e->primitive)
        return false;
    dnnl_query_t weights =
        pass == PASS_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
    e->weights = dnnl_primitive_desc_query_md(e->pd, weights, 0);
    e->scratch = dnnl_primitive_desc_query_md(e->pd, dnnl_query_scratchpad_md, 0);
    if (pass == PASS_WEIGHTS) {
        e->reorder = plain_reorder_new(&o->shape, e->weights, true);
        return e->reorder;
    }
    const Entry *typical = o->typical[pass == PASS_DATA];
    if (!typical || dnnl_memory_desc_equal(typical->weights, e->weights))
        return true;
    e->reorder = reorder_new(typical->weights, e->weights);
    return e->reorder;
}

static Entry *entry_new(const Onednn *o, const Description *d)
{
    Entry *e = memory_new(sizeof *e);
    e->description = *d;
    int others = omp_get_max_threads();
    omp_set_num_threads(d->threads);
    bool good = entry_prepare(e, o);
    omp_set_num_threads(others);
    if (good)
        return e;
    entry_free(e);
    return NULL;
}

/* Takes an entry out of the list, or NULL. */
static Entry *unlink_entry(Onednn *o, const Description *d)
{
    for (Entry **at = &o->entries; *at; at = &(*at)->next)
        if (same(&(*at)->description, d)) {
            Entry *e = *at;
            *at = e->next;
            return e;
        }
    return NULL;
}

/* Those that were used last come first. */
static void forget_oldest(Onednn *o)
{
    int count = 0;
    for (Entry **at = &o->entries; *at; count++) {
        Entry *e = *at;
        if (count < MOST_ENTRIES || e->users > 0) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        entry_free(e);
    }
}

/* To be given back. */
static Entry *entry_take(Onednn *o, const Description *d)
{
    pthread_mutex_lock(&o->lock);
    Entry *e = unlink_entry(o, d);
    if (!e)
        e = entry_new(o, d);
    if (e) {
        e->users++;
        e->next = o->entries;
        o->entries = e;
        forget_oldest(o);
    }
    pthread_mutex_unlock(&o->lock);
    if (!e)
        fail("make");
    return e;
}

static void entry_give_back(Onednn *o, Entry *e)
{
    pthread_mutex_lock(&o->lock);
    e->users--;
    pthread_mutex_unlock(&o->lock);
}

static Description describe(const Onednn *o, Pass pass, const Map *x)
{
    return (Description){.shape = o->shape,
                         .type = o->type,
                         .pass = pass,
                         .n = x->n,
                         .h = x->h,
                         .w = x->w,
                         .threads = threads_count()};
}

/* ---- The packed weights ------------------------------------------------------------------------
 */

static bool is_fast(const Entry *e)
{
    return e && !onednn_is_reference(e->pd);
}

/* The passes for a picture that stands for all: packed weights do not depend on the real ones. */
static bool make_typical(Onednn *o)
{
    int64_t extent = o->shape.kernel > 64 ? o->shape.kernel : 64;
    Map picture = {.n = 1, .h = extent, .w = extent};
    for (int i = 0; i < 2; i++) {
        Description d = describe(o, i == CONV_FORWARD ? PASS_FORWARD : PASS_DATA, &picture);
        d.bias = d.pass == PASS_FORWARD;
        const Entry *e = entry_take(o, &d); /* for good */
        if (!is_fast(e))
            return false;
        o->typical[i] = e;
        o->pack[i] = plain_reorder_new(&o->shape, e->weights, false);
        if (!o->pack[i])
            return false;
    }
    Description d = describe(o, PASS_WEIGHTS, &picture);
    Entry *e = entry_take(o, &d);
    bool fast = is_fast(e);
    if (e)
        entry_give_back(o, e);
    return fast;
}

Onednn *onednn_new(const ConvShape *shape, TensorType type)
{
    pthread_once(&once, make_engine);
    if (!engine || error_pending() != ERROR_NONE)
        return NULL;
    Onednn *o = memory_new(sizeof *o);
    o->shape = *shape;
    o->type = type;
    pthread_mutex_init(&o->lock, NULL);
    if (make_typical(o))
        return o;
    error_clear();
    onednn_free(o);
    return NULL;
}

void onednn_free(Onednn *o)
{
    if (!o)
        return;
    for (int i = 0; i < 2; i++)
        if (o->pack[i])
            dnnl_primitive_destroy(o->pack[i]);
    for (Entry *e = o->entries, *next; e; e = next) {
        next = e->next;
        entry_free(e);
    }
    pthread_mutex_destroy(&o->lock);
    free(o);
}

size_t onednn_packed_bytes(const Onednn *o, ConvDirection direction)
{
    return dnnl_memory_desc_get_size(o->typical[direction]->weights);
}

int onednn_pack(Onednn *o, ConvDirection direction, const float *weight, float factor, void *packed)
{
    const ConvShape *s = &o->shape;
    int64_t count = (int64_t)s->outputs * s->inputs * s->kernel * s->kernel;
    float *scaled = NULL;
    if (factor != 1) {
        scaled = kernel_scratch((size_t)count * sizeof *scaled);
        for (int64_t i = 0; scaled && i < count; i++)
            scaled[i] = factor * weight[i];
        if (!scaled)
            return -1;
    }
    Call call = {.count = 0};
    const void *from = scaled ? scaled : weight;
    add_memory(&call, DNNL_ARG_FROM, onednn_weights_memory(engine, s, (void *)(uintptr_t)from));
    add(&call, DNNL_ARG_TO, o->typical[direction]->weights, packed);
    return run(&call, o->pack[direction], threads_count());
}

/* ---- Maps and memory of a call -----------------------------------------------------------------
 */

enum Part { PART_LIBRARY, PART_X, PART_Y, PART_WEIGHTS, PART_BIAS, PARTS };

/* Parts of the thread's scratch memory; those of 0 bytes are not there. */
typedef struct Scratch {
    size_t bytes[PARTS];
    char *parts[PARTS];
} Scratch;

static size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static int scratch_get(Scratch *s)
{
    size_t total = 64;
    for (int i = 0; i < PARTS; i++)
        total += aligned(s->bytes[i]);
    char *memory = kernel_scratch(total);
    for (int i = 0; memory && i < PARTS; i++) {
        s->parts[i] = memory;
        memory += aligned(s->bytes[i]);
    }
    return s->parts[0] ? 0 : -1;
}

static bool is_dense(const Map *m, TensorType type)
{
    return m->type == type && m->stride == m->channels;
}

static size_t dense_bytes(const Map *m, TensorType type)
{
    return (size_t)(map_pixels(m) * m->channels) * (type == TENSOR_BF16 ? 2 : 4);
}

static Map dense_map(const Map *m, TensorType type, void *data)
{
    return (Map){data, type, m->n, m->h, m->w, m->channels, m->channels};
}

/* The map itself where it is dense, else a copy. */
static Map densely(const Onednn *o, const Map *m, void *scratch)
{
    if (is_dense(m, o->type))
        return *m;
    Map copy = dense_map(m, o->type, scratch);
    map_copy(m, &copy);
    return copy;
}

static Scratch scratch_for(const Onednn *o, const Entry *e, const Map *from, enum Part part)
{
    Scratch s = {0};
    s.bytes[PART_LIBRARY] = dnnl_memory_desc_get_size(e->scratch);
    s.bytes[part] = is_dense(from, o->type) ? 0 : dense_bytes(from, o->type);
    if (e->reorder)
        s.bytes[PART_WEIGHTS] = dnnl_memory_desc_get_size(e->weights);
    return s;
}

static Layout layout(const Entry *e, dnnl_query_t which)
{
    return dnnl_primitive_desc_query_md(e->pd, which, 0);
}

static const void *weights_in_format(const Onednn *o, const Entry *e, const void *packed,
                                     void *scratch)
{
    if (!e->reorder)
        return packed;
    Call call = {.count = 0};
    add(&call, DNNL_ARG_FROM, o->typical[e->description.pass == PASS_DATA]->weights, packed);
    add(&call, DNNL_ARG_TO, e->weights, scratch);
    return run(&call, e->reorder, e->description.threads) == 0 ? scratch : NULL;
}

/* ---- Passes ------------------------------------------------------------------------------------
 */

/* Not ReLU: oneDNN makes 0 of NaN, and a broken picture would look whole. */
static bool fuses(const ConvEnd *end)
{
    return !end->before.data && !end->base.data &&
           (end->activation.kind == ACTIVATION_NONE ||
            end->activation.kind == ACTIVATION_LEAKY_RELU);
}

/* Where the primitive writes: data NULL for scratch memory. */
static Map forward_target(const Onednn *o, const ConvEnd *end, const Map *y)
{
    if (end->before.data && is_dense(&end->before, o->type))
        return end->before;
    return is_dense(y, o->type) && end->base.data != y->data ? *y : dense_map(y, o->type, NULL);
}

static int forward_call(const Entry *e, const Scratch *s, const Map *x, const void *weights,
                        const float *bias, const Map *y)
{
    Call call = {.count = 0};
    add(&call, DNNL_ARG_SRC, layout(e, dnnl_query_src_md), x->data);
    add(&call, DNNL_ARG_WEIGHTS, e->weights, weights);
    add(&call, DNNL_ARG_DST, layout(e, dnnl_query_dst_md), y->data);
    add(&call, DNNL_ARG_SCRATCHPAD, e->scratch, s->parts[PART_LIBRARY]);
    if (bias)
        add_memory(
            &call, DNNL_ARG_BIAS,
            onednn_vector_memory(engine, e->description.shape.outputs, (void *)(uintptr_t)bias));
    return run(&call, e->primitive, e->description.threads);
}

static int forward(const Onednn *o, const Entry *e, const void *packed, const Map *x,
                   const ConvEnd *end, const Map *y)
{
    Map to = forward_target(o, end, y);
    Scratch s = scratch_for(o, e, x, PART_X);
    s.bytes[PART_Y] = to.data ? 0 : dense_bytes(y, o->type);
    if (scratch_get(&s) != 0)
        return -1;
    to.data = to.data ? to.data : s.parts[PART_Y];
    Map from = densely(o, x, s.parts[PART_X]);
    const void *weights = weights_in_format(o, e, packed, s.parts[PART_WEIGHTS]);
    if (!weights || forward_call(e, &s, &from, weights, end->bias, &to) != 0)
        return -1;
    bool fused = fuses(end);
    ConvEnd rest = fused ? (ConvEnd){.scale = 1} : *end;
    rest.bias = NULL;
    if (to.data == rest.before.data)
        rest.before.data = NULL;
    if (!fused || to.data != y->data)
        conv_end_map(&rest, &to, y);
    return 0;
}

int onednn_forward(Onednn *o, const void *packed, const Map *x, const ConvEnd *end, const Map *y)
{
    Description d = describe(o, PASS_FORWARD, x);
    d.bias = end->bias;
    d.activation = fuses(end) ? end->activation.kind : ACTIVATION_NONE;
    d.slope = d.activation == ACTIVATION_LEAKY_RELU ? end->activation.slope : 0;
    Entry *e = entry_take(o, &d);
    if (!e)
        return -1;
    int status = forward(o, e, packed, x, end, y);
    entry_give_back(o, e);
    return status;
}

static int data(const Onednn *o, const Entry *e, const void *packed, const Map *dy,
                const ConvGradientEnd *end, const Map *dx)
{
    bool direct = is_dense(dx, o->type) && !end->add;
    Scratch s = scratch_for(o, e, dy, PART_Y);
    s.bytes[PART_X] = direct ? 0 : dense_bytes(dx, o->type);
    if (scratch_get(&s) != 0)
        return -1;
    Map to = direct ? *dx : dense_map(dx, o->type, s.parts[PART_X]);
    Map from = densely(o, dy, s.parts[PART_Y]);
    const void *weights = weights_in_format(o, e, packed, s.parts[PART_WEIGHTS]);
    Call call = {.failed = !weights};
    add(&call, DNNL_ARG_DIFF_SRC, layout(e, dnnl_query_diff_src_md), to.data);
    add(&call, DNNL_ARG_WEIGHTS, e->weights, weights);
    add(&call, DNNL_ARG_DIFF_DST, layout(e, dnnl_query_diff_dst_md), from.data);
    add(&call, DNNL_ARG_SCRATCHPAD, e->scratch, s.parts[PART_LIBRARY]);
    if (run(&call, e->primitive, e->description.threads) != 0)
        return -1;
    if (!direct || end->activation.kind != ACTIVATION_NONE)
        conv_gradient_end_map(end, &to, dx);
    return 0;
}

int onednn_data(Onednn *o, const void *packed, const Map *dy, const ConvGradientEnd *end,
                const Map *dx)
{
    Description d = describe(o, PASS_DATA, dx);
    Entry *e = entry_take(o, &d);
    if (!e)
        return -1;
    int status = data(o, e, packed, dy, end, dx);
    entry_give_back(o, e);
    return status;
}

static int weights(const Onednn *o, const Entry *e, const Map *x, const Map *dy, float *dweight,
                   float *dbias)
{
    Scratch s = scratch_for(o, e, x, PART_X);
    s.bytes[PART_Y] = is_dense(dy, o->type) ? 0 : dense_bytes(dy, o->type);
    s.bytes[PART_BIAS] = dbias ? 0 : (size_t)o->shape.outputs * sizeof *dbias;
    if (scratch_get(&s) != 0)
        return -1;
    Map source = densely(o, x, s.parts[PART_X]), gradient = densely(o, dy, s.parts[PART_Y]);
    Call call = {.count = 0}, reorder = {.count = 0};
    add(&call, DNNL_ARG_SRC, layout(e, dnnl_query_src_md), source.data);
    add(&call, DNNL_ARG_DIFF_WEIGHTS, e->weights, s.parts[PART_WEIGHTS]);
    add(&call, DNNL_ARG_DIFF_DST, layout(e, dnnl_query_diff_dst_md), gradient.data);
    add(&call, DNNL_ARG_SCRATCHPAD, e->scratch, s.parts[PART_LIBRARY]);
    add_memory(
        &call, DNNL_ARG_DIFF_BIAS,
        onednn_vector_memory(engine, o->shape.outputs, dbias ? (void *)dbias : s.parts[PART_BIAS]));
    if (run(&call, e->primitive, e->description.threads) != 0)
        return -1;
    add(&reorder, DNNL_ARG_FROM, e->weights, s.parts[PART_WEIGHTS]);
    add_memory(&reorder, DNNL_ARG_TO, onednn_weights_memory(engine, &o->shape, dweight));
    return run(&reorder, e->reorder, e->description.threads);
}

int onednn_weights(Onednn *o, const Map *x, const Map *dy, float *dweight, float *dbias)
{
    Description d = describe(o, PASS_WEIGHTS, x);
    Entry *e = entry_take(o, &d);
    if (!e)
        return -1;
    int status = weights(o, e, x, dy, dweight, dbias);
    entry_give_back(o, e);
    return status;
}
#endif
