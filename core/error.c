#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local ErrorReport pending;

/* One line, whatever a file name or a library's text contains. */
static void keep_one_line(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
}

static void record(ErrorCode code, const char *suffix, const char *format, va_list values)
{
    if (pending.code != ERROR_NONE)
        return;
    pending.code = code;
    int used = vsnprintf(pending.message, sizeof pending.message, format, values);
    if (suffix && used >= 0 && (size_t)used < sizeof pending.message)
        snprintf(pending.message + used, sizeof pending.message - (size_t)used, ": %s", suffix);
    keep_one_line(pending.message);
}

int error_set(ErrorCode code, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    record(code, NULL, format, values);
    va_end(values);
    return -1;
}

int error_set_errno(ErrorCode code, const char *format, ...)
{
    const char *reason = strerror(errno);
    va_list values;
    va_start(values, format);
    record(code, reason, format, values);
    va_end(values);
    return -1;
}

/* Writes "where: line" for every line of the message; what does not fit is left out. */
static void prefix_lines(const char *where, const char *message, char *whole, size_t size)
{
    size_t used = 0;
    for (const char *line = message; line && used + 1 < size;) {
        const char *end = strchr(line, '\n');
        int length = end ? (int)(end - line) : (int)strlen(line);
        int written = snprintf(whole + used, size - used, "%s%s: %.*s", used ? "\n" : "", where,
                               length, line);
        used += written > 0 ? (size_t)written : 0;
        line = end ? end + 1 : NULL;
    }
}

int error_note(const char *format, ...)
{
    if (pending.code == ERROR_NONE)
        return -1;
    char where[256], whole[sizeof pending.message];
    va_list values;
    va_start(values, format);
    vsnprintf(where, sizeof where, format, values);
    va_end(values);
    keep_one_line(where);
    prefix_lines(where, pending.message, whole, sizeof whole);
    memcpy(pending.message, whole, sizeof whole);
    return -1;
}

ErrorCode error_pending(void)
{
    return pending.code;
}

const char *error_message(void)
{
    return pending.message;
}

void error_clear(void)
{
    pending = (ErrorReport){ERROR_NONE, ""};
}

void error_forgive(void)
{
    if (pending.code != ERROR_MEMORY)
        error_clear();
}

ErrorReport error_take(void)
{
    ErrorReport report = pending;
    error_clear();
    return report;
}

void error_adopt(const ErrorReport *report)
{
    if (pending.code == ERROR_NONE)
        pending = *report;
}
