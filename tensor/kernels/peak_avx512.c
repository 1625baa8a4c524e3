#ifdef KERNELS_FOR_X86

#define LANES 16
#define RUN   peak_run_avx512

#include "tensor/kernels/peak_body.h"

#endif
