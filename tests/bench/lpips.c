/* LPIPS and DISTS, for tests/bench/speed.py, which runs the reference implementations in turns with
 * them.
 *
 *     bench_lpips alex|vgg|squeeze|dists WEIGHTS HR SR...
 *
 * WEIGHTS is a folder as for `unmush eval --weights`. Obeys lines (process.h), "steps N" for one
 * truth and M pictures, N times, and also
 *     methods M   M pictures from now on (at first 1), and their values */
#include "core/threads.h"
#include "eval/perceptual.h"
#include "tensor/tensor.h"
#include "tests/bench/process.h"

enum { MOST_PICTURES = 16 };

typedef struct Bench {
    PerceptualMeasure *measure;
    Metric metric;
    Image hr, sr[MOST_PICTURES];
    int count, methods;
} Bench;

static int open_bench(Bench *b, const char *net, const char *weights, char **pictures, int count)
{
    static const char *const NETS[] = {"alex", "vgg", "squeeze", "dists"};
    for (int i = 0; i < 4; i++)
        if (strcmp(net, NETS[i]) == 0)
            b->metric = (Metric)(METRIC_LPIPS_ALEX + i);
    b->measure = perceptual_open(weights);
    if (!b->measure || !perceptual_has(b->measure, b->metric))
        return error_set(ERROR_FILE, "%s: no weights of %s", weights, net);
    if (image_read(pictures[0], &b->hr) != 0)
        return -1;
    for (b->count = 0; b->count < count - 1 && b->count < MOST_PICTURES; b->count++)
        if (image_read(pictures[b->count + 1], &b->sr[b->count]) != 0)
            return -1;
    return 0;
}

/* The values of the first pictures beside the truth. */
static int measure(Bench *b, double values[][METRIC_COUNT])
{
    PerceptualTruth *truth = perceptual_truth_new(b->measure, &b->hr, NULL, 0);
    for (int i = 0; truth && i < b->methods && i < b->count; i++)
        perceptual_compare(truth, &b->sr[i], values[i], NULL);
    perceptual_truth_free(truth);
    return error_pending() ? -1 : 0;
}

static int run(void *context)
{
    Bench *b = context;
    double values[MOST_PICTURES][METRIC_COUNT];
    return measure(b, values);
}

static int other(void *context, char *line)
{
    Bench *b = context;
    double values[MOST_PICTURES][METRIC_COUNT];
    if (strncmp(line, "methods ", 8) == 0)
        b->methods = (int)strtol(line + 8, NULL, 10);
    if (measure(b, values) != 0)
        return -1;
    for (int i = 0; i < b->methods && i < b->count; i++)
        printf("%.9g ", values[i][b->metric]);
    puts("");
    return 0;
}

int main(int argc, char **argv)
{
    Bench b = {.methods = 1};
    long start = 0;
    if (argc < 5) {
        fprintf(stderr, "bench_lpips alex|vgg|squeeze|dists WEIGHTS HR SR...\n");
        return 2;
    }
    if (tensor_begin(threads_count(), "cpu") == 0) {
        start = memory_of_process("VmRSS:");
        open_bench(&b, argv[1], argv[2], argv + 3, argc - 3);
    }
    int status = obey_lines("bench_lpips", start, run, other, &b);
    perceptual_close(b.measure);
    return status;
}
