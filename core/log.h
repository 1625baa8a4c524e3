/* Remarks and progress on standard error: a live line on a terminal, plain lines elsewhere. Only
 * rank 0 speaks, except of errors. Results go to standard output, not here. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

void log_quiet(bool quiet);
bool log_is_quiet(void);

/* One remark of rank 0, silenced by -q. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One warning of rank 0, never silenced. */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What ended the run, as "unmush: ...": of any rank, never silenced. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Progress of `total` steps: rate and time left. `unit` is a plural ("steps"). Elsewhere than on a
 * terminal a line appears about every 10 seconds. The note is what to show beside it, or NULL. */
typedef struct Progress {
    const char *title, *unit;
    int64_t total, done, first;
    double began, shown;
} Progress;
Progress progress_begin(const char *title, const char *unit, int64_t done, int64_t total);
void progress_update(Progress *p, int64_t done, const char *note);
void progress_end(Progress *p);

/* Seconds from an arbitrary start, monotonic. */
double clock_seconds(void);

#endif
