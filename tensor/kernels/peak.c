#include "tensor/kernels/peak.h"

#include "core/log.h"
#include "core/threads.h"
#include "tensor/kernels/map.h"
#include "tensor/kernels/processor.h"

static PeakRun *run_of(Processor processor)
{
#ifdef KERNELS_FOR_X86
    if (processor >= PROCESSOR_AVX512)
        return peak_run_avx512;
    if (processor == PROCESSOR_AVX2)
        return peak_run_avx2;
#endif
    (void)processor;
    return peak_run_portable;
}

/* Values a second of all threads at once. */
static double rate(PeakRun *run, long rounds)
{
    int threads = threads_count();
    double all = 0, begun = clock_seconds();
    float sum = 0;
#pragma omp parallel for num_threads(threads) schedule(static, 1) reduction(+ : all, sum)
    for (int t = 0; t < threads; t++) {
        double values;
        sum += run(rounds, &values);
        all += values;
    }
    double seconds = clock_seconds() - begun;
    return seconds > 0 && sum > -1 ? all / seconds : 0;
}

double kernel_peak(void)
{
    enum { TRIES = 8, ROUNDS = 500000 }; /* about 10 ms each */
    PeakRun *run = run_of(processor_kind());
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        double now = rate(run, ROUNDS);
        best = now > best ? now : best;
    }
    return 2 * best;
}
