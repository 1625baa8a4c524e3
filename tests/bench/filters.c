/* Times of the filtering operations, one thread: milliseconds per RGB picture.
 *     bench_filters [EXTENT]          (256)
 * First checks fast paths against plain sums in doubles, then times. Lines are NAME, a tab, the
 * median of the repeats, the least and the most. tests/bench/filters_peer.py sets PyTorch's beside
 * them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "data/degrade/blur_kernels.h"
#include "data/degrade/convolve.h"
#include "data/degrade/operations.h"

enum { REPEATS = 21, KERNELS = 400, CHECKED = 300 };

typedef struct Bench {
    Workspace *work;
    Picture from, to;
} Bench;

static void fill_noise(float *values, size_t count, double low, double high)
{
    Random random = random_stream(1, RANDOM_TEST, count, 0);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)random_range(&random, low, high);
}

static int mirror(int i, int count)
{
    i = i < 0 ? -i : i;
    return i < count ? i : 2 * count - 2 - i;
}

/* The greatest error of some results of the first plane; extents above 25. */
static double error_of(const Bench *b, const float *kernel, int size)
{
    int width = b->from.width, height = b->from.height;
    double worst = 0;
    for (int n = 0; n < CHECKED; n++) {
        int x = n * 97 % width, y = n * 61 % height;
        double sum = 0;
        for (int j = 0; j < size; j++)
            for (int i = 0; i < size; i++)
                sum += (double)kernel[j * size + i] *
                       (double)b->from.planes[0][mirror(y + j - size / 2, height) * width +
                                                 mirror(x + i - size / 2, width)];
        worst = fmax(worst, fabs(sum - (double)b->to.planes[0][y * width + x]));
    }
    return worst;
}

static void run_filter(const Bench *b, const Filter *filter)
{
    for (int c = 0; c < 3; c++)
        filter_plane(filter, b->work, b->from.planes[c], b->from.width, b->from.height,
                     b->to.planes[c]);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, double *seconds)
{
    qsort(seconds, REPEATS, sizeof *seconds, compare);
    printf("%s\t%.3f %.3f %.3f\n", name, 1e3 * seconds[REPEATS / 2], 1e3 * seconds[0],
           1e3 * seconds[REPEATS - 1]);
}

static int bench_filter(Bench *b, const char *name, const Filter *filter, const float *kernel,
                        int size)
{
    double seconds[REPEATS];
    run_filter(b, filter);
    double error = error_of(b, kernel, size);
    if (!(error < 8e-4)) {
        fprintf(stderr, "bench_filters: %s is wrong by %g levels\n", name, error);
        return -1;
    }
    for (int i = 0; i < REPEATS; i++) {
        double began = clock_seconds();
        run_filter(b, filter);
        seconds[i] = clock_seconds() - began;
    }
    report(name, seconds);
    return 0;
}

static int bench_sizes(Bench *b)
{
    static const int SIZES[] = {7, 9, 11, 13, 15, 17, 19, 21, 51};
    float kernel[BLUR_MOST_TAPS], weights[FILTER_MOST];
    int result = 0;
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES && result == 0; i++) {
        int size = SIZES[i];
        WorkspaceMark mark = workspace_mark(b->work);
        char name[64];
        fill_noise(kernel, (size_t)(size * size), 0, 2.0 / (size * size));
        snprintf(name, sizeof name, "dense %d", size);
        result = bench_filter(b, name, filter_prepare(b->work, kernel, size), kernel, size);
        fill_noise(weights, (size_t)size, 0, 2.0 / size);
        for (int k = 0; k < size * size; k++)
            kernel[k] = weights[k / size] * weights[k % size];
        snprintf(name, sizeof name, "separable %d", size);
        result |=
            bench_filter(b, name, filter_prepare_separable(b->work, weights, size), kernel, size);
        workspace_release(b->work, mark);
    }
    return result;
}

/* Real-ESRGAN's first blur. */
static BlurKernel draw_kernel(Random *random)
{
    static const double SHARES[] = {0.45, 0.25, 0.12, 0.03, 0.12, 0.03};
    BlurKernel k = {.radius = 3 + (int)random_range(random, 0, 8)};
    if (random_range(random, 0, 1) < 0.1) {
        k.kind = BLUR_SINC;
        k.cutoff = random_range(random, k.radius < 6 ? M_PI / 3 : M_PI / 5, M_PI);
        return k;
    }
    double share = random_range(random, 0, 1);
    while (k.kind < BLUR_PLATEAU_ANISO && share > SHARES[k.kind])
        share -= SHARES[k.kind++];
    bool plateau = k.kind >= BLUR_PLATEAU_ISO;
    k.sigma = random_range(random, 0.2, 3);
    k.sigma_y = random_range(random, 0.2, 3);
    k.angle = random_range(random, -180, 180);
    k.beta = random_range(random, 0, 1) < 0.5 ? random_range(random, plateau ? 1 : 0.5, 1)
                                              : random_range(random, 1, plateau ? 2 : 4);
    return k;
}

/* The mean over the published kernels, the kernel's making and preparing included. */
static int bench_published(Bench *b)
{
    double seconds[REPEATS];
    float kernel[BLUR_MOST_TAPS];
    for (int i = -1; i < REPEATS; i++) {
        Random random = random_stream(2, RANDOM_TEST, 0, 0);
        double spent = 0;
        for (int n = 0; n < KERNELS; n++) {
            BlurKernel blur = draw_kernel(&random);
            WorkspaceMark mark = workspace_mark(b->work);
            double began = clock_seconds();
            blur_kernel_fill(&blur, kernel);
            run_filter(b, filter_prepare(b->work, kernel, 2 * blur.radius + 1));
            spent += clock_seconds() - began;
            workspace_release(b->work, mark);
            if (i < 0 && !(error_of(b, kernel, 2 * blur.radius + 1) < 8e-4)) {
                fprintf(stderr, "bench_filters: published kernel %d is wrong\n", n);
                return -1;
            }
        }
        if (i >= 0)
            seconds[i] = spent / KERNELS;
    }
    report("published kernels", seconds);
    return 0;
}

typedef struct Setting {
    const char *name;
    double value;
} Setting;

static void set(const Operation *operation, const Setting *setting, char *values)
{
    const Parameter *p = operation->parameters;
    while (strcmp(p->name, setting->name) != 0)
        p++;
    int whole = (int)setting->value;
    if (p->kind == PARAMETER_REAL)
        memcpy(values + p->offset, &setting->value, sizeof setting->value);
    else
        memcpy(values + p->offset, &whole, sizeof whole);
}

/* settings end with a name of NULL; choices by index. The copy of the picture is not timed. */
static int bench_operation(Bench *b, const char *name, const Operation *operation,
                           const Setting *settings)
{
    double seconds[REPEATS];
    char *values = memory_new(operation->bytes);
    for (; settings->name; settings++)
        set(operation, settings, values);
    Situation situation = {1, b->from.width, b->from.height};
    int result = 0;
    for (int i = -3; i < REPEATS && result == 0; i++) {
        WorkspaceMark mark = workspace_mark(b->work);
        picture_copy(&b->from, &b->to);
        double began = clock_seconds();
        result = operation->apply(values, &situation, b->work, &b->to);
        if (i >= 0)
            seconds[i] = clock_seconds() - began;
        workspace_release(b->work, mark);
    }
    free(values);
    if (result == 0)
        report(name, seconds);
    return result;
}

static int bench_operations(Bench *b)
{
    int result = bench_operation(
        b, "sharpen masked 51", &SHARPEN_OPERATION,
        (Setting[]){{"amount", 0.5}, {"sigma", 8}, {"radius", 25}, {"threshold", 10}, {0}});
    result |= bench_operation(
        b, "sharpen plain 13", &SHARPEN_OPERATION,
        (Setting[]){{"kind", 1}, {"amount", 0.8}, {"sigma", 2}, {"radius", 6}, {0}});
    result |= bench_operation(b, "denoise guided 9", &DENOISE_OPERATION,
                              (Setting[]){{"radius", 4}, {"strength", 10}, {0}});
    result |= bench_operation(b, "denoise median 3", &DENOISE_OPERATION,
                              (Setting[]){{"kind", 1}, {"radius", 1}, {0}});
    result |= bench_operation(b, "denoise median 5", &DENOISE_OPERATION,
                              (Setting[]){{"kind", 1}, {"radius", 2}, {0}});
    return result |
           bench_operation(
               b, "blur line 25", &BLUR_OPERATION,
               (Setting[]){
                   {"kind", BLUR_LINE}, {"radius", 12}, {"length", 25}, {"angle", 30}, {0}});
}

int main(int argc, char **argv)
{
    int extent = argc > 1 ? atoi(argv[1]) : 256;
    if (extent < 32 || extent > 8192) {
        fprintf(stderr, "usage: bench_filters [EXTENT]   (32 to 8192)\n");
        return 2;
    }
    Bench b = {.work = workspace_new()};
    b.from = picture_take(b.work, extent, extent);
    b.to = picture_take(b.work, extent, extent);
    for (int c = 0; c < 3; c++)
        fill_noise(b.from.planes[c], picture_pixels(&b.from), 0, 255);
    int result = bench_sizes(&b);
    result = result == 0 ? bench_published(&b) : result;
    result = result == 0 ? bench_operations(&b) : result;
    workspace_free(b.work);
    return result == 0 ? 0 : 1;
}
