/* Errors: the first one per thread sticks, NULL or -1 is its shadow.
 *
 * A function that fails records why and returns -1 or NULL; callers pass that on and may add where
 * it happened. Tensor operations and graph builders do nothing while an error is pending, so a
 * chain of calls needs one check at its end. */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

typedef enum ErrorCode {
    ERROR_NONE = 0,
    ERROR_USAGE,    /* the command line is wrong: exit status 2 */
    ERROR_FILE,     /* a file cannot be opened, read or written */
    ERROR_FORMAT,   /* a file's content is not what it should be */
    ERROR_CONFIG,   /* a configuration value is missing, unknown or out of range */
    ERROR_SHAPE,    /* extents do not fit together */
    ERROR_TENSOR,   /* the tensor library refused or failed */
    ERROR_MEMORY,   /* no memory for tensors or pixels; there may be for smaller ones */
    ERROR_RANK,     /* another rank failed */
    ERROR_INTERRUPT, /* SIGINT or SIGTERM asked us to stop */
    ERROR_RESULT     /* a result is worse than it may be */
} ErrorCode;

/* A detached error, for handing over between threads. code ERROR_NONE means there is none. The
 * message is one line, or several where core/findings.h joined errors. */
typedef struct ErrorReport {
    ErrorCode code;
    char message[4096];
} ErrorReport;

/* Records an error unless one is pending already. Always returns -1. */
int error_set(ErrorCode code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, with strerror(errno) appended after ": ". */
int error_set_errno(ErrorCode code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "where: " in front of the pending error's lines, if there is one. Always returns -1. */
int error_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The pending error's code (ERROR_NONE if none) and message ("" if none). */
ErrorCode error_pending(void);
const char *error_message(void);

void error_clear(void);
/* The same after a trial whose failure is an answer: all but ERROR_MEMORY, which says nothing of
 * what was tried and has to be told. */
void error_forgive(void);

/* Takes the pending error out of this thread; error_adopt sets it in another one. */
ErrorReport error_take(void);
void error_adopt(const ErrorReport *report);

#endif
