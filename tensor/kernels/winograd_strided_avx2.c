#ifdef KERNELS_FOR_X86

/* 16 registers: the sums, a panel's vectors and one of a's values. */
#define LANES        8
#define PANEL        2
#define MOST_ROWS(n) ((n) == 2 ? 6 : 10)
#define KERNEL       2
#define STRIDE       2
#define FACTORS      FLOATS
#define STEPS        WINOGRAD_STRIDED_AVX2

#include "tensor/kernels/winograd_body.h"

#endif
