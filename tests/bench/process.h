/* What benchmarks ask of their own process, and how they are asked: the processes of tests/bench/
 * speed.py say "ready", then obey lines of their input, each with one line of answer. */
#ifndef TESTS_BENCH_PROCESS_H
#define TESTS_BENCH_PROCESS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"

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

/* The most that was held is that of what comes now: what was freed is given back, VmHWM begins anew
 * where the system lets it. */
static inline void memory_begin_anew(void)
{
    memory_give_back();
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (!f)
        return;
    fputs("5", f);
    fclose(f);
}

/* Answers "SECONDS PROCESSOR-SECONDS" of `count` calls. */
static inline void time_calls(int (*call)(void *context), void *context, long count)
{
    double began = clock_seconds();
    clock_t worked = clock();
    while (count-- > 0 && call(context) == 0)
        ;
    printf("%.6f %.6f\n", clock_seconds() - began, (double)(clock() - worked) / CLOCKS_PER_SEC);
}

/* Obeys "steps N" by time_calls, "memory" by "BYTES at start, BYTES at most" of this process, and
 * all else by `other`, which prints its answer, and whose memory does not count. Returns the exit
 * status. */
static inline int obey_lines(const char *name, long start, int (*call)(void *),
                             int (*other)(void *, char *line), void *context)
{
    char line[4096];
    if (!error_pending())
        puts("ready");
    fflush(stdout);
    while (!error_pending() && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "steps ", 6) == 0)
            time_calls(call, context, strtol(line + 6, NULL, 10));
        else if (strcmp(line, "memory") == 0)
            printf("%ld %ld\n", start, memory_of_process("VmHWM:"));
        else if (other(context, line) == 0)
            memory_begin_anew();
        fflush(stdout);
    }
    if (error_pending())
        fprintf(stderr, "%s: %s\n", name, error_message());
    return error_pending() ? 1 : 0;
}

#endif
