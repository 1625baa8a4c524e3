/* Convolutions by every method and processor against sums in doubles, written as the definition
 * has them.
 *
 * Bounds, of the L2 norm and of the largest value: 1e-5 in fp32. With bf16 maps the reference reads
 * the rounded maps, so that what is left are the roundings on the way, each at most 2^-9 of a
 * value: that of the result, of the weights (where a method multiplies in bf16), and of the sum
 * before the activation (where a method stores it in between). Gradients by Winograd's convolutions
 * with products of bf16 round both factors, and the way back from the points makes that about five
 * times as large against the result. */
#include <math.h>

#include "core/error.h"
#include "core/random.h"
#include "core/threads.h"
#include "tensor/kernels/bf16.h"
#include "tensor/kernels/conv.h"
#include "tensor/kernels/processor.h"
#include "tests/unit.h"

enum { ROUNDINGS = 3, POINTS_ROUNDINGS = 2 * 5, AROUND = 3 };

typedef struct Case {
    ConvShape shape;
    int n, h, w;
} Case;

static const Case CASES[] = {
    {{5, 7, 3, 1, 1}, 2, 9, 11},    {{64, 64, 3, 1, 1}, 1, 9, 13},  {{3, 64, 3, 1, 1}, 2, 10, 7},
    {{64, 3, 3, 1, 1}, 2, 7, 10},   {{64, 1, 3, 1, 1}, 1, 6, 6},    {{1, 8, 3, 1, 1}, 1, 5, 5},
    {{16, 32, 3, 2, 1}, 2, 9, 7},   {{32, 16, 4, 2, 1}, 2, 10, 12}, {{8, 8, 4, 2, 1}, 1, 9, 11},
    {{20, 24, 1, 1, 0}, 2, 6, 5},   {{8, 16, 1, 2, 0}, 1, 7, 6},    {{6, 10, 5, 1, 2}, 2, 8, 9},
    {{2, 3, 17, 1, 8}, 1, 12, 19},  {{32, 10, 4, 1, 0}, 5, 4, 4},   {{70, 130, 3, 1, 1}, 1, 7, 5},
    {{16, 16, 3, 1, 0}, 1, 8, 9},   {{8, 8, 7, 3, 2}, 1, 14, 13},   {{1, 64, 9, 1, 4}, 1, 11, 6},
    {{200, 100, 3, 1, 1}, 1, 4, 7}, {{512, 2, 3, 1, 1}, 1, 5, 4},   {{512, 24, 1, 1, 0}, 7, 1, 1},
    {{16, 20, 4, 2, 1}, 1, 23, 13}, {{80, 70, 4, 2, 0}, 1, 10, 8},
};
enum { CASES_COUNT = sizeof CASES / sizeof *CASES };

/* ---- Maps whose neighbours in memory must stay as they are ------------------------------------
 */

static float value_of(const Map *m, int64_t at)
{
    return m->type == TENSOR_BF16 ? bf16_widen(((const uint16_t *)m->data)[at])
                                  : ((const float *)m->data)[at];
}

static void set_value(const Map *m, int64_t at, float value)
{
    if (m->type == TENSOR_BF16)
        ((uint16_t *)m->data)[at] = bf16_narrow(value);
    else
        ((float *)m->data)[at] = value;
}

static float map_value(const Map *m, int64_t pixel, int64_t channel)
{
    return value_of(m, pixel * m->stride + channel);
}

/* Some channels of a wider map, in the middle of it, if `slice`. Random values, some zeros. */
static Map map_new(TensorType type, int64_t n, int64_t h, int64_t w, int64_t channels, bool slice,
                   Random *random)
{
    int64_t around = slice ? AROUND : 0;
    Map m = {.type = type, .n = n, .h = h, .w = w, .channels = channels};
    m.stride = channels + 2 * around;
    m.data = malloc((size_t)(map_pixels(&m) * m.stride) * map_value_bytes(&m));
    for (int64_t i = 0; i < map_pixels(&m) * m.stride; i++) {
        float value = (float)random_uniform(random) - 0.5f;
        set_value(&m, i, value > 0.4f ? 0 : value);
        if (i % m.stride < around || i % m.stride >= around + channels)
            set_value(&m, i, 77);
    }
    m.data = (char *)m.data + (size_t)around * map_value_bytes(&m);
    return m;
}

static void map_free(Map *m)
{
    int64_t around = (m->stride - m->channels) / 2;
    bool kept = true;
    for (int64_t p = 0; m->data && p < map_pixels(m); p++)
        for (int64_t c = 0; c < around; c++)
            kept = kept && map_value(m, p, -1 - c) == 77 && map_value(m, p, m->channels + c) == 77;
    CHECK(kept);
    if (m->data)
        free((char *)m->data - (size_t)around * map_value_bytes(m));
}

static float *floats_new(int64_t count, float size, Random *random)
{
    float *values = malloc((size_t)count * sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = size * ((float)random_uniform(random) - 0.5f);
    return values;
}

/* ---- The definition ----------------------------------------------------------------------------
 */

static int out_extent(const ConvShape *s, int extent)
{
    return (extent + 2 * s->padding - s->kernel) / s->stride + 1;
}

typedef struct Trial {
    ConvShape shape;
    Map x, dy; /* dy: the gradient, or base */
    float *weight, *bias;
    float factor;
} Trial;

/* Calls visit for every product of a convolution: pixels of x and y, and the weight's index. */
typedef void Visit(void *context, int64_t from, int64_t to, int i, int o, int64_t weight);

static void visit_taps(const Trial *t, int64_t y_pixel, int ky, int kx, Visit *visit, void *context)
{
    const ConvShape *s = &t->shape;
    int64_t n = y_pixel / (t->dy.h * t->dy.w), oy = y_pixel / t->dy.w % t->dy.h;
    int64_t y = oy * s->stride + ky - s->padding;
    int64_t x = y_pixel % t->dy.w * s->stride + kx - s->padding;
    if (y < 0 || x < 0 || y >= t->x.h || x >= t->x.w)
        return;
    int64_t from = (n * t->x.h + y) * t->x.w + x;
    for (int o = 0; o < s->outputs; o++)
        for (int i = 0; i < s->inputs; i++)
            visit(context, from, y_pixel, i, o,
                  (((int64_t)o * s->inputs + i) * s->kernel + ky) * s->kernel + kx);
}

static void visit_all(const Trial *t, Visit *visit, void *context)
{
    for (int64_t pixel = 0; pixel < map_pixels(&t->dy); pixel++)
        for (int tap = 0; tap < t->shape.kernel * t->shape.kernel; tap++)
            visit_taps(t, pixel, tap / t->shape.kernel, tap % t->shape.kernel, visit, context);
}

typedef struct Sums {
    const Trial *trial;
    double *values;
} Sums;

static void add_forward(void *context, int64_t from, int64_t to, int i, int o, int64_t weight)
{
    const Sums *s = context;
    s->values[to * s->trial->shape.outputs + o] +=
        (double)(s->trial->factor * s->trial->weight[weight]) *
        (double)map_value(&s->trial->x, from, i);
}

static void add_data(void *context, int64_t from, int64_t to, int i, int o, int64_t weight)
{
    const Sums *s = context;
    s->values[from * s->trial->shape.inputs + i] +=
        (double)(s->trial->factor * s->trial->weight[weight]) *
        (double)map_value(&s->trial->dy, to, o);
}

static void add_weight(void *context, int64_t from, int64_t to, int i, int o, int64_t weight)
{
    const Sums *s = context;
    s->values[weight] +=
        (double)map_value(&s->trial->x, from, i) * (double)map_value(&s->trial->dy, to, o);
}

static double *sums_new(const Trial *t, Visit *visit, int64_t count)
{
    Sums sums = {t, calloc((size_t)count, sizeof *sums.values)};
    visit_all(t, visit, &sums);
    return sums.values;
}

static double slope_of(const ActivationSetting *a, int64_t channel)
{
    return a->kind == ACTIVATION_PRELU        ? (double)a->slopes[channel]
           : a->kind == ACTIVATION_LEAKY_RELU ? (double)a->slope
           : a->kind == ACTIVATION_RELU       ? 0
                                              : 1;
}

/* ---- Differences -------------------------------------------------------------------------------
 */

typedef struct Difference {
    double squares, all_squares, most, all_most;
} Difference;

/* size: what the error is to be small against. */
static void compare(Difference *d, double value, double expected, double size)
{
    double error = isfinite(value) ? fabs(value - expected) : INFINITY;
    d->squares += error * error;
    d->all_squares += size * size;
    d->most = fmax(d->most, error);
    d->all_most = fmax(d->all_most, fabs(size));
}

static void check_difference(const char *what, const Conv *conv, const Difference *d, int roundings)
{
    double bound = roundings ? roundings * 0x1p-9 : 1e-5, most = roundings ? 2 * bound : bound;
    bool good = sqrt(d->squares) <= bound * sqrt(d->all_squares) && d->most <= most * d->all_most;
    if (!good) {
        const ConvShape *s = conv_shape(conv);
        printf("%s by %s on %s, %d -> %d, %dx%d, stride %d: L2 %g, most %g\n", what,
               conv_method_name(conv), processor_name(processor_kind()), s->inputs, s->outputs,
               s->kernel, s->kernel, s->stride, sqrt(d->squares / d->all_squares),
               d->most / d->all_most);
    }
    CHECK(good);
}

/* Of the weights' gradient, if maps are to be rounded or not. */
static int weight_roundings(const Conv *conv, const Trial *t, bool rounded)
{
    bool points = t->dy.type == TENSOR_BF16 && processor_kind() == PROCESSOR_AVX512BF16 &&
                  strstr(conv_method_name(conv), "winograd");
    return (rounded ? ROUNDINGS : 0) + (points ? POINTS_ROUNDINGS : 0);
}

static void check_map(const char *what, const Conv *conv, const Map *m, const double *expected,
                      int roundings)
{
    Difference d = {0};
    for (int64_t p = 0; p < map_pixels(m); p++)
        for (int64_t c = 0; c < m->channels; c++)
            compare(&d, (double)map_value(m, p, c), expected[p * m->channels + c],
                    expected[p * m->channels + c]);
    check_difference(what, conv, &d, roundings);
}

static void check_floats(const char *what, const Conv *conv, const float *values,
                         const double *expected, const double *sizes, int64_t count, int roundings)
{
    Difference d = {0};
    for (int64_t i = 0; i < count; i++)
        compare(&d, (double)values[i], expected[i], sizes[i]);
    check_difference(what, conv, &d, roundings);
}

/* ---- Trials ------------------------------------------------------------------------------------
 */

typedef struct Types {
    TensorType x, y;
    bool slice;
} Types;

static Trial trial_new(const Case *c, Types types, Random *random)
{
    const ConvShape *s = &c->shape;
    Trial t = {.shape = *s, .factor = 0.75f};
    t.x = map_new(types.x, c->n, c->h, c->w, s->inputs, types.slice, random);
    t.dy = map_new(types.y, c->n, out_extent(s, c->h), out_extent(s, c->w), s->outputs, types.slice,
                   random);
    int64_t weights = (int64_t)s->outputs * s->inputs * s->kernel * s->kernel;
    t.weight = floats_new(weights, 1, random);
    t.bias = floats_new(s->outputs, 1, random);
    return t;
}

static void trial_free(Trial *t)
{
    map_free(&t->x);
    map_free(&t->dy);
    free(t->weight);
    free(t->bias);
}

static void *pack(const Conv *conv, const Trial *t, ConvDirection direction)
{
    size_t bytes = (conv_packed_bytes(conv, direction) + 63) / 64 * 64;
    void *packed = aligned_alloc(64, bytes);
    REQUIRE(conv_pack(conv, direction, t->weight, t->factor, packed) == 0);
    return packed;
}

static Map map_like(const Map *m, TensorType type, Random *random)
{
    return map_new(type, m->n, m->h, m->w, m->channels, m->stride != m->channels, random);
}

/* One forward pass with this end. base: 0 none, 1 another map, 2 the result itself. */
static void check_forward(const Conv *conv, const Trial *t, const void *packed, const double *sums,
                          ActivationSetting activation, bool before, int base, bool bias)
{
    Random random = random_stream(5, RANDOM_TEST, 0, 0);
    Map y = map_like(&t->dy, t->dy.type, &random), kept = {0};
    int64_t outputs = t->shape.outputs, count = map_pixels(&y) * outputs;
    ConvEnd end = {.bias = bias ? t->bias : NULL, .activation = activation, .scale = 0.2f};
    if (before)
        end.before = kept = map_like(&t->dy, t->dy.type, &random);
    if (base > 0)
        end.base = base == 1 ? t->dy : y;
    double *expected = malloc((size_t)count * sizeof *expected);
    double *expected_kept = malloc((size_t)count * sizeof *expected);
    for (int64_t i = 0; i < count; i++) {
        double v = sums[i] + (bias ? (double)t->bias[i % outputs] : 0);
        expected_kept[i] = v;
        v = v <= 0 ? v * slope_of(&activation, i % outputs) : v;
        double under = base ? (double)map_value(&end.base, i / outputs, i % outputs) : 0;
        expected[i] = base ? under + (double)end.scale * v : v;
    }
    CHECK(conv_forward(conv, packed, &t->x, &end, &y) == 0);
    CHECK_NO_ERROR();
    int roundings = y.type == TENSOR_BF16 ? ROUNDINGS : 0;
    check_map("forward", conv, &y, expected, roundings);
    if (before)
        check_map("before", conv, &kept, expected_kept, roundings);
    free(expected);
    free(expected_kept);
    map_free(&y);
    map_free(&kept);
}

static void check_forwards(const Conv *conv, const Trial *t, float *slopes)
{
    int64_t count = map_pixels(&t->dy) * t->shape.outputs;
    double *sums = sums_new(t, add_forward, count);
    void *packed = pack(conv, t, CONV_FORWARD);
    ActivationSetting none = {.kind = ACTIVATION_NONE}, relu = {.kind = ACTIVATION_RELU};
    ActivationSetting leaky = {.kind = ACTIVATION_LEAKY_RELU, .slope = 0.2f};
    ActivationSetting prelu = {.kind = ACTIVATION_PRELU, .slopes = slopes};
    check_forward(conv, t, packed, sums, none, false, 0, false);
    check_forward(conv, t, packed, sums, none, false, 1, true);
    check_forward(conv, t, packed, sums, relu, false, 0, true);
    check_forward(conv, t, packed, sums, leaky, false, 0, true);
    check_forward(conv, t, packed, sums, leaky, false, 2, true);
    check_forward(conv, t, packed, sums, prelu, true, 0, true);
    check_forward(conv, t, packed, sums, prelu, true, 1, false);
    free(packed);
    free(sums);
}

static void check_data(const Conv *conv, const Trial *t, const void *packed, const double *sums,
                       ActivationSetting activation, bool add)
{
    Random random = random_stream(6, RANDOM_TEST, 0, 0);
    Map dx = map_like(&t->x, t->x.type, &random);
    int64_t inputs = t->shape.inputs, count = map_pixels(&dx) * inputs;
    bool prelu = activation.kind == ACTIVATION_PRELU;
    float *slope_sums = floats_new(inputs, 1, &random);
    double *expected = malloc((size_t)count * sizeof *expected);
    double *expected_slopes = malloc((size_t)inputs * sizeof *expected);
    double *sizes = calloc((size_t)inputs, sizeof *sizes);
    for (int64_t i = 0; i < inputs; i++)
        expected_slopes[i] = (double)slope_sums[i];
    for (int64_t i = 0; i < count; i++) {
        double v = sums[i] + (add ? (double)map_value(&dx, i / inputs, i % inputs) : 0);
        double kept = (double)map_value(&t->x, i / inputs, i % inputs);
        expected_slopes[i % inputs] += kept <= 0 ? kept * v : 0;
        sizes[i % inputs] += kept <= 0 ? fabs(kept * v) : 0;
        expected[i] = kept <= 0 ? v * slope_of(&activation, i % inputs) : v;
    }
    ConvGradientEnd end = {.add = add, .activation = activation};
    if (activation.kind != ACTIVATION_NONE)
        end.kept = t->x;
    end.slope_sums = prelu ? slope_sums : NULL;
    CHECK(conv_data(conv, packed, &t->dy, &end, &dx) == 0);
    CHECK_NO_ERROR();
    int roundings = t->dy.type == TENSOR_BF16 ? ROUNDINGS : 0;
    check_map("data", conv, &dx, expected, roundings);
    if (prelu)
        check_floats("slopes", conv, slope_sums, expected_slopes, sizes, inputs, roundings);
    free(expected);
    free(expected_slopes);
    free(sizes);
    free(slope_sums);
    map_free(&dx);
}

static void check_all_data(const Conv *conv, const Trial *t, float *slopes)
{
    int64_t count = map_pixels(&t->x) * t->shape.inputs;
    double *sums = sums_new(t, add_data, count);
    void *packed = pack(conv, t, CONV_DATA);
    ActivationSetting none = {.kind = ACTIVATION_NONE}, relu = {.kind = ACTIVATION_RELU};
    ActivationSetting leaky = {.kind = ACTIVATION_LEAKY_RELU, .slope = 0.2f};
    ActivationSetting prelu = {.kind = ACTIVATION_PRELU, .slopes = slopes};
    check_data(conv, t, packed, sums, none, false);
    check_data(conv, t, packed, sums, none, true);
    check_data(conv, t, packed, sums, relu, false);
    check_data(conv, t, packed, sums, leaky, true);
    check_data(conv, t, packed, sums, prelu, false);
    check_data(conv, t, packed, sums, prelu, true);
    free(packed);
    free(sums);
}

static void check_weights(const Conv *conv, const Trial *t)
{
    const ConvShape *s = &t->shape;
    int64_t count = (int64_t)s->outputs * s->inputs * s->kernel * s->kernel;
    double *expected = sums_new(t, add_weight, count);
    double *expected_bias = calloc((size_t)s->outputs, sizeof *expected_bias);
    for (int64_t i = 0; i < map_pixels(&t->dy) * s->outputs; i++)
        expected_bias[i % s->outputs] += (double)map_value(&t->dy, i / s->outputs, i % s->outputs);
    Random random = random_stream(7, RANDOM_TEST, 0, 0);
    float *dweight = floats_new(count, 1, &random), *dbias = floats_new(s->outputs, 1, &random);
    for (int with = 0; with < 2; with++) {
        CHECK(conv_weights(conv, &t->x, &t->dy, dweight, with ? dbias : NULL) == 0);
        CHECK_NO_ERROR();
        bool rounded = t->x.type != t->dy.type; /* a float x may be rounded to the maps' type */
        check_floats("weights", conv, dweight, expected, expected, count,
                     weight_roundings(conv, t, rounded));
        if (with)
            check_floats("bias", conv, dbias, expected_bias, expected_bias, s->outputs, 0);
    }
    free(dweight);
    free(dbias);
    free(expected);
    free(expected_bias);
}

static void check_case(const Case *c, ConvMethod method, Types types)
{
    Conv *conv = conv_new(&c->shape, types.y, method);
    if (!conv) {
        CHECK(method == CONV_ONEDNN || method == CONV_WINOGRAD);
        CHECK_ERROR(ERROR_TENSOR, "");
        return;
    }
    Random random = random_stream(4, RANDOM_TEST, 0, 0);
    Trial t = trial_new(c, types, &random);
    int most = c->shape.inputs > c->shape.outputs ? c->shape.inputs : c->shape.outputs;
    float *slopes = floats_new(most, 1, &random);
    check_forwards(conv, &t, slopes);
    check_all_data(conv, &t, slopes);
    check_weights(conv, &t);
    free(slopes);
    trial_free(&t);
    conv_free(conv);
}

static void check_cases(ConvMethod method)
{
    static const Types all[] = {{TENSOR_FLOAT, TENSOR_FLOAT, false},
                                {TENSOR_FLOAT, TENSOR_FLOAT, true},
                                {TENSOR_BF16, TENSOR_BF16, false},
                                {TENSOR_BF16, TENSOR_BF16, true},
                                {TENSOR_FLOAT, TENSOR_BF16, false}};
    for (int c = 0; c < CASES_COUNT; c++)
        for (int i = 0; i < (int)(sizeof all / sizeof *all); i++) {
            /* Threads of oneDNN wait for each other in loops: slow where others use the machine. */
            threads_set_here(
                method == CONV_GEMM || method == CONV_WINOGRAD || c == 0 ? 1 + (c + i) % 2 : 1);
            check_case(&CASES[c], method, all[i]);
        }
    threads_set_here(0);
}

TEST(convolutions_as_the_machine_chooses_them_are_those_of_the_definition)
{
    check_cases(CONV_AUTO);
}

TEST(convolutions_by_products_of_patches_are_those_of_the_definition_on_every_processor)
{
    for (int p = PROCESSOR_PORTABLE; p <= PROCESSOR_BEST; p++) {
        processor_limit((Processor)p);
        check_cases(CONV_GEMM);
    }
    processor_limit(PROCESSOR_BEST);
}

TEST(convolutions_by_onednn_are_those_of_the_definition)
{
    check_cases(CONV_ONEDNN);
}

TEST(convolutions_by_winograd_are_those_of_the_definition_on_every_processor)
{
    for (int p = PROCESSOR_PORTABLE; p <= PROCESSOR_BEST; p++) {
        processor_limit((Processor)p);
        check_cases(CONV_WINOGRAD);
    }
    processor_limit(PROCESSOR_BEST);
}

enum { CALLS = 60, SIZES = 30 }; /* more sizes than are kept ready */

typedef struct Calls {
    const Conv *conv;
    void *packed;
    Map x[SIZES], y[CALLS];
} Calls;

static int forward_call(void *context, int i)
{
    const Calls *calls = context;
    ConvEnd end = {.scale = 1};
    threads_set_here(1);
    return conv_forward(calls->conv, calls->packed, &calls->x[i % SIZES], &end, &calls->y[i]);
}

static void check_calls(ConvMethod method)
{
    const Case c = {{6, 20, 5, 1, 2}, 1, 7, 9};
    Conv *conv = conv_new(&c.shape, TENSOR_FLOAT, method);
    if (!conv) {
        CHECK_ERROR(ERROR_TENSOR, "");
        return;
    }
    Random random = random_stream(8, RANDOM_TEST, 0, 0);
    Trial t = trial_new(&c, (Types){TENSOR_FLOAT, TENSOR_FLOAT, false}, &random);
    Calls calls = {.conv = conv, .packed = pack(conv, &t, CONV_FORWARD)};
    for (int i = 0; i < SIZES; i++)
        calls.x[i] = map_new(TENSOR_FLOAT, 1, 7 + i, 9, 6, false, &random);
    for (int i = 0; i < CALLS; i++)
        calls.y[i] = map_new(TENSOR_FLOAT, 1, 7 + i % SIZES, 9, 20, false, &random);
    CHECK(threads_for(CALLS, forward_call, &calls) == 0);
    CHECK_NO_ERROR();
    for (int i = SIZES; i < CALLS; i++) {
        size_t bytes = (size_t)(map_pixels(&calls.y[i]) * 20) * sizeof(float);
        CHECK(memcmp(calls.y[i].data, calls.y[i % SIZES].data, bytes) == 0);
    }
    for (int i = 0; i < SIZES; i++)
        map_free(&calls.x[i]);
    for (int i = 0; i < CALLS; i++)
        map_free(&calls.y[i]);
    free(calls.packed);
    trial_free(&t);
    conv_free(conv);
    threads_set_here(0);
}

TEST(several_threads_may_use_one_convolution_for_pictures_of_several_sizes)
{
    threads_set(4);
    check_calls(CONV_ONEDNN);
    check_calls(CONV_GEMM);
    threads_set(0);
}
