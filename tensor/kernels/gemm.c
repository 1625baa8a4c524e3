#include "tensor/kernels/gemm.h"

#include "tensor/kernels/processor.h"

void gemm_multiply(const Product *p)
{
#ifdef KERNELS_FOR_X86
    if (processor_kind() >= PROCESSOR_AVX512)
        return gemm_multiply_avx512(p);
    if (processor_kind() == PROCESSOR_AVX2)
        return gemm_multiply_avx2(p);
#endif
    gemm_multiply_portable(p);
}

void gemm_dots(const Product *p)
{
#ifdef KERNELS_FOR_X86
    if (processor_kind() >= PROCESSOR_AVX512)
        return gemm_dots_avx512(p);
    if (processor_kind() == PROCESSOR_AVX2)
        return gemm_dots_avx2(p);
#endif
    gemm_dots_portable(p);
}
