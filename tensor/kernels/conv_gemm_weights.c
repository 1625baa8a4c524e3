/* dweight^T (depth, O) = patches^T (depth, pixels) dy (pixels, O); with few outputs
 * dweight (O, depth) = dy^T patches. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tensor/kernels/conv_gemm.h"
#include "tensor/kernels/conv_patches.h"
#include "tensor/kernels/gemm.h"

/* A part of all pixels and a block of taps is a task for one thread; the parts' sums are added at
 * the end. There are as many parts as threads, but fewer where weights are large. */
enum { MOST_FLOATS = 16 << 20 };

typedef struct Run {
    const ConvShape *shape;
    const Map *x, *dy;
    Phase window, pixel; /* of x and of dy */
    bool few;            /* outputs */
    int taps, together;  /* all, and those of a block */
    int parts, blocks;   /* of pixels, of taps */
    int64_t row, dy_row; /* floats of a pixel's patch and gradient */
    int64_t sums_row, sums_floats;
    float *scratch; /* (threads, CONV_GEMM_PIXELS, row + dy_row) */
    float *sums;    /* (parts, sums_floats) */
    double *bias;   /* (parts, outputs) */
} Run;

static Run prepare(const ConvShape *shape, const Map *x, const Map *dy)
{
    Run r = {.shape = shape, .x = x, .dy = dy, .few = shape->outputs <= CONV_GEMM_FEW};
    r.window = conv_phase(shape, CONV_FORWARD, 0);
    r.pixel = (Phase){.rows = 1, .columns = 1, .step = 1, .every = 1};
    r.taps = shape->kernel * shape->kernel;
    r.together = conv_gemm_taps(r.taps, shape->inputs);
    r.blocks = (r.taps + r.together - 1) / r.together;
    r.row = round_up((int64_t)r.together * shape->inputs, GEMM_COLUMNS) + GEMM_COLUMNS;
    r.dy_row = round_up(shape->outputs, GEMM_COLUMNS) + GEMM_COLUMNS;
    int64_t depth = (int64_t)r.taps * shape->inputs;
    r.sums_row = round_up(r.few ? depth : shape->outputs, GEMM_COLUMNS);
    r.sums_floats = r.sums_row * (r.few ? shape->outputs : depth);
    int64_t most = MOST_FLOATS / r.sums_floats;
    r.parts = most < 1 ? 1 : most < kernel_threads() ? (int)most : kernel_threads();
    return r;
}

static void add_products(const Run *r, const Patches *x, const Patches *dy, float *sums)
{
    int depth = (x->to - x->from) * r->shape->inputs;
    int64_t first = (int64_t)x->from * r->shape->inputs;
    Product p = {.a_row = 1, .c_row = r->sums_row, .depth = (int)x->count, .add = true};
    if (r->few) {
        p.a = dy->values;
        p.a_step = dy->row;
        p.b = x->values;
        p.b_row = x->row;
        p.c = sums + first;
        p.rows = r->shape->outputs;
        p.columns = (int)round_up(depth, GEMM_COLUMNS);
        gemm_multiply(&p);
        return;
    }
    p.a = x->values;
    p.a_step = x->row;
    p.b_row = dy->row;
    p.rows = depth;
    for (int o = 0; o < r->shape->outputs; o += GEMM_PANEL) {
        p.b = dy->values + o;
        p.c = sums + first * r->sums_row + o;
        p.columns = (int)(r->sums_row - o < GEMM_PANEL ? r->sums_row - o : GEMM_PANEL);
        gemm_multiply(&p);
    }
}

static void add_bias(const Patches *dy, int outputs, double *bias)
{
    for (int64_t p = 0; p < dy->count; p++)
        for (int o = 0; o < outputs; o++)
            bias[o] += (double)dy->values[p * dy->row + o];
}

static void run_task(const Run *r, int task, int thread)
{
    int part = task / r->blocks, block = task % r->blocks, from = block * r->together;
    int64_t pixels = map_pixels(r->dy);
    int64_t first = pixels * part / r->parts, end = pixels * (part + 1) / r->parts;
    float *scratch = r->scratch + thread * CONV_GEMM_PIXELS * (r->row + r->dy_row);
    Patches x = {.source = r->x, .result = r->dy, .values = scratch, .row = r->row};
    Patches dy = {.source = r->dy, .result = r->dy, .to = 1, .row = r->dy_row};
    dy.values = scratch + CONV_GEMM_PIXELS * r->row;
    x.from = from;
    x.to = from + r->together < r->taps ? from + r->together : r->taps;
    for (; first < end; first += CONV_GEMM_PIXELS) {
        x.first = dy.first = first;
        x.count = dy.count = end - first < CONV_GEMM_PIXELS ? end - first : CONV_GEMM_PIXELS;
        conv_patches(&r->window, &x);
        conv_patches(&r->pixel, &dy);
        add_products(r, &x, &dy, r->sums + part * r->sums_floats);
        if (block == 0)
            add_bias(&dy, r->shape->outputs, r->bias + part * r->shape->outputs);
    }
}

/* (O,I,k,k) from the parts' sums over (tap, input) and outputs. */
static void finish(const Run *r, float *dweight)
{
    int inputs = r->shape->inputs;
#pragma omp parallel for num_threads(kernel_threads()) schedule(static)
    for (int o = 0; o < r->shape->outputs; o++)
        for (int64_t i = 0; i < (int64_t)inputs * r->taps; i++) {
            int64_t d = i % r->taps * inputs + i / r->taps;
            int64_t at = r->few ? o * r->sums_row + d : d * r->sums_row + o;
            float sum = r->sums[at];
            for (int part = 1; part < r->parts; part++)
                sum += r->sums[part * r->sums_floats + at];
            dweight[o * (int64_t)inputs * r->taps + i] = sum;
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
    int threads = kernel_threads(), tasks = r.parts * r.blocks;
    size_t sums = (size_t)(r.parts * r.sums_floats);
    size_t scratch = (size_t)(threads * CONV_GEMM_PIXELS * (r.row + r.dy_row));
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
