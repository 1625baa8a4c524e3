/* Measures of one pair of pictures, one thread: values, or milliseconds of processor time.
 *     bench_metrics HR SR LR [REPEATS]          HR and SR of the same extents; scale HR / LR
 * Lines are NAME, a tab and a number: the measures, or with REPEATS the least time of each group.
 * "psnr + ssim" and the like begin with 8-bit colours, as their peers do; "all" is everything that
 * needs no network's weights, the reference included, "plain" what training validates by.
 * tests/bench/metrics_peer.py sets published implementations' beside them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/threads.h"
#include "eval/ldl_artifacts.h"
#include "eval/metrics.h"
#include "eval/ms_ssim.h"
#include "eval/opensr.h"
#include "eval/rows.h"
#include "eval/vif.h"

typedef struct Pair {
    Image hr, sr, lr;
    int scale;
} Pair;

typedef int Measure(const Plane *a, const Plane *b, double *value);

static double of_lumas(const Pair *p, Measure *measure)
{
    Plane a = image_luma(&p->hr), b = image_luma(&p->sr);
    double value = NAN;
    measure(&a, &b, &value);
    plane_free(&a);
    plane_free(&b);
    return value;
}

static int psnr(const Plane *a, const Plane *b, double *value)
{
    double squares = 0;
    for (int y = 0; y < a->height; y++)
        squares += row_squared_error(a->values + y * a->width, b->values + y * a->width, a->width);
    *value = 10 * log10(255.0 * 255 * a->width * a->height / squares);
    return 0;
}

static int psnr_and_ssim(const Plane *a, const Plane *b, double *value)
{
    double decibels;
    return psnr(a, b, &decibels) | metric_ssim(a, b, value);
}

static void run_lumas(const Pair *p)
{
    of_lumas(p, psnr_and_ssim);
}

static void run_ms_ssim(const Pair *p)
{
    of_lumas(p, metric_ms_ssim);
}

static void run_vif(const Pair *p)
{
    of_lumas(p, metric_vif);
}

static void run_ldl(const Pair *p)
{
    double value;
    metric_ldl_artifacts(&p->hr, &p->sr, 0, &value);
}

static void run_opensr(const Pair *p)
{
    double shares[OPENSR_SHARES];
    metric_opensr(&p->lr, &p->sr, &p->hr, p->scale, shares);
}

static void measure_against(Reference *reference, const Image *sr)
{
    Measurement m;
    if (reference)
        metrics_measure(reference, sr, &m, NULL);
    reference_free(reference);
}

static void run_all(const Pair *p)
{
    measure_against(reference_new_full(&p->hr, &p->lr, p->scale, p->scale), &p->sr);
}

static void run_plain(const Pair *p)
{
    measure_against(reference_new(&p->hr, p->scale, p->scale), &p->sr);
}

static void print_values(const Pair *p)
{
    double value;
    printf("psnr\t%.10g\nssim\t%.10g\n", of_lumas(p, psnr), of_lumas(p, metric_ssim));
    printf("ms-ssim\t%.10g\nvif\t%.10g\n", of_lumas(p, metric_ms_ssim), of_lumas(p, metric_vif));
    if (metric_ldl_artifacts(&p->hr, &p->sr, 0, &value) == 0)
        printf("ldl\t%.10g\n", value);
    double shares[OPENSR_SHARES];
    static const char *const NAMES[] = {"improvement", "omission", "hallucination"};
    if (p->lr.width * p->scale == p->hr.width && p->lr.height * p->scale == p->hr.height &&
        metric_opensr(&p->lr, &p->sr, &p->hr, p->scale, shares) == 0)
        for (int k = 0; k < OPENSR_SHARES; k++)
            printf("%s\t%.10g\n", NAMES[k], shares[k]);
}

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void print_time(const Pair *p, const char *name, void (*run)(const Pair *p), int repeats)
{
    double least = INFINITY;
    run(p);
    for (int i = 0; i < repeats; i++) {
        double began = processor_seconds();
        run(p);
        least = fmin(least, processor_seconds() - began);
    }
    printf("%s\t%.4f\n", name, 1e3 * least);
}

static void print_times(const Pair *p, int repeats)
{
    print_time(p, "psnr + ssim", run_lumas, repeats);
    print_time(p, "ms-ssim", run_ms_ssim, repeats);
    print_time(p, "vif", run_vif, repeats);
    print_time(p, "ldl", run_ldl, repeats);
    if (p->hr.width % p->scale || p->hr.height % p->scale)
        return;
    print_time(p, "opensr", run_opensr, repeats);
    print_time(p, "plain", run_plain, repeats);
    print_time(p, "all", run_all, repeats);
}

int main(int argc, char **argv)
{
    Pair p;
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: bench_metrics HR SR LR [REPEATS]\n");
        return 2;
    }
    threads_set(1);
    memory_keep();
    if (image_read(argv[1], &p.hr) != 0 || image_read(argv[2], &p.sr) != 0 ||
        image_read(argv[3], &p.lr) != 0 || p.hr.width != p.sr.width || p.hr.height != p.sr.height ||
        p.hr.width < p.lr.width) {
        fprintf(stderr, "bench_metrics: %s\n",
                error_pending() ? error_message() : "the pictures' extents do not go together");
        return 1;
    }
    p.scale = p.hr.width / p.lr.width;
    if (argc == 5)
        print_times(&p, atoi(argv[4]));
    else
        print_values(&p);
    image_free(&p.hr);
    image_free(&p.sr);
    image_free(&p.lr);
    return error_pending() ? 1 : 0;
}
