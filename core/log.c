#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/ranks.h"

static bool silent;
static bool line_open; /* a live progress line stands on the terminal */

void log_quiet(bool quiet)
{
    silent = quiet;
}

bool log_is_quiet(void)
{
    return silent;
}

double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void print_line(const char *prefix, const char *format, va_list values)
{
    if (line_open)
        fputs("\r\033[K", stderr);
    line_open = false;
    fputs(prefix, stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
}

void log_info(const char *format, ...)
{
    if (silent || ranks_rank() != 0)
        return;
    va_list values;
    va_start(values, format);
    print_line("", format, values);
    va_end(values);
}

void log_warn(const char *format, ...)
{
    if (ranks_rank() != 0)
        return;
    va_list values;
    va_start(values, format);
    print_line("warning: ", format, values);
    va_end(values);
}

static void print_text(const char *prefix, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    print_line(prefix, format, values);
    va_end(values);
}

void log_error(const char *format, ...)
{
    char text[8192];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    for (char *line = text, *end; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = 0;
        print_text("unmush: ", "%s", line);
    }
}

Progress progress_begin(const char *title, const char *unit, int64_t done, int64_t total)
{
    double now = clock_seconds();
    return (Progress){.title = title,
                      .unit = unit,
                      .total = total,
                      .done = done,
                      .first = done,
                      .began = now,
                      .shown = now};
}

static void format_seconds(char *text, size_t size, double seconds)
{
    long s = (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(text, size, "%ld h %02ld min", s / 3600, s / 60 % 60);
    else if (s >= 60)
        snprintf(text, size, "%ld min %02ld s", s / 60, s % 60);
    else
        snprintf(text, size, "%ld s", s);
}

static void show(Progress *p, const char *note, bool last)
{
    double now = clock_seconds(), elapsed = now - p->began;
    double rate = elapsed > 0 ? (double)(p->done - p->first) / elapsed : 0;
    char left[32];
    format_seconds(left, sizeof left,
                   last       ? elapsed
                   : rate > 0 ? (double)(p->total - p->done) / rate
                              : 0);
    bool terminal = isatty(STDERR_FILENO);
    fprintf(stderr, "%s%s: %lld of %lld %s, %.1f/s, %s%s%s%s%s", terminal ? "\r\033[K" : "",
            p->title, (long long)p->done, (long long)p->total, p->unit, rate,
            rate > 0 || last ? left : "",
            last       ? " in all"
            : rate > 0 ? " left"
                       : "starting",
            note ? ", " : "", note ? note : "", terminal && !last ? "" : "\n");
    fflush(stderr);
    line_open = terminal && !last;
    p->shown = now;
}

void progress_update(Progress *p, int64_t done, const char *note)
{
    p->done = done;
    if (silent || ranks_rank() != 0)
        return;
    if (clock_seconds() - p->shown >= (isatty(STDERR_FILENO) ? 0.2 : 10))
        show(p, note, false);
}

void progress_end(Progress *p)
{
    if (!silent && ranks_rank() == 0)
        show(p, NULL, true);
}
