/* What is different in somebody else's process: there is one rank and no MPI, nothing is said on
 * standard error, and nothing that the process has in common with its owner is changed. These stand
 * in the place of core/ranks.c, core/log.c and tensor/process.c, which are not linked then. */
#include <time.h>

#include "core/log.h"
#include "core/ranks.h"
#include "tensor/process.h"

bool tensor_owns_process(void)
{
    return false;
}

/* ---- core/ranks.h --------------------------------------------------------------------------- */

int ranks_rank(void)
{
    return 0;
}

int ranks_size(void)
{
    return 1;
}

int ranks_on_host(void)
{
    return 1;
}

int ranks_local(void)
{
    return 0;
}

int ranks_sum_floats(float *values, size_t count)
{
    (void)values;
    (void)count;
    return 0;
}

int ranks_sum_doubles(double *values, size_t count)
{
    (void)values;
    (void)count;
    return 0;
}

/* ---- core/log.h ----------------------------------------------------------------------------- */

void log_info(const char *format, ...)
{
    (void)format;
}

void log_warn(const char *format, ...)
{
    (void)format;
}

double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
