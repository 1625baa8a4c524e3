/* Which processor's instructions kernels use. */
#ifndef TENSOR_KERNELS_PROCESSOR_H
#define TENSOR_KERNELS_PROCESSOR_H

typedef enum Processor {
    PROCESSOR_PORTABLE,   /* what every compiler makes of plain C */
    PROCESSOR_AVX2,       /* x86-64-v3 */
    PROCESSOR_AVX512,     /* x86-64-v4 */
    PROCESSOR_AVX512VNNI, /* and products of pairs of integers */
    PROCESSOR_AVX512BF16, /* and of pairs of bf16 values */
    PROCESSOR_BEST = PROCESSOR_AVX512BF16
} Processor;

/* The best that this machine has and the environment variable UNMUSH_ISA (portable, avx2,
 * avx512, avx512vnni or avx512bf16; read at the first call) and processor_limit allow. */
Processor processor_kind(void);

/* At most this one from now on, for tests. What was packed for another processor is to be packed
 * again. Not while kernels run. */
void processor_limit(Processor most);

const char *processor_name(Processor processor);

#endif
