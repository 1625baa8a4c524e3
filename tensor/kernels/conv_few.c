#include "tensor/kernels/conv_few.h"

#include <string.h>

#include "core/threads.h"
#include "tensor/kernels/conv_end.h"
#include "tensor/kernels/conv_gemm.h"
#include "tensor/kernels/conv_patches.h"
#include "tensor/kernels/gemm.h"

/* The results of a tap are read as four values, whatever lies behind them. */
typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
enum { FOUR = 4 };

static int results(const ConvShape *shape, ConvDirection direction)
{
    return direction == CONV_FORWARD ? shape->outputs : shape->inputs;
}

static int sources(const ConvShape *shape, ConvDirection direction)
{
    return direction == CONV_FORWARD ? shape->inputs : shape->outputs;
}

/* A pixel's products: of all taps, with some room behind them. */
static int columns(const ConvShape *shape, ConvDirection direction)
{
    int products = shape->kernel * shape->kernel * results(shape, direction);
    return (int)round_up(products + FOUR - 1, GEMM_COLUMNS);
}

bool conv_few_fits(const ConvShape *shape, ConvDirection direction)
{
    return results(shape, direction) <= CONV_GEMM_FEW && shape->stride == 1 &&
           columns(shape, direction) <= GEMM_PANEL;
}

size_t conv_few_packed_bytes(const ConvShape *shape, ConvDirection direction)
{
    return (size_t)sources(shape, direction) * (size_t)columns(shape, direction) * sizeof(float);
}

void conv_few_pack(const ConvShape *shape, ConvDirection direction, const float *weight,
                   float factor, void *packed)
{
    int k = shape->kernel, count = results(shape, direction);
    memset(packed, 0, conv_few_packed_bytes(shape, direction));
    float *to = packed;
    for (int source = 0; source < sources(shape, direction); source++)
        for (int tap = 0; tap < k * k; tap++)
            for (int r = 0; r < count; r++) {
                int o = direction == CONV_FORWARD ? r : source;
                int i = direction == CONV_FORWARD ? source : r;
                int place = direction == CONV_FORWARD ? tap : k * k - 1 - tap;
                to[source * columns(shape, direction) + tap * count + r] =
                    factor * weight[((int64_t)o * shape->inputs + i) * k * k + place];
            }
}

/* One thread's work: results row by row, from the products of the last `kernel` rows. */
typedef struct Work {
    ConvShape shape;
    Phase window;
    const Map *source, *result;
    const float *packed;
    int columns, results;
    float *pixels; /* (CONV_GEMM_PIXELS, sources) as floats */
    float *rows;   /* (kernel, source->w, columns): row y of the source at y % kernel */
    float *sums;   /* (result->w, results), and room for four */
} Work;

static int64_t pixels_floats(const Map *source)
{
    return CONV_GEMM_PIXELS * (round_up(source->channels, GEMM_COLUMNS) + GEMM_COLUMNS);
}

static int64_t row_floats(const Work *w)
{
    return w->source->w * w->columns;
}

static int64_t work_floats(const Work *w)
{
    int64_t sums = w->result->w * w->results + FOUR;
    return round_up(pixels_floats(w->source) + w->window.rows * row_floats(w) + FOUR + sums,
                    GEMM_COLUMNS);
}

/* Products of a source row, of a block of pixels at a time; floats are read where they are. */
static void multiply_row(const Work *w, int64_t n, int64_t y)
{
    const Map *m = w->source;
    const Phase pixel = {.rows = 1, .columns = 1, .step = 1, .every = 1};
    int64_t row = (n * m->h + y) * m->w;
    float *products = w->rows + y % w->window.rows * row_floats(w);
    Patches block = {.source = m, .result = m, .to = 1, .values = w->pixels};
    block.row = round_up(m->channels, GEMM_COLUMNS) + GEMM_COLUMNS;
    for (int64_t x = 0; x < m->w; x += CONV_GEMM_PIXELS) {
        bool as_is = m->type == TENSOR_FLOAT;
        block.first = row + x;
        block.count = m->w - x < CONV_GEMM_PIXELS ? m->w - x : CONV_GEMM_PIXELS;
        if (!as_is)
            conv_patches(&pixel, &block);
        gemm_multiply(
            &(Product){.a = as_is ? (const float *)m->data + block.first * m->stride : w->pixels,
                       .a_row = as_is ? m->stride : block.row,
                       .a_step = 1,
                       .b = w->packed,
                       .b_row = w->columns,
                       .c = products + x * w->columns,
                       .c_row = w->columns,
                       .rows = (int)block.count,
                       .columns = w->columns,
                       .depth = (int)m->channels});
    }
}

/* Result pixel x of the row whose window begins in row `top` of the source. */
static Four sum_window(const Work *w, int64_t top, int64_t x)
{
    int64_t left = x + w->window.left;
    int64_t first = left < 0 ? -left : 0, end = w->source->w - left;
    end = end < w->window.columns ? end : w->window.columns;
    Four sum = {0};
    for (int64_t y = top < 0 ? -top : 0; y < w->window.rows && top + y < w->source->h; y++) {
        const float *row = w->rows + (top + y) % w->window.rows * row_floats(w) +
                           y * w->window.columns * w->results;
        for (int64_t tap = first; tap < end; tap++)
            sum += *(const Four *)(row + (left + tap) * w->columns + tap * w->results);
    }
    return sum;
}

static void work_rows(const Work *w, int64_t first, int64_t end, const FewEnd *ends,
                      double *slope_sums)
{
    Map sums = {w->sums, TENSOR_FLOAT, 1, 1, w->result->w, w->results, w->results};
    int64_t ready = 0, picture = -1; /* source rows whose products are there, and whose they are */
    for (int64_t row = first; row < end; row++) {
        int64_t n = row / w->result->h, top = row % w->result->h + w->window.top;
        ready = n == picture && ready > top ? ready : top < 0 ? 0 : top;
        picture = n;
        for (; ready < top + w->window.rows && ready < w->source->h; ready++)
            multiply_row(w, n, ready);
        for (int64_t x = 0; x < w->result->w; x++)
            *(Four *)(w->sums + x * w->results) = sum_window(w, top, x);
        EndPixels pixels = {0, row * w->result->w, 1, w->result->w};
        if (ends->forward)
            conv_end(ends->forward, &sums, &pixels, w->result);
        else
            conv_gradient_end(ends->data, &sums, &pixels, w->result, slope_sums);
    }
}

int conv_few(const ConvShape *shape, ConvDirection direction, const void *packed, const Map *source,
             const FewEnd *end, const Map *result)
{
    Work all = {.shape = *shape, .window = conv_phase(shape, direction, 0)};
    all.source = source;
    all.result = result;
    all.packed = packed;
    all.columns = columns(shape, direction);
    all.results = results(shape, direction);
    int threads = threads_count();
    int64_t floats = work_floats(&all), rows = result->n * result->h;
    float *scratch = kernel_scratch((size_t)(threads * floats) * sizeof *scratch);
    if (!scratch)
        return -1;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++) {
        Work w = all;
        w.pixels = scratch + t * floats;
        w.rows = w.pixels + pixels_floats(source);
        w.sums = w.rows + w.window.rows * row_floats(&w) + FOUR;
        work_rows(&w, rows * t / threads, rows * (t + 1) / threads, end,
                  end->slope_sums ? end->slope_sums + t * all.results : NULL);
    }
    return 0;
}
