#ifdef KERNELS_WITH_AVX512BF16

#include <immintrin.h>

/* 32 registers: the sums, a panel's vectors and one of a's values. */
#define LANES        16
#define PANEL        4
#define MOST_ROWS(n) ((n) == 4 ? 6 : (n) == 3 ? 8 : 12)
#define KERNEL       3
#define STRIDE       1
#define FACTORS      BF16_PAIRS
#define STEPS        WINOGRAD_AVX512BF16

#include "tensor/kernels/winograd_body.h"

#endif
