/* dweight^T (taps x inputs, outputs) = windows of x (pixels of dy, taps x inputs)^T dy. With few
 * outputs the windows are dy's: dweight (taps x outputs, inputs) = windows of dy (pixels of x, taps
 * x outputs)^T x, which copies less. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "tensor/kernels/conv_gemm.h"
#include "tensor/kernels/conv_patches.h"
#include "tensor/kernels/gemm.h"

/* A part of all pixels and a block of taps is a task for one thread; the parts' sums are added at
 * the end. There are as many parts as threads, but fewer where weights are large. */
enum { MOST_FLOATS = 16 << 20 };

typedef struct Run {
    const ConvShape *shape;
    bool few; /* outputs */
    const Map *windowed, *pixels;
    const Map *dy;
    Phase window;
    int taps, together;     /* all, and those of a block */
    int parts, blocks;      /* of pixels, of taps */
    int64_t row, pixel_row; /* floats of a window and of a pixel */
    int64_t sums_row, sums_floats;
    float *scratch; /* (threads, CONV_GEMM_PIXELS, row + pixel_row) */
    float *sums;    /* (parts, sums_floats) */
    double *bias;   /* (parts, outputs) */
} Run;

static const Phase PIXEL = {.rows = 1, .columns = 1, .step = 1, .every = 1};

static Run prepare(const ConvShape *shape, const Map *x, const Map *dy)
{
    bool few =
        shape->outputs <= CONV_GEMM_FEW && shape->outputs < shape->inputs && shape->stride == 1;
    Run r = {.shape = shape, .few = few, .dy = dy};
    r.windowed = few ? dy : x;
    r.pixels = few ? x : dy;
    r.window = conv_phase(shape, few ? CONV_DATA : CONV_FORWARD, 0);
    r.taps = shape->kernel * shape->kernel;
    int channels = (int)r.windowed->channels;
    r.together = conv_gemm_taps(r.taps, channels);
    r.blocks = (r.taps + r.together - 1) / r.together;
    r.row = round_up((int64_t)r.together * channels, GEMM_COLUMNS) + GEMM_COLUMNS;
    r.sums_row = round_up(r.pixels->channels, GEMM_COLUMNS);
    r.pixel_row = r.sums_row + GEMM_COLUMNS;
    r.sums_floats = r.sums_row * r.taps * channels;
    int64_t most = MOST_FLOATS / r.sums_floats;
    r.parts = most < 1 ? 1 : most < threads_count() ? (int)most : threads_count();
    return r;
}

static void add_products(const Run *r, const Patches *windows, const Patches *pixels, float *sums)
{
    Product p = {.a = windows->values,
                 .a_row = 1,
                 .a_step = windows->row,
                 .b_row = pixels->row,
                 .c_row = r->sums_row,
                 .rows = (windows->to - windows->from) * (int)r->windowed->channels,
                 .depth = (int)windows->count,
                 .add = true};
    sums += windows->from * r->windowed->channels * r->sums_row;
    for (int64_t column = 0; column < r->sums_row; column += GEMM_PANEL) {
        p.b = pixels->values + column;
        p.c = sums + column;
        p.columns = (int)(r->sums_row - column < GEMM_PANEL ? r->sums_row - column : GEMM_PANEL);
        gemm_multiply(&p);
    }
}

/* The block of pixels behind those of `p`, up to `end`; false where there is none. */
static bool next_block(Patches *p, int64_t end)
{
    p->first += p->count;
    p->count = end - p->first < CONV_GEMM_PIXELS ? end - p->first : CONV_GEMM_PIXELS;
    return p->count > 0;
}

static void add_bias(const Patches *dy, int outputs, double *bias)
{
    for (int64_t p = 0; p < dy->count; p++)
        for (int o = 0; o < outputs; o++)
            bias[o] += (double)dy->values[p * dy->row + o];
}

/* Of a part of dy's pixels, where they are not multiplied as pixels. */
static void sum_bias(const Run *r, int part, float *scratch)
{
    int64_t all = map_pixels(r->dy), end = all * (part + 1) / r->parts;
    Patches dy = {.source = r->dy, .result = r->dy, .to = 1, .values = scratch, .row = r->row};
    dy.first = all * part / r->parts;
    while (next_block(&dy, end)) {
        conv_patches(&PIXEL, &dy);
        add_bias(&dy, r->shape->outputs, r->bias + part * r->shape->outputs);
    }
}

static void run_task(const Run *r, int task, int thread)
{
    int part = task / r->blocks, block = task % r->blocks, from = block * r->together;
    int64_t all = map_pixels(r->pixels), end = all * (part + 1) / r->parts;
    float *scratch = r->scratch + thread * CONV_GEMM_PIXELS * (r->row + r->pixel_row);
    Patches windows = {.source = r->windowed, .result = r->pixels, .row = r->row};
    Patches pixels = {.source = r->pixels, .result = r->pixels, .to = 1, .row = r->pixel_row};
    windows.values = scratch;
    windows.from = from;
    windows.to = from + r->together < r->taps ? from + r->together : r->taps;
    windows.first = pixels.first = all * part / r->parts;
    pixels.values = scratch + CONV_GEMM_PIXELS * r->row;
    if (r->few && block == 0)
        sum_bias(r, part, scratch);
    while (next_block(&windows, end) && next_block(&pixels, end)) {
        conv_patches(&r->window, &windows);
        conv_patches(&PIXEL, &pixels);
        add_products(r, &windows, &pixels, r->sums + part * r->sums_floats);
        if (!r->few && block == 0)
            add_bias(&pixels, r->shape->outputs, r->bias + part * r->shape->outputs);
    }
}

/* Where a part's sums hold the weight (o, i, tap). The taps of dy's windows go backwards. */
static int64_t place(const Run *r, int o, int i, int tap)
{
    return r->few ? ((int64_t)(r->taps - 1 - tap) * r->shape->outputs + o) * r->sums_row + i
                  : ((int64_t)tap * r->shape->inputs + i) * r->sums_row + o;
}

static void finish(const Run *r, float *dweight)
{
    int inputs = r->shape->inputs;
#pragma omp parallel for num_threads(threads_count()) schedule(static)
    for (int o = 0; o < r->shape->outputs; o++)
        for (int i = 0; i < inputs; i++)
            for (int tap = 0; tap < r->taps; tap++) {
                const float *sums = r->sums + place(r, o, i, tap);
                float sum = *sums;
                for (int part = 1; part < r->parts; part++)
                    sum += sums[part * r->sums_floats];
                dweight[((int64_t)o * inputs + i) * r->taps + tap] = sum;
            }
}

static void finish_bias(const Run *r, float *dbias)
{
    for (int o = 0; dbias && o < r->shape->outputs; o++) {
        double sum = 0;
        for (int part = 0; part < r->parts; part++)
            sum += r->bias[part * r->shape->outputs + o];
        dbias[o] = (float)sum;
    }
}

int conv_gemm_weights(const ConvShape *shape, const Map *x, const Map *dy, float *dweight,
                      float *dbias)
{
    Run r = prepare(shape, x, dy);
    int threads = threads_count(), tasks = r.parts * r.blocks;
    size_t sums = (size_t)(r.parts * r.sums_floats);
    size_t scratch = (size_t)(threads * CONV_GEMM_PIXELS * (r.row + r.pixel_row));
    r.sums = kernel_scratch((sums + scratch) * sizeof(float));
    if (!r.sums)
        return -1;
    r.scratch = r.sums + sums;
    r.bias = memory_array((size_t)(r.parts * shape->outputs), sizeof *r.bias);
    memset(r.sums, 0, sums * sizeof(float));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++)
        for (int task = tasks * t / threads; task < tasks * (t + 1) / threads; task++)
            run_task(&r, task, t);
    finish(&r, dweight);
    finish_bias(&r, dbias);
    free(r.bias);
    return 0;
}
