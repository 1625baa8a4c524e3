#ifdef KERNELS_FOR_X86

#define LANES 8
#define RUN   peak_run_avx2

#include "tensor/kernels/peak_body.h"

#endif
