#define LANES                 4
#define GEMM_MULTIPLY         gemm_multiply_portable
#define GEMM_DOTS             gemm_dots_portable
#define FOR_EACH_STRIP(strip) strip(2, 6)

#include "tensor/kernels/gemm_body.h"
