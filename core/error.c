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

int error_note(const char *format, ...)
{
    if (pending.code == ERROR_NONE)
        return -1;
    char where[256], whole[sizeof pending.message];
    va_list values;
    va_start(values, format);
    vsnprintf(where, sizeof where, format, values);
    va_end(values);
    snprintf(whole, sizeof whole, "%s: %.*s", where, (int)(sizeof whole - sizeof where - 3),
             pending.message);
    memcpy(pending.message, whole, sizeof whole);
    keep_one_line(pending.message);
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
