#include "tensor/kernels/conv_gemm.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "tensor/kernels/conv_end.h"
#include "tensor/kernels/conv_few.h"
#include "tensor/kernels/conv_patches.h"
#include "tensor/kernels/gemm.h"

int conv_gemm_taps(int taps, int channels)
{
    int most = CONV_GEMM_DEPTH / channels;
    if (channels % GEMM_COLUMNS != 0)
        most = most / GEMM_COLUMNS * GEMM_COLUMNS;
    int least = channels % GEMM_COLUMNS == 0 ? 1 : GEMM_COLUMNS;
    most = most < least ? least : most;
    return taps < most ? taps : most;
}

/* ---- Weights: for every phase the panels of up to 64 results, (depth, results) each with the
 * results padded to a multiple of 16; of few results (results, depth), the depth padded to that. */

static int sources(const ConvShape *shape, ConvDirection direction)
{
    return direction == CONV_FORWARD ? shape->inputs : shape->outputs;
}

static int results(const ConvShape *shape, ConvDirection direction)
{
    return direction == CONV_FORWARD ? shape->outputs : shape->inputs;
}

static int64_t depth_of(const ConvShape *shape, ConvDirection direction, const Phase *phase)
{
    return (int64_t)phase->rows * phase->columns * sources(shape, direction);
}

static int64_t phase_floats(const ConvShape *shape, ConvDirection direction, const Phase *phase)
{
    int64_t depth = depth_of(shape, direction, phase);
    int count = results(shape, direction);
    return count <= CONV_GEMM_FEW ? count * round_up(depth, GEMM_COLUMNS)
                                  : depth * round_up(count, GEMM_COLUMNS);
}

size_t conv_gemm_packed_bytes(const ConvShape *shape, ConvDirection direction)
{
    if (conv_few_fits(shape, direction))
        return conv_few_packed_bytes(shape, direction);
    int64_t floats = 0;
    for (int i = 0; i < conv_phases(shape, direction); i++) {
        Phase phase = conv_phase(shape, direction, i);
        floats += phase_floats(shape, direction, &phase);
    }
    return (size_t)floats * sizeof(float);
}

/* One result's weights for one phase, `step` floats from a value to the next. */
static void pack_result(const ConvShape *shape, ConvDirection direction, const Phase *phase,
                        const float *weight, float factor, int result, float *packed, int64_t step)
{
    int count = sources(shape, direction), k = shape->kernel;
    for (int tap = 0; tap < phase->rows * phase->columns; tap++) {
        int y = phase->kernel_y + tap / phase->columns * phase->kernel_step;
        int x = phase->kernel_x + tap % phase->columns * phase->kernel_step;
        for (int source = 0; source < count; source++, packed += step) {
            int o = direction == CONV_FORWARD ? result : source;
            int i = direction == CONV_FORWARD ? source : result;
            *packed = factor * weight[(((int64_t)o * shape->inputs + i) * k + y) * k + x];
        }
    }
}

static int panel_width(int result, int count)
{
    int64_t rest = round_up(count, GEMM_COLUMNS) - result / GEMM_PANEL * GEMM_PANEL;
    return rest < GEMM_PANEL ? (int)rest : GEMM_PANEL;
}

static void pack_phase(const ConvShape *shape, ConvDirection direction, const Phase *phase,
                       const float *weight, float factor, float *packed)
{
    int count = results(shape, direction);
    int64_t depth = depth_of(shape, direction, phase), padded = round_up(depth, GEMM_COLUMNS);
    bool few = count <= CONV_GEMM_FEW;
    int with_padding = few ? count : (int)round_up(count, GEMM_COLUMNS);
#pragma omp parallel for num_threads(threads_count()) schedule(static)
    for (int r = 0; r < with_padding; r++) {
        int width = few ? 1 : panel_width(r, count);
        float *to = few ? packed + r * padded
                        : packed + r / GEMM_PANEL * GEMM_PANEL * depth + r % GEMM_PANEL;
        if (r < count)
            pack_result(shape, direction, phase, weight, factor, r, to, width);
        for (int64_t d = r < count ? depth : 0; d < (few ? padded : depth); d++)
            to[d * width] = 0;
    }
}

int conv_gemm_pack(const ConvShape *shape, ConvDirection direction, const float *weight,
                   float factor, void *packed)
{
    if (conv_few_fits(shape, direction)) {
        conv_few_pack(shape, direction, weight, factor, packed);
        return 0;
    }
    float *to = packed;
    for (int i = 0; i < conv_phases(shape, direction); i++) {
        Phase phase = conv_phase(shape, direction, i);
        pack_phase(shape, direction, &phase, weight, factor, to);
        to += phase_floats(shape, direction, &phase);
    }
    return 0;
}

/* ---- Sums of a block of pixels -----------------------------------------------------------------
 */

typedef struct Run {
    const ConvShape *shape;
    ConvDirection direction;
    const Map *source, *result;
    const ConvEnd *end;                  /* CONV_FORWARD */
    const ConvGradientEnd *gradient_end; /* CONV_DATA */
    double *slope_sums;                  /* (threads, inputs) */
    float *scratch;                      /* (threads, scratch_floats) */
} Run;

static int64_t patch_row(const ConvShape *shape, int channels)
{
    int taps = shape->kernel * shape->kernel;
    int64_t depth = (int64_t)conv_gemm_taps(taps, channels) * channels;
    return round_up(depth, GEMM_COLUMNS) + GEMM_COLUMNS; /* rows apart from each other in cache */
}

static int64_t sums_row(int count)
{
    return round_up(count, GEMM_COLUMNS);
}

static int64_t scratch_floats(const ConvShape *shape, ConvDirection direction)
{
    int64_t row = patch_row(shape, sources(shape, direction));
    return CONV_GEMM_PIXELS * (row + sums_row(results(shape, direction)));
}

static void multiply(const Run *run, const Phase *phase, const Patches *patches,
                     const float *packed, float *sums)
{
    int count = results(run->shape, run->direction), channels = sources(run->shape, run->direction);
    int64_t depth = depth_of(run->shape, run->direction, phase);
    int64_t first = (int64_t)patches->from * channels;
    Product p = {.a = patches->values,
                 .a_row = patches->row,
                 .a_step = 1,
                 .c_row = sums_row(count),
                 .rows = (int)patches->count,
                 .depth = (patches->to - patches->from) * channels,
                 .add = first > 0};
    if (count <= CONV_GEMM_FEW) {
        p.b_row = round_up(depth, GEMM_COLUMNS);
        p.b = packed + first;
        p.depth = (int)round_up(p.depth, GEMM_COLUMNS);
        p.c = sums;
        p.columns = count;
        gemm_dots(&p);
        return;
    }
    for (int panel = 0; panel < count; panel += GEMM_PANEL) {
        p.b_row = p.columns = panel_width(panel, count);
        p.b = packed + panel * depth + first * p.b_row;
        p.c = sums + panel;
        gemm_multiply(&p);
    }
}

static void end_block(const Run *run, const Phase *phase, int64_t first, int64_t count,
                      const Map *sums, double *slope_sums)
{
    const Map *result = run->result;
    int64_t h = phase_height(phase, result), w = phase_width(phase, result);
    for (int64_t done = 0; done < count;) {
        int64_t pixel = first + done, x = pixel % w, row = pixel / w, length = w - x;
        length = length < count - done ? length : count - done;
        int64_t y = row % h * phase->every + phase->y;
        EndPixels pixels = {done,
                            (row / h * result->h + y) * result->w + x * phase->every + phase->x,
                            phase->every, length};
        if (run->direction == CONV_FORWARD)
            conv_end(run->end, sums, &pixels, result);
        else
            conv_gradient_end(run->gradient_end, sums, &pixels, result, slope_sums);
        done += length;
    }
}

static void run_block(const Run *run, const Phase *phase, const float *packed, int64_t first,
                      int64_t count, int thread)
{
    int channels = sources(run->shape, run->direction);
    int taps = phase->rows * phase->columns, together = conv_gemm_taps(taps, channels);
    float *scratch = run->scratch + thread * scratch_floats(run->shape, run->direction);
    Patches patches = {.source = run->source,
                       .result = run->result,
                       .first = first,
                       .count = count,
                       .values = scratch,
                       .row = patch_row(run->shape, channels)};
    float *sums = scratch + CONV_GEMM_PIXELS * patches.row;
    Map m = {sums,
             TENSOR_FLOAT,
             1,
             1,
             count,
             run->result->channels,
             sums_row(results(run->shape, run->direction))};
    for (int64_t i = 0; taps == 0 && i < count * m.stride; i++)
        sums[i] = 0;
    for (int tap = 0; tap < taps; tap += together) {
        patches.from = tap;
        patches.to = tap + together < taps ? tap + together : taps;
        conv_patches(phase, &patches);
        multiply(run, phase, &patches, packed, sums);
    }
    double *slope_sums = run->slope_sums ? run->slope_sums + thread * m.channels : NULL;
    end_block(run, phase, first, count, &m, slope_sums);
}

static void run_phase(const Run *run, const Phase *phase, const float *packed)
{
    int64_t pixels =
        run->result->n * phase_height(phase, run->result) * phase_width(phase, run->result);
    int64_t blocks = round_up(pixels, CONV_GEMM_PIXELS) / CONV_GEMM_PIXELS;
    int threads = threads_count();
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++)
        for (int64_t block = blocks * t / threads; block < blocks * (t + 1) / threads; block++) {
            int64_t first = block * CONV_GEMM_PIXELS, rest = pixels - first;
            run_block(run, phase, packed, first, rest < CONV_GEMM_PIXELS ? rest : CONV_GEMM_PIXELS,
                      t);
        }
}

static int run_all(Run *run, const float *packed)
{
    size_t floats = (size_t)scratch_floats(run->shape, run->direction);
    run->scratch = kernel_scratch((size_t)threads_count() * floats * sizeof(float));
    if (!run->scratch)
        return -1;
    for (int i = 0; i < conv_phases(run->shape, run->direction); i++) {
        Phase phase = conv_phase(run->shape, run->direction, i);
        run_phase(run, &phase, packed);
        packed += phase_floats(run->shape, run->direction, &phase);
    }
    return 0;
}

int conv_gemm_forward(const ConvShape *shape, const void *packed, const Map *x, const ConvEnd *end,
                      const Map *y)
{
    if (conv_few_fits(shape, CONV_FORWARD))
        return conv_few(shape, CONV_FORWARD, packed, x, &(FewEnd){.forward = end}, y);
    Run run = {.shape = shape, .direction = CONV_FORWARD, .source = x, .result = y, .end = end};
    return run_all(&run, packed);
}

int conv_gemm_data(const ConvShape *shape, const void *packed, const Map *dy,
                   const ConvGradientEnd *end, const Map *dx)
{
    Run run = {
        .shape = shape, .direction = CONV_DATA, .source = dy, .result = dx, .gradient_end = end};
    int threads = threads_count();
    if (end->slope_sums)
        run.slope_sums = memory_array((size_t)(threads * shape->inputs), sizeof *run.slope_sums);
    FewEnd few = {.data = end, .slope_sums = run.slope_sums};
    int status = conv_few_fits(shape, CONV_DATA) ? conv_few(shape, CONV_DATA, packed, dy, &few, dx)
                                                 : run_all(&run, packed);
    if (end->slope_sums && status == 0)
        conv_gradient_end_sums(end, run.slope_sums, threads, shape->inputs);
    free(run.slope_sums);
    return status;
}
