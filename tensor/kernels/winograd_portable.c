/* Vectors of 4 values, as SSE2, NEON, AltiVec and RISC-V's V have them; 32 registers except on x86.
 */
#define LANES 4
#ifdef KERNELS_FOR_X86
#define PANEL        2
#define MOST_ROWS(n) ((n) == 2 ? 6 : 10)
#else
#define PANEL        4
#define MOST_ROWS(n) ((n) == 4 ? 6 : (n) == 3 ? 8 : 12)
#endif
#define KERNEL  3
#define STRIDE  1
#define FACTORS FLOATS
#define STEPS   WINOGRAD_PORTABLE

#include "tensor/kernels/winograd_body.h"
