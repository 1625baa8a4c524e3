#include "tensor/process.h"

#include <stdlib.h>

#include "core/memory.h"

bool tensor_owns_process(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw"))
        setenv("ATEN_CPU_CAPABILITY", "avx512", 0);
#endif
    memory_keep();
    return true;
}
