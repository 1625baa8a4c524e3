/* Times convolutions and their gradients, by every method that computes them here: billions of
 * floating-point operations a second that the definition would take, the best of several runs.
 *     bench_conv [fp32|bf16] [THREADS]
 * With one thread in processor time, which does not count what other programs do meanwhile. First
 * checks a sample of every result against sums in doubles. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "tensor/kernels/bf16.h"
#include "tensor/kernels/conv.h"

enum { RUNS = 7, SAMPLES = 50 };

typedef struct Case {
    int n, extent;
    ConvShape shape;
} Case;

static const Case CASES[] = {
    {8, 32, {64, 64, 3, 1, 1}},   {8, 32, {64, 48, 3, 1, 1}},   {8, 32, {64, 32, 3, 1, 1}},
    {8, 32, {192, 64, 3, 1, 1}},  {8, 32, {3, 64, 3, 1, 1}},    {8, 128, {64, 64, 3, 1, 1}},
    {8, 128, {64, 3, 3, 1, 1}},   {8, 128, {64, 1, 3, 1, 1}},   {8, 128, {3, 64, 3, 1, 1}},
    {8, 64, {128, 128, 3, 1, 1}}, {8, 32, {256, 256, 3, 1, 1}}, {8, 16, {512, 512, 3, 1, 1}},
    {1, 32, {64, 64, 3, 1, 1}},   {8, 128, {64, 128, 4, 2, 1}}, {8, 32, {256, 512, 4, 2, 1}},
    {8, 64, {128, 64, 1, 1, 0}},
};

typedef struct Bench {
    const Conv *conv;
    Map x, y;
    float *weight, *dweight, *dbias;
    void *packed[2];
} Bench;

static float *random_floats(int64_t count, Random *random)
{
    float *values = memory_array((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)random_uniform(random) - 0.5f;
    return values;
}

static Map random_map(TensorType type, int64_t n, int64_t extent, int64_t channels, Random *random)
{
    Map m = {NULL, type, n, extent, extent, channels, channels};
    int64_t values = map_pixels(&m) * channels;
    float *floats = random_floats(values, random);
    m.data = floats;
    if (type == TENSOR_BF16) {
        uint16_t *halves = memory_array((size_t)values, sizeof *halves);
        for (int64_t i = 0; i < values; i++)
            halves[i] = bf16_narrow(floats[i]);
        free(floats);
        m.data = halves;
    }
    return m;
}

static double value_of(const Map *m, int64_t n, int64_t y, int64_t x, int64_t channel)
{
    if (y < 0 || x < 0 || y >= m->h || x >= m->w)
        return 0;
    int64_t at = ((n * m->h + y) * m->w + x) * m->stride + channel;
    return m->type == TENSOR_BF16 ? (double)bf16_widen(((const uint16_t *)m->data)[at])
                                  : (double)((const float *)m->data)[at];
}

/* ---- What is timed ----------------------------------------------------------------------------
 */

static int forward(const Bench *b)
{
    ConvEnd end = {.scale = 1};
    return conv_forward(b->conv, b->packed[CONV_FORWARD], &b->x, &end, &b->y);
}

static int data(const Bench *b)
{
    ConvGradientEnd end = {.add = false};
    return conv_data(b->conv, b->packed[CONV_DATA], &b->y, &end, &b->x);
}

static int weights(const Bench *b)
{
    return conv_weights(b->conv, &b->x, &b->y, b->dweight, b->dbias);
}

typedef int Work(const Bench *b);
static Work *const WORKS[] = {forward, data, weights};
static const char *const WORK_NAMES[] = {"forward", "data", "weights"};
enum { WORKS_COUNT = sizeof WORKS / sizeof *WORKS };

/* ---- Samples by the definition ----------------------------------------------------------------
 */

static double weight_of(const Bench *b, int64_t o, int64_t i, int64_t ky, int64_t kx)
{
    const ConvShape *s = conv_shape(b->conv);
    return (double)b->weight[((o * s->inputs + i) * s->kernel + ky) * s->kernel + kx];
}

/* The result's value at a place, and the sum that it should be. */
static double sample_forward(const Bench *b, Random *random, double *expected)
{
    const ConvShape *s = conv_shape(b->conv);
    int64_t n = random_below(random, (uint32_t)b->y.n),
            o = random_below(random, (uint32_t)b->y.channels);
    int64_t y = random_below(random, (uint32_t)b->y.h), x = random_below(random, (uint32_t)b->y.w);
    *expected = 0;
    for (int ky = 0; ky < s->kernel; ky++)
        for (int kx = 0; kx < s->kernel; kx++)
            for (int i = 0; i < s->inputs; i++)
                *expected +=
                    weight_of(b, o, i, ky, kx) * value_of(&b->x, n, y * s->stride + ky - s->padding,
                                                          x * s->stride + kx - s->padding, i);
    return value_of(&b->y, n, y, x, o);
}

static double sample_data(const Bench *b, Random *random, double *expected)
{
    const ConvShape *s = conv_shape(b->conv);
    int64_t n = random_below(random, (uint32_t)b->x.n),
            i = random_below(random, (uint32_t)b->x.channels);
    int64_t y = random_below(random, (uint32_t)b->x.h), x = random_below(random, (uint32_t)b->x.w);
    *expected = 0;
    for (int ky = 0; ky < s->kernel; ky++)
        for (int kx = 0; kx < s->kernel; kx++) {
            int64_t py = y + s->padding - ky, px = x + s->padding - kx;
            if (py % s->stride != 0 || px % s->stride != 0)
                continue;
            for (int o = 0; o < s->outputs; o++)
                *expected += weight_of(b, o, i, ky, kx) *
                             value_of(&b->y, n, py / s->stride, px / s->stride, o);
        }
    return value_of(&b->x, n, y, x, i);
}

static double sample_weights(const Bench *b, Random *random, double *expected)
{
    const ConvShape *s = conv_shape(b->conv);
    int64_t o = random_below(random, (uint32_t)s->outputs),
            i = random_below(random, (uint32_t)s->inputs);
    int64_t ky = random_below(random, (uint32_t)s->kernel),
            kx = random_below(random, (uint32_t)s->kernel);
    *expected = 0;
    for (int64_t p = 0; p < map_pixels(&b->y); p++) {
        int64_t n = p / b->y.w / b->y.h, y = p / b->y.w % b->y.h, x = p % b->y.w;
        *expected +=
            value_of(&b->y, n, y, x, o) *
            value_of(&b->x, n, y * s->stride + ky - s->padding, x * s->stride + kx - s->padding, i);
    }
    return (double)b->dweight[((o * s->inputs + i) * s->kernel + ky) * s->kernel + kx];
}

typedef double Sample(const Bench *b, Random *random, double *expected);
static Sample *const SAMPLERS[] = {sample_forward, sample_data, sample_weights};

static int verify(const Bench *b, int work)
{
    Random random = random_stream(1, RANDOM_TEST, 0, 0);
    double error = 0, all = 0, expected;
    if (WORKS[work](b) != 0)
        return -1;
    for (int i = 0; i < SAMPLES; i++) {
        double value = SAMPLERS[work](b, &random, &expected);
        error += (value - expected) * (value - expected);
        all += expected * expected;
    }
    /* the first: Winograd's gradients by products of bf16 */
    double bound = b->y.type == TENSOR_BF16 ? 2e-2 : 1e-5;
    if (sqrt(error) > bound * sqrt(all))
        return error_set(ERROR_RESULT, "%s by %s differs by %g", WORK_NAMES[work],
                         conv_method_name(b->conv), sqrt(error / all));
    return 0;
}

/* ---- Times ------------------------------------------------------------------------------------
 */

static double seconds(void)
{
    return threads_count() == 1 ? (double)clock() / CLOCKS_PER_SEC : clock_seconds();
}

static double best_seconds(const Bench *b, Work *work)
{
    double best = INFINITY;
    for (int run = 0; run < RUNS; run++) {
        double began = seconds();
        work(b);
        best = fmin(best, seconds() - began);
    }
    return best;
}

static int pack(Bench *b)
{
    for (int d = CONV_FORWARD; d <= CONV_DATA; d++) {
        size_t bytes = conv_packed_bytes(b->conv, (ConvDirection)d);
        b->packed[d] = aligned_alloc(64, (bytes + 63) / 64 * 64);
        if (!b->packed[d] || conv_pack(b->conv, (ConvDirection)d, b->weight, 1, b->packed[d]) != 0)
            return -1;
    }
    return 0;
}

static int measure(Bench *b, const Case *c)
{
    const ConvShape *s = &c->shape;
    double operations =
        2e-9 * (double)(map_pixels(&b->y) * s->outputs) * s->inputs * s->kernel * s->kernel;
    for (int work = 0; work < WORKS_COUNT; work++)
        if (verify(b, work) != 0)
            return -1;
    printf("%2d x %3dx%-3d %4d -> %-4d %dx%d %-9s", c->n, c->extent, c->extent, s->inputs,
           s->outputs, s->kernel, s->kernel, conv_method_name(b->conv));
    for (int work = 0; work < WORKS_COUNT; work++)
        printf("  %s %5.0f", WORK_NAMES[work], operations / best_seconds(b, WORKS[work]));
    printf("  GFLOP/s\n");
    fflush(stdout);
    return 0;
}

static int bench_method(const Case *c, TensorType type, ConvMethod method)
{
    const ConvShape *s = &c->shape;
    Conv *conv = conv_new(s, type, method);
    if (!conv) {
        error_forgive();
        return error_pending() ? -1 : 0;
    }
    Random random = random_stream(0, RANDOM_TEST, 0, 0);
    int64_t count = (int64_t)s->inputs * s->outputs * s->kernel * s->kernel;
    int64_t extent = (c->extent + 2 * s->padding - s->kernel) / s->stride + 1;
    Bench b = {.conv = conv,
               .x = random_map(type, c->n, c->extent, s->inputs, &random),
               .y = random_map(type, c->n, extent, s->outputs, &random),
               .weight = random_floats(count, &random),
               .dweight = random_floats(count, &random),
               .dbias = random_floats(s->outputs, &random)};
    int result = pack(&b) != 0 || measure(&b, c) != 0 ? -1 : 0;
    free(b.x.data);
    free(b.y.data);
    free(b.weight);
    free(b.dweight);
    free(b.dbias);
    free(b.packed[0]);
    free(b.packed[1]);
    conv_free(conv);
    return result;
}

int main(int argc, char **argv)
{
    TensorType type = argc > 1 && strcmp(argv[1], "bf16") == 0 ? TENSOR_BF16 : TENSOR_FLOAT;
    threads_set(argc > 2 ? atoi(argv[2]) : 0);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (int method = CONV_WINOGRAD; method <= CONV_GEMM; method++)
            if (bench_method(&CASES[i], type, (ConvMethod)method) != 0) {
                fprintf(stderr, "%s\n", error_message());
                return 1;
            }
    return 0;
}
