/* Time of every operation between convolutions beside libtorch's, channels last in both.
 *
 *     bench_pointwise [THREADS [NAME]]     default 2, all operations
 *
 * Every result and gradient is compared with libtorch's before it is timed. Both take turns;
 * best times. "both" is forward and backward together, for libtorch with what autograd needs to
 * record and to run them. GB/s: what has to be read and written at least, each map once. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/error.h"
#include "core/threads.h"
#include "tensor/kernels/bf16.h"
#include "tensor/kernels/pointwise.h"

enum { ROUNDS = 9, PAGE = 2 << 20 };

/* One operation with everything that it may need. */
typedef struct Work {
    Map x, other, y, dy, dx;
    Tensor *x_tensor, *other_tensor, *dy_tensor, *slopes;
    float *slope_values, *slope_sums;
} Work;

typedef struct Operation {
    const char *name;
    int enlarges; /* y's edges are this times x's; negative: x's are y's */
    int deepens;  /* x's channels are so many times y's */
    Tensor *(*peer)(const Work *w, Tensor *x);
    void (*forward)(const Work *w);
    void (*backward)(const Work *w); /* NULL: the same as forward */
} Operation;

/* ---- Operations -------------------------------------------------------------------------------
 */

static ActivationSetting setting_of(const Work *w, Activation kind)
{
    return (ActivationSetting){kind, 0.2f, w->slope_values};
}

static Tensor *add_peer(const Work *w, Tensor *x)
{
    return tensor_add_scaled(x, w->other_tensor, 0.2);
}

static void add_forward(const Work *w)
{
    map_add_scaled(&w->x, &w->other, 0.2f, &w->y);
}

static Tensor *multiply_peer(const Work *w, Tensor *x)
{
    return tensor_multiply(x, w->other_tensor);
}

static void multiply_forward(const Work *w)
{
    map_multiply(&w->x, &w->other, false, &w->y);
}

static void multiply_backward(const Work *w)
{
    map_multiply(&w->dy, &w->other, false, &w->dx);
}

#define ACTIVATION(kind_name, kind, call)                                                          \
    static Tensor *kind_name##_peer(const Work *w, Tensor *x)                                      \
    {                                                                                              \
        (void)w;                                                                                   \
        return call;                                                                               \
    }                                                                                              \
    static void kind_name##_forward(const Work *w)                                                 \
    {                                                                                              \
        ActivationSetting s = setting_of(w, kind);                                                 \
        map_activate(&w->x, &s, &w->y);                                                            \
    }                                                                                              \
    static void kind_name##_backward(const Work *w)                                                \
    {                                                                                              \
        ActivationSetting s = setting_of(w, kind);                                                 \
        map_activate_gradient(&w->x, &w->dy, &s, w->slope_sums, false, &w->dx);                    \
    }
ACTIVATION(leaky_relu, ACTIVATION_LEAKY_RELU, tensor_leaky_relu(x, 0.2))
ACTIVATION(prelu, ACTIVATION_PRELU, tensor_prelu(x, w->slopes))
ACTIVATION(silu, ACTIVATION_SILU, tensor_silu(x))
ACTIVATION(sigmoid, ACTIVATION_SIGMOID, tensor_sigmoid(x))
ACTIVATION(mish, ACTIVATION_MISH, tensor_mish(x))
ACTIVATION(gelu, ACTIVATION_GELU, tensor_gelu(x))

static Tensor *nearest_peer(const Work *w, Tensor *x)
{
    (void)w;
    return tensor_nearest(x, 2);
}

static void nearest_forward(const Work *w)
{
    map_nearest(&w->x, 2, &w->y);
}

static void nearest_backward(const Work *w)
{
    map_nearest_gradient(&w->dy, 2, false, &w->dx);
}

static Tensor *bilinear_peer(const Work *w, Tensor *x)
{
    (void)w;
    return tensor_bilinear(x, 2);
}

static void bilinear_forward(const Work *w)
{
    map_bilinear(&w->x, 2, &w->y);
}

static void bilinear_backward(const Work *w)
{
    map_bilinear_gradient(&w->dy, 2, false, &w->dx);
}

static Tensor *shuffle_peer(const Work *w, Tensor *x)
{
    (void)w;
    return tensor_pixel_shuffle(x, 2);
}

static void shuffle_forward(const Work *w)
{
    map_shuffle(&w->x, 2, false, &w->y);
}

static void shuffle_backward(const Work *w)
{
    map_unshuffle(&w->dy, 2, false, &w->dx);
}

static Tensor *max_pool_peer(const Work *w, Tensor *x)
{
    (void)w;
    return tensor_max_pool(x, 2, 2, false);
}

static void max_pool_forward(const Work *w)
{
    map_max_pool(&w->x, 2, 2, &w->y);
}

static void max_pool_backward(const Work *w)
{
    map_max_pool_gradient(&w->x, &w->y, &w->dy, 2, 2, false, &w->dx);
}

static const Operation OPERATIONS[] = {
    {"a + 0.2 b", 1, 1, add_peer, add_forward, NULL},
    {"a b", 1, 1, multiply_peer, multiply_forward, multiply_backward},
    {"leaky relu", 1, 1, leaky_relu_peer, leaky_relu_forward, leaky_relu_backward},
    {"prelu", 1, 1, prelu_peer, prelu_forward, prelu_backward},
    {"silu", 1, 1, silu_peer, silu_forward, silu_backward},
    {"sigmoid", 1, 1, sigmoid_peer, sigmoid_forward, sigmoid_backward},
    {"mish", 1, 1, mish_peer, mish_forward, mish_backward},
    {"gelu", 1, 1, gelu_peer, gelu_forward, gelu_backward},
    {"nearest x2", 2, 1, nearest_peer, nearest_forward, nearest_backward},
    {"bilinear x2", 2, 1, bilinear_peer, bilinear_forward, bilinear_backward},
    {"shuffle x2", 2, 4, shuffle_peer, shuffle_forward, shuffle_backward},
    {"max pool 2", -2, 1, max_pool_peer, max_pool_forward, max_pool_backward}};

/* ---- Values -----------------------------------------------------------------------------------
 */

static size_t region_of(size_t bytes)
{
    return (bytes + 4096 + PAGE) / PAGE * PAGE;
}

/* In large pages and each beginning elsewhere within one, as libtorch's memory here: equal offsets
 * would be the same places in the first cache. */
static void *memory_of(size_t bytes)
{
    static size_t offset;
    offset = (offset + 5 * 64) % 4096;
    const size_t whole = region_of(bytes);
    char *p = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(p, whole, MADV_HUGEPAGE);
    return p + offset;
}

static Map map_new(int64_t n, int64_t edge, int64_t channels, TensorType type)
{
    Map m = {NULL, type, n, edge, edge, channels, channels};
    m.data = memory_of((size_t)(map_pixels(&m) * channels) * map_value_bytes(&m));
    return m;
}

static void map_free(Map *m)
{
    const size_t bytes = (size_t)(map_pixels(m) * m->channels) * map_value_bytes(m);
    munmap((void *)((uintptr_t)m->data / 4096 * 4096), region_of(bytes));
}

static double value_of(const Map *m, int64_t i)
{
    return (double)(m->type == TENSOR_BF16 ? bf16_widen(((uint16_t *)m->data)[i])
                                           : ((float *)m->data)[i]);
}

/* Where a map's value i lies in (n, channels, h, w). */
static int64_t planar(const Map *m, int64_t i)
{
    const int64_t plane = m->h * m->w, p = i / m->channels;
    return (p / plane * m->channels + i % m->channels) * plane + p % plane;
}

/* A map and a tensor of the same values about -2 .. 2. */
static Tensor *fill(Map *m, unsigned seed)
{
    const int64_t count = map_pixels(m) * m->channels;
    float *values = calloc((size_t)count, sizeof *values);
    unsigned state = seed;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        float value = (float)((int)(state >> 16) - 32768) / 16384;
        uint16_t narrow = bf16_narrow(value);
        if (m->type == TENSOR_BF16)
            ((uint16_t *)m->data)[i] = narrow;
        else
            ((float *)m->data)[i] = value;
        values[planar(m, i)] = value;
    }
    Tensor *t = tensor_from_floats(values, 4, (int64_t[]){m->n, m->channels, m->h, m->w});
    free(values);
    return tensor_own(tensor_channels_last(tensor_to_type(t, m->type)));
}

static Work work_new(const Operation *o, int64_t n, int64_t channels, int64_t edge, TensorType type)
{
    int64_t x_edge = o->enlarges > 0 ? edge / o->enlarges : edge;
    int64_t y_edge = o->enlarges > 0 ? edge : edge / -o->enlarges;
    Work w = {.x = map_new(n, x_edge, channels * o->deepens, type),
              .dx = map_new(n, x_edge, channels * o->deepens, type),
              .other = map_new(n, x_edge, channels * o->deepens, type),
              .y = map_new(n, y_edge, channels, type),
              .dy = map_new(n, y_edge, channels, type),
              .slope_values = calloc((size_t)(channels * o->deepens), sizeof(float)),
              .slope_sums = calloc((size_t)(channels * o->deepens), sizeof(float))};
    for (int64_t c = 0; c < w.x.channels; c++)
        w.slope_values[c] = 0.1f + 0.01f * (float)c;
    tensor_scope_begin();
    w.x_tensor = fill(&w.x, 1);
    w.other_tensor = fill(&w.other, 2);
    w.dy_tensor = fill(&w.dy, 3);
    w.slopes = tensor_own(tensor_leaf(tensor_from_floats(w.slope_values, 1, &w.x.channels)));
    tensor_scope_end();
    return w;
}

static void work_free(Work *w)
{
    Map *maps[] = {&w->x, &w->dx, &w->other, &w->y, &w->dy};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_free(maps[i]);
    free(w->slope_values);
    free(w->slope_sums);
    Tensor *tensors[] = {w->x_tensor, w->other_tensor, w->dy_tensor, w->slopes};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        tensor_free(tensors[i]);
}

/* The largest |ours - theirs| / (1 + |theirs|). */
static double difference(const Map *m, Tensor *t)
{
    const int64_t count = map_pixels(m) * m->channels;
    float *values = calloc((size_t)count, sizeof *values);
    double worst = tensor_to_floats(t, values, count) == 0 ? 0 : (double)INFINITY;
    for (int64_t i = 0; i < count; i++) {
        double wanted = (double)values[planar(m, i)];
        worst = fmax(worst, fabs(value_of(m, i) - wanted) / (1 + fabs(wanted)));
    }
    free(values);
    return worst;
}

/* ---- Times ------------------------------------------------------------------------------------
 */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef enum What { OURS_FORWARD, THEIRS_FORWARD, OURS_BOTH, THEIRS_BOTH, WHATS } What;

static void theirs_both(const Operation *o, const Work *w)
{
    Tensor *leaf = tensor_leaf(w->x_tensor), *y = o->peer(w, leaf), *dy = w->dy_tensor;
    tensor_backward_from(&y, &dy, 1);
}

static void theirs_forward(const Operation *o, const Work *w)
{
    tensor_no_grad_begin();
    o->peer(w, w->x_tensor);
    tensor_no_grad_end();
}

static void ours(const Operation *o, const Work *w, bool backward)
{
    o->forward(w);
    if (backward && o->backward)
        o->backward(w);
}

static double time_of(const Operation *o, const Work *w, What what)
{
    double start = seconds();
    tensor_scope_begin();
    if (what == THEIRS_FORWARD || what == THEIRS_BOTH)
        (what == THEIRS_BOTH ? theirs_both : theirs_forward)(o, w);
    else
        ours(o, w, what == OURS_BOTH);
    tensor_scope_end();
    return seconds() - start;
}

/* Against fp32: libtorch adds up some gradients in bf16. */
static int verify(const Operation *o, const Work *w)
{
    tensor_scope_begin();
    Work wide = *w;
    wide.other_tensor = tensor_to_type(w->other_tensor, TENSOR_FLOAT);
    Tensor *leaf = tensor_leaf(tensor_to_type(w->x_tensor, TENSOR_FLOAT));
    Tensor *y = o->peer(&wide, leaf), *dy = tensor_to_type(w->dy_tensor, TENSOR_FLOAT);
    tensor_backward_from(&y, &dy, 1);
    ours(o, w, true);
    double worst = difference(&w->y, y);
    if (o->backward)
        worst = fmax(worst, difference(&w->dx, tensor_gradient(leaf)));
    tensor_scope_end();
    if (worst <= (w->x.type == TENSOR_BF16 ? 1.0 / 256 : 4e-6))
        return 0;
    printf("%s: differs from libtorch by %g\n", o->name, worst);
    return -1;
}

static double bytes_of(const Map *m)
{
    return (double)(map_pixels(m) * m->channels) * (double)map_value_bytes(m);
}

static void report(const Operation *o, const Work *w, const double best[WHATS])
{
    const double x = bytes_of(&w->x), y = bytes_of(&w->y);
    const bool two = o->forward == add_forward || o->forward == multiply_forward;
    const double forward = x + y + (two ? x : 0);
    printf("%-12s %s %3lld  %8.3f %8.3f ms %6.1f GB/s %5.1fx", o->name,
           w->x.type == TENSOR_BF16 ? "bf16" : "fp32", (long long)w->x.h, 1e3 * best[OURS_FORWARD],
           1e3 * best[THEIRS_FORWARD], forward / best[OURS_FORWARD] / 1e9,
           best[THEIRS_FORWARD] / best[OURS_FORWARD]);
    if (o->backward)
        printf("   both %8.3f %8.3f ms %5.1fx", 1e3 * best[OURS_BOTH], 1e3 * best[THEIRS_BOTH],
               best[THEIRS_BOTH] / best[OURS_BOTH]);
    printf("\n");
    fflush(stdout);
}

static int measure(const Operation *o, int64_t edge, TensorType type)
{
    Work w = work_new(o, 8, 64 / o->deepens, edge, type);
    int status = verify(o, &w);
    double times[WHATS][ROUNDS], best[WHATS];
    for (int round = 0; status == 0 && round < ROUNDS; round++)
        for (int what = 0; what < WHATS; what++)
            times[what][round] = time_of(o, &w, (What)what);
    for (int what = 0; status == 0 && what < WHATS; what++) {
        best[what] = times[what][0];
        for (int round = 1; round < ROUNDS; round++)
            best[what] = fmin(best[what], times[what][round]);
    }
    if (status == 0)
        report(o, &w, best);
    work_free(&w);
    return status;
}

int main(int argc, char **argv)
{
    const int64_t edges[] = {128, 32};
    threads_set(argc > 1 ? atoi(argv[1]) : 2);
    int status = tensor_begin(threads_count(), "cpu");
    printf("%s, %d threads, 8 x 64 channels; ours, libtorch's\n", tensor_version(),
           threads_count());
    for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++)
        for (int which = 0; which < 4 && status == 0; which++)
            if (argc < 3 || strcmp(argv[2], OPERATIONS[i].name) == 0)
                status = measure(&OPERATIONS[i], edges[which / 2],
                                 which % 2 ? TENSOR_FLOAT : TENSOR_BF16);
    if (error_pending())
        fprintf(stderr, "%s\n", error_message());
    return status == 0 ? 0 : 1;
}
