/* What benchmarks ask of their own process. */
#ifndef TESTS_BENCH_PROCESS_H
#define TESTS_BENCH_PROCESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* VmRSS or VmHWM of this process in bytes. */
static inline long memory_of_process(const char *field)
{
    char line[256];
    long kilobytes = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, field, strlen(field)) == 0)
            kilobytes = strtol(line + strlen(field) + 1, NULL, 10);
    if (f)
        fclose(f);
    return kilobytes * 1024;
}

#endif
