#define LANES                 8
#define GEMM_MULTIPLY         gemm_multiply_avx2
#define GEMM_DOTS             gemm_dots_avx2
#define FOR_EACH_STRIP(strip) strip(2, 6)

#include "tensor/kernels/gemm_body.h"
