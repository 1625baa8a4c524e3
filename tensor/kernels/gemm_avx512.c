#define LANES                 16
#define GEMM_MULTIPLY         gemm_multiply_avx512
#define GEMM_DOTS             gemm_dots_avx512
#define FOR_EACH_STRIP(strip) strip(4, 6) strip(3, 8) strip(2, 12) strip(1, 16)

#include "tensor/kernels/gemm_body.h"
