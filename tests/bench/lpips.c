/* LPIPS and DISTS, for tests/bench/lpips_peer.py, which runs the reference implementations in turns
 * with them.
 *
 *     bench_lpips alex|vgg|squeeze|dists WEIGHTS HR SR...
 *
 * WEIGHTS is a folder as for `unmush eval --weights`. Says "ready", then obeys lines of its input,
 * each with one line of answer:
 *     measure N   one truth and the first N pictures: "SECONDS PROCESSOR-SECONDS VALUE..."
 *     memory      "BYTES at start, BYTES at most" of this process */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"
#include "eval/perceptual.h"
#include "tensor/tensor.h"
#include "tests/bench/process.h"

enum { MOST_PICTURES = 16 };

typedef struct Bench {
    PerceptualMeasure *measure;
    Metric metric;
    Image hr, sr[MOST_PICTURES];
    int count;
    long start; /* bytes */
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

static void measure(Bench *b, int count)
{
    double began = clock_seconds(), values[MOST_PICTURES][METRIC_COUNT];
    clock_t worked = clock();
    PerceptualTruth *truth = perceptual_truth_new(b->measure, &b->hr, NULL, 0);
    for (int i = 0; truth && i < count && i < b->count; i++)
        perceptual_compare(truth, &b->sr[i], values[i], NULL);
    perceptual_truth_free(truth);
    printf("%.6f %.6f", clock_seconds() - began, (double)(clock() - worked) / CLOCKS_PER_SEC);
    for (int i = 0; i < count && i < b->count; i++)
        printf(" %.9g", values[i][b->metric]);
    printf("\n");
}

static void obey(Bench *b, const char *line)
{
    if (strncmp(line, "measure ", 8) == 0)
        measure(b, (int)strtol(line + 8, NULL, 10));
    else
        printf("%ld %ld\n", b->start, memory_of_process("VmHWM:"));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    Bench b = {0};
    char line[256];
    if (argc < 5) {
        fprintf(stderr, "bench_lpips alex|vgg|squeeze|dists WEIGHTS HR SR...\n");
        return 2;
    }
    if (tensor_begin(threads_count(), "cpu") == 0) {
        b.start = memory_of_process("VmRSS:");
        if (open_bench(&b, argv[1], argv[2], argv + 3, argc - 3) == 0)
            puts("ready");
        fflush(stdout);
        while (!error_pending() && fgets(line, sizeof line, stdin))
            obey(&b, line);
    }
    if (error_pending())
        fprintf(stderr, "bench_lpips: %s\n", error_message());
    perceptual_close(b.measure);
    return error_pending() ? 1 : 0;
}
