/* Winograd's convolutions for every processor that runs here, against sums in doubles of the same
 * values. What conv.c's other methods compute too is tested in conv.c; here are the shapes where
 * tiles, vectors, panels and teams of threads end. */
#include <math.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "tensor/kernels/bf16.h"
#include "tensor/kernels/processor.h"
#include "tensor/kernels/winograd.h"
#include "tests/unit.h"

typedef struct Case {
    int n, h, w, inputs, outputs, padding, threads;
} Case;

/* h, w: of the input. */
static const Case CASES[] = {
    {1, 4, 4, 16, 16, 1, 1},    {1, 3, 3, 4, 4, 0, 2},     {2, 1, 2, 3, 5, 1, 2},
    {1, 17, 13, 3, 64, 1, 2},   {2, 9, 15, 64, 3, 1, 3},   {1, 11, 6, 1, 1, 1, 2},
    {2, 8, 12, 64, 48, 1, 2},   {1, 10, 10, 96, 32, 0, 2}, {3, 7, 9, 33, 80, 1, 2},
    {1, 16, 16, 130, 66, 1, 4}, {1, 5, 33, 20, 160, 0, 2}, {3, 20, 24, 24, 40, 1, 2},
    {1, 6, 6, 520, 24, 1, 2},   {2, 40, 40, 16, 12, 1, 1}, {1, 9, 9, 8, 600, 1, 5},
    {1, 4, 3, 260, 256, 1, 2},
};
enum { CASES_COUNT = sizeof CASES / sizeof *CASES };

/* ---- Maps -------------------------------------------------------------------------------------
 */

static double map_get(const Map *m, int64_t pixel, int64_t channel)
{
    int64_t at = pixel * m->stride + channel;
    return m->type == TENSOR_BF16 ? (double)bf16_widen(((const uint16_t *)m->data)[at])
                                  : (double)((const float *)m->data)[at];
}

static void map_set(const Map *m, int64_t pixel, int64_t channel, float value)
{
    int64_t at = pixel * m->stride + channel;
    if (m->type == TENSOR_BF16)
        ((uint16_t *)m->data)[at] = bf16_narrow(value);
    else
        ((float *)m->data)[at] = value;
}

/* Channels `before` .. of a map that is wider by before + after, in memory that ends with the last
 * of them: what reads on is found by AddressSanitizer. */
static Map map_random(TensorType type, int64_t n, int64_t h, int64_t w, int64_t channels,
                      int before, int after, Random *random)
{
    Map m = {NULL, type, n, h, w, channels, channels + before + after};
    int64_t values = (map_pixels(&m) - 1) * m.stride + before + channels;
    m.data = memory_array((size_t)values, map_value_bytes(&m));
    for (int64_t i = 0; i < values; i++)
        map_set(&(Map){m.data, type, 1, 1, 1, 1, 1}, i, 0,
                (float)random_uniform(random) * 2 - 0.9f);
    m.data = (char *)m.data + (size_t)before * map_value_bytes(&m);
    return m;
}

static void map_free(const Map *m, int before)
{
    free((char *)m->data - (size_t)before * map_value_bytes(m));
}

static double *copy(const Map *m)
{
    double *values = memory_array((size_t)(map_pixels(m) * m->channels), sizeof *values);
    for (int64_t i = 0; i < map_pixels(m) * m->channels; i++)
        values[i] = map_get(m, i / m->channels, i % m->channels);
    return values;
}

/* The relative difference's L2 norm. */
static double distance(const Map *m, const double *expected)
{
    double error = 0, all = 1e-30;
    for (int64_t i = 0; i < map_pixels(m) * m->channels; i++) {
        double e = expected[i], d = map_get(m, i / m->channels, i % m->channels) - e;
        error += d * d;
        all += e * e;
    }
    return sqrt(error / all);
}

static double distance_of(const float *values, const double *expected, int64_t count)
{
    Map m = {(void *)(uintptr_t)values, TENSOR_FLOAT, 1, 1, count, 1, 1};
    return distance(&m, expected);
}

/* fp32's bound, or what rounding to bf16 leaves. */
static double bound(TensorType type)
{
    return type == TENSOR_BF16 ? 2.5e-3 : 3e-6;
}

/* What products add to the error for a convolution of this type. Those of bf16 (the weights'
 * gradient): the roundings of both factors, each at most 2^-9, which the way back from the points
 * makes about five times as large against the result. Those of integers (forward and data): factors
 * are rounded by at most half of 2^-13 of the largest (2^-12 for more than 1024 channels), which is
 * six times their mean at most, and filters by as much. */
static double product_bound(TensorType type, bool for_weights)
{
    if (type != TENSOR_BF16)
        return 3e-6;
    if (for_weights)
        return processor_kind() == PROCESSOR_AVX512BF16 ? 2 * 5 * 0x1p-9 : 3e-6;
    return processor_kind() >= PROCESSOR_AVX512VNNI ? 2 * 5 * 6 * 0x1p-14 : 3e-6;
}

/* ---- The definition ---------------------------------------------------------------------------
 */

typedef struct Layer {
    Case c;
    ConvShape shape;
    int h, w; /* of the output */
    float *weight, *bias, *slopes;
} Layer;

typedef enum Wanted { WANTED_Y, WANTED_X, WANTED_W } Wanted;

/* y = sum x w, for every pixel, tap and channels, or the sums that are x's or w's gradient. */
static void convolve(const Layer *l, double *y, double *x, double *w, Wanted wanted)
{
    const Case *c = &l->c;
    for (int64_t p = 0; p < (int64_t)c->n * l->h * l->w; p++)
        for (int tap = 0; tap < 9; tap++) {
            int64_t py = p / l->w % l->h + tap / 3 - c->padding;
            int64_t px = p % l->w + tap % 3 - c->padding;
            if (py < 0 || py >= c->h || px < 0 || px >= c->w)
                continue;
            double *from = x + ((p / l->w / l->h * c->h + py) * c->w + px) * c->inputs;
            for (int o = 0; o < c->outputs; o++)
                for (int i = 0; i < c->inputs; i++) {
                    double *yo = y + p * c->outputs + o;
                    double *wi = w + ((int64_t)o * c->inputs + i) * 9 + tap;
                    if (wanted == WANTED_Y)
                        *yo += from[i] * *wi;
                    else if (wanted == WANTED_X)
                        from[i] += *yo * *wi;
                    else
                        *wi += *yo * from[i];
                }
        }
}

static double activated(const ActivationSetting *a, int channel, double value)
{
    double slopes[] = {[ACTIVATION_NONE] = 1,
                       [ACTIVATION_RELU] = 0,
                       [ACTIVATION_LEAKY_RELU] = (double)a->slope,
                       [ACTIVATION_PRELU] = a->slopes ? (double)a->slopes[channel] : 0};
    return value > 0 ? value : slopes[a->kind] * value;
}

/* ---- Layers -----------------------------------------------------------------------------------
 */

static float *random_values(int64_t count, float scale, Random *random)
{
    float *values = memory_array((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = scale * ((float)random_uniform(random) * 2 - 1);
    return values;
}

static double *widened(const float *values, int64_t count, double factor)
{
    double *wide = memory_array((size_t)count, sizeof *wide);
    for (int64_t i = 0; i < count; i++)
        wide[i] = (double)values[i] * factor;
    return wide;
}

static int64_t weight_count(const Case *c)
{
    return (int64_t)c->inputs * c->outputs * 9;
}

static Layer layer_new(const Case *c, Random *random)
{
    Layer l = {*c,
               {c->inputs, c->outputs, 3, 1, c->padding},
               c->h + 2 * c->padding - 2,
               c->w + 2 * c->padding - 2,
               NULL,
               NULL,
               NULL};
    int widest = c->inputs > c->outputs ? c->inputs : c->outputs;
    l.weight = random_values(weight_count(c), 0.1f, random);
    l.bias = random_values(widest, 0.5f, random);
    l.slopes = random_values(widest, 0.5f, random);
    threads_set_here(c->threads);
    return l;
}

static void layer_free(Layer *l)
{
    free(l->weight);
    free(l->bias);
    free(l->slopes);
    threads_set_here(0);
}

static void *packed_for(const Layer *l, TensorType type, ConvDirection direction, float factor)
{
    void *packed =
        aligned_alloc(64, (winograd_packed_bytes(&l->shape, type, direction) + 63) / 64 * 64);
    REQUIRE(packed && winograd_pack(&l->shape, type, direction, l->weight, factor, packed) == 0);
    return packed;
}

/* Calls for every processor that runs here. */
static void on_every_processor(void (*body)(const Case *c, int variant))
{
    for (int p = PROCESSOR_PORTABLE; p <= PROCESSOR_BEST; p++) {
        processor_limit((Processor)p);
        if (processor_kind() == (Processor)p)
            for (int i = 0; i < CASES_COUNT; i++)
                body(&CASES[i], i + p);
    }
    processor_limit(PROCESSOR_BEST);
    CHECK_NO_ERROR();
}

static TensorType type_of(int bit)
{
    return bit & 1 ? TENSOR_BF16 : TENSOR_FLOAT;
}

/* ---- Forward ----------------------------------------------------------------------------------
 */

static void expect_forward(const Layer *l, const Map *x, const ConvEnd *end, double *before,
                           double *y)
{
    double *w = widened(l->weight, weight_count(&l->c), 2), *from = copy(x);
    int outputs = l->c.outputs;
    int64_t values = (int64_t)l->c.n * l->h * l->w * outputs;
    for (int64_t i = 0; i < values; i++)
        before[i] = end->bias ? (double)end->bias[i % outputs] : 0;
    convolve(l, before, from, w, WANTED_Y);
    for (int64_t i = 0; i < values; i++) {
        double value = activated(&end->activation, (int)(i % outputs), before[i]);
        y[i] = end->base.data
                   ? map_get(&end->base, i / outputs, i % outputs) + (double)end->scale * value
                   : value;
    }
    free(w);
    free(from);
}

static void check_forward(const Case *c, int variant)
{
    Random random = random_stream(7, RANDOM_TEST, (uint64_t)variant, 0);
    Layer l = layer_new(c, &random);
    Map x = map_random(type_of(variant), c->n, c->h, c->w, c->inputs, 1, 2, &random);
    Map y = map_random(type_of(variant >> 1), c->n, l.h, l.w, c->outputs, 3, 0, &random);
    Map before = map_random(type_of(variant >> 2), c->n, l.h, l.w, c->outputs, 0, 1, &random);
    Map base = map_random(type_of(variant), c->n, l.h, l.w, c->outputs, 0, 0, &random);
    for (int kind = ACTIVATION_NONE; kind <= ACTIVATION_PRELU; kind++) {
        ConvEnd end = {.bias = kind == 1 ? NULL : l.bias,
                       .activation = {(Activation)kind, 0.2f, l.slopes},
                       .scale = 1};
        if (kind & 1)
            end.before = before;
        if (kind & 2)
            end.base = kind == 3 ? y : base, end.scale = 0.3f;
        double *kept = copy(&y), *expected = copy(&y);
        expect_forward(&l, &x, &end, kept, expected);
        void *packed = packed_for(&l, y.type, CONV_FORWARD, 2);
        CHECK(winograd_forward(&l.shape, y.type, packed, &x, &end, &y) == 0);
        double products = product_bound(y.type, false);
        CHECK_NEAR(distance(&y, expected), 0, bound(y.type) + products);
        if (end.before.data)
            CHECK_NEAR(distance(&before, kept), 0, bound(before.type) + products);
        free(packed);
        free(kept);
        free(expected);
    }
    map_free(&x, 1);
    map_free(&y, 3);
    map_free(&before, 0);
    map_free(&base, 0);
    layer_free(&l);
}

TEST(winograd_convolves_as_the_definition_and_fuses_its_end)
{
    on_every_processor(check_forward);
}

/* ---- Gradients --------------------------------------------------------------------------------
 */

static void expect_data(const Layer *l, const Map *dy, const ConvGradientEnd *end, double *dx,
                        double *sums)
{
    double *w = widened(l->weight, weight_count(&l->c), 0.5), *from = copy(dy);
    int inputs = l->c.inputs;
    int64_t values = (int64_t)l->c.n * l->c.h * l->c.w * inputs;
    for (int64_t i = 0; i < values && !end->add; i++)
        dx[i] = 0;
    convolve(l, from, dx, w, WANTED_X);
    for (int64_t i = 0; i < values && end->activation.kind != ACTIVATION_NONE; i++) {
        double kept = map_get(&end->kept, i / inputs, i % inputs);
        sums[i % inputs] += kept > 0 ? 0 : kept * dx[i];
        dx[i] *= kept > 0 ? 1 : activated(&end->activation, (int)(i % inputs), -1) * -1;
    }
    free(w);
    free(from);
}

static void check_data(const Case *c, int variant)
{
    Random random = random_stream(8, RANDOM_TEST, (uint64_t)variant, 0);
    Layer l = layer_new(c, &random);
    Map dy = map_random(type_of(variant >> 1), c->n, l.h, l.w, c->outputs, 2, 1, &random);
    Map dx = map_random(type_of(variant), c->n, c->h, c->w, c->inputs, 0, 3, &random);
    Map kept = map_random(type_of(variant >> 2), c->n, c->h, c->w, c->inputs, 1, 0, &random);
    for (int kind = ACTIVATION_NONE; kind <= ACTIVATION_PRELU; kind++) {
        float *slope_sums = memory_array((size_t)c->inputs, sizeof *slope_sums);
        double *sums = memory_array((size_t)c->inputs, sizeof *sums);
        for (int i = 0; i < c->inputs; i++)
            sums[i] = slope_sums[i] = (float)i;
        ConvGradientEnd end = {.add = (variant + kind) & 1,
                               .activation = {(Activation)kind, -0.3f, l.slopes},
                               .kept = kept,
                               .slope_sums = kind == ACTIVATION_PRELU ? slope_sums : NULL};
        double *expected = copy(&dx);
        expect_data(&l, &dy, &end, expected, sums);
        TensorType type = type_of(kind);
        void *packed = packed_for(&l, type, CONV_DATA, 0.5f);
        CHECK(winograd_data(&l.shape, type, packed, &dy, &end, &dx) == 0);
        double products = product_bound(type, false), slopes = 7 * products; /* they cancel out */
        CHECK_NEAR(distance(&dx, expected), 0, bound(dx.type) + products);
        if (end.slope_sums)
            CHECK_NEAR(distance_of(slope_sums, sums, c->inputs), 0, slopes);
        free(packed);
        free(expected);
        free(sums);
        free(slope_sums);
    }
    map_free(&dy, 2);
    map_free(&dx, 0);
    map_free(&kept, 1);
    layer_free(&l);
}

TEST(winograd_data_gradients_are_those_of_the_definition)
{
    on_every_processor(check_data);
}

static void check_weights(const Case *c, int variant)
{
    Random random = random_stream(9, RANDOM_TEST, (uint64_t)variant, 0);
    Layer l = layer_new(c, &random);
    Map x = map_random(type_of(variant), c->n, c->h, c->w, c->inputs, 1, 2, &random);
    Map dy = map_random(type_of(variant >> 1), c->n, l.h, l.w, c->outputs, 3, 0, &random);
    double *from = copy(&x), *gradient = copy(&dy);
    double *dw = memory_array((size_t)weight_count(c), sizeof *dw);
    double *db = memory_array((size_t)c->outputs, sizeof *db);
    convolve(&l, gradient, from, dw, WANTED_W);
    for (int64_t i = 0; i < map_pixels(&dy) * c->outputs; i++)
        db[i % c->outputs] += gradient[i];
    for (int i = 0; i < 2; i++) {
        TensorType type = type_of(i);
        l.weight[0] = l.bias[0] = 77;
        CHECK(winograd_weights(&l.shape, type, &x, &dy, l.weight, l.bias) == 0);
        CHECK_NEAR(distance_of(l.weight, dw, weight_count(c)), 0, product_bound(type, true));
        CHECK_NEAR(distance_of(l.bias, db, c->outputs), 0, 1e-6);
        l.weight[0] = 77;
        CHECK(winograd_weights(&l.shape, type, &x, &dy, l.weight, NULL) == 0);
        CHECK_NEAR(distance_of(l.weight, dw, weight_count(c)), 0, product_bound(type, true));
    }
    free(from);
    free(gradient);
    free(dw);
    free(db);
    map_free(&x, 1);
    map_free(&dy, 3);
    layer_free(&l);
}

TEST(winograd_weight_gradients_are_those_of_the_definition)
{
    on_every_processor(check_weights);
}

/* ---- What products of integers must bear -------------------------------------------------------
 */

/* Maps and filters of one value each: sums are as large as they become for their largest factors.
 * What y is, times all of the taps and channels. */
static void check_constant(int channels, float value, float weight)
{
    Case c = {1, 12, 9, channels, 20, 0, 1};
    Random random = random_stream(11, RANDOM_TEST, 0, 0);
    Layer l = layer_new(&c, &random);
    Map x = map_random(TENSOR_FLOAT, c.n, c.h, c.w, c.inputs, 0, 0, &random);
    Map y = map_random(TENSOR_FLOAT, c.n, l.h, l.w, c.outputs, 0, 0, &random);
    for (int64_t i = 0; i < map_pixels(&x) * c.inputs; i++)
        ((float *)x.data)[i] = value;
    for (int64_t i = 0; i < weight_count(&c); i++)
        l.weight[i] = weight;
    void *packed = packed_for(&l, TENSOR_BF16, CONV_FORWARD, 1);
    ConvEnd end = {.scale = 1};
    CHECK(winograd_forward(&l.shape, TENSOR_BF16, packed, &x, &end, &y) == 0);
    double expected = (double)value * (double)weight * 9 * channels;
    for (int64_t i = 0; i < map_pixels(&y) * c.outputs; i++)
        CHECK_NEAR((double)((float *)y.data)[i] / expected, 1,
                   0.01); /* a weight is at least 87 units */
    free(packed);
    map_free(&x, 0);
    map_free(&y, 0);
    layer_free(&l);
}

TEST(winograd_products_of_pairs_do_not_overflow)
{
    const int channels[] = {16, 128, 129, 1024, 1100, 3000};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        check_constant(channels[i], 1, 1);
        check_constant(channels[i], -3e15f, 7e-12f);
        check_constant(channels[i], 2e-18f, -5e10f);
    }
}

static bool is_near(int64_t at, int64_t other)
{
    return at - other <= 1 && other - at <= 1;
}

/* A value in x that is none: results within reach are none, those of other tiles are numbers. */
static void check_none(float none)
{
    Case c = {1, 12, 12, 40, 20, 1, 1};
    Random random = random_stream(12, RANDOM_TEST, 0, 0);
    Layer l = layer_new(&c, &random);
    Map x = map_random(TENSOR_BF16, c.n, c.h, c.w, c.inputs, 0, 0, &random);
    Map y = map_random(TENSOR_BF16, c.n, l.h, l.w, c.outputs, 0, 0, &random);
    map_set(&x, 5 * 12 + 6, 33, none);
    void *packed = packed_for(&l, TENSOR_BF16, CONV_FORWARD, 1);
    ConvEnd end = {.scale = 1};
    CHECK(winograd_forward(&l.shape, TENSOR_BF16, packed, &x, &end, &y) == 0);
    for (int64_t p = 0; p < map_pixels(&y); p++)
        for (int64_t o = 0; o < c.outputs; o++) {
            if (is_near(p / 12, 5) && is_near(p % 12, 6))
                CHECK(!isfinite(map_get(&y, p, o)));
            if (p / 12 >= 8 || p % 12 < 4)
                CHECK(isfinite(map_get(&y, p, o)));
        }
    l.weight[9 * 40 * 3] = none; /* the fourth output's */
    free(packed);
    packed = packed_for(&l, TENSOR_BF16, CONV_FORWARD, 1);
    CHECK(winograd_forward(&l.shape, TENSOR_BF16, packed, &x, &end, &y) == 0);
    CHECK(!isfinite(map_get(&y, 11 * 12 + 1, 3)));
    CHECK(isfinite(map_get(&y, 11 * 12 + 1, 2)));
    free(packed);
    map_free(&x, 0);
    map_free(&y, 0);
    layer_free(&l);
}

TEST(winograd_passes_on_what_is_not_a_number)
{
    check_none(NAN);
    check_none(INFINITY);
    check_none(-INFINITY);
}

/* ---- Threads ----------------------------------------------------------------------------------
 */

/* What `threads` threads make of the same layer, the gradient for one of this type. */
static void compute_with(int threads, TensorType type, float *y, float *dw, float *db)
{
    Case c = {2, 37, 41, 33, 70, 1, threads};
    Random random = random_stream(10, RANDOM_TEST, 0, 0);
    Layer l = layer_new(&c, &random);
    Map x = map_random(TENSOR_FLOAT, c.n, c.h, c.w, c.inputs, 0, 0, &random);
    Map to = {y, TENSOR_FLOAT, c.n, l.h, l.w, c.outputs, c.outputs};
    void *packed = packed_for(&l, to.type, CONV_FORWARD, 1);
    ConvEnd end = {.bias = l.bias, .scale = 1};
    CHECK(winograd_forward(&l.shape, to.type, packed, &x, &end, &to) == 0);
    CHECK(winograd_weights(&l.shape, type, &x, &to, dw, db) == 0);
    free(packed);
    map_free(&x, 0);
    layer_free(&l);
}

TEST(winograd_gives_the_same_bits_again_and_forward_with_any_number_of_threads)
{
    enum { Y = 2 * 37 * 41 * 70, DW = 33 * 70 * 9, DB = 70, ALL = Y + DW + DB };
    static float values[3][ALL];
    for (int type = TENSOR_FLOAT; type <= TENSOR_BF16; type++) {
        for (int i = 0; i < 3; i++)
            compute_with(i < 2 ? 3 : 1, (TensorType)type, values[i], values[i] + Y,
                         values[i] + Y + DW);
        CHECK(memcmp(values[0], values[1], sizeof values[0]) == 0);
        CHECK(memcmp(values[0], values[2], Y * sizeof(float)) == 0);
    }
}
