#include "tensor/kernels/processor.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {"portable", "avx2", "avx512", "avx512vnni", "avx512bf16"};
enum { PROCESSORS = sizeof NAMES / sizeof *NAMES };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static Processor here = PROCESSOR_PORTABLE;
static Processor limit = PROCESSOR_BEST;

static Processor best(void)
{
#ifdef KERNELS_FOR_X86
    __builtin_cpu_init();
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
#ifdef KERNELS_WITH_AVX512VNNI
    bool vnni = v4 && __builtin_cpu_supports("avx512vnni");
#ifdef KERNELS_WITH_AVX512BF16
    if (vnni && __builtin_cpu_supports("avx512bf16"))
        return PROCESSOR_AVX512BF16;
#endif
    if (vnni)
        return PROCESSOR_AVX512VNNI;
#endif
    if (v4)
        return PROCESSOR_AVX512;
    if (v3)
        return PROCESSOR_AVX2;
#endif
    return PROCESSOR_PORTABLE;
}

static void find(void)
{
    here = best();
    const char *wanted = getenv("UNMUSH_ISA");
    for (int p = 0; wanted && p < PROCESSORS; p++)
        if (strcmp(wanted, NAMES[p]) == 0 && (Processor)p < here)
            here = (Processor)p;
}

Processor processor_kind(void)
{
    pthread_once(&once, find);
    return here < limit ? here : limit;
}

void processor_limit(Processor most)
{
    limit = most;
}

const char *processor_name(Processor processor)
{
    return NAMES[processor];
}
