/* What the transfer library shows to the program: bytes from an address, through libcurl. */
#ifndef CORE_TRANSFER_LIBRARY_H
#define CORE_TRANSFER_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

typedef struct TransferRequest {
    const char *url; /* https:// */
    bool http;       /* http:// will do, too, here and where the server sends us on to */
    int64_t from;    /* the first byte that is wanted */
    double stall;    /* s, whole ones: given up where next to nothing arrives for so long */
    void *context;   /* of the two functions: each returns -1, with an error, to give up */
    /* Once, before the first byte: the server begins with byte `from`, which is 0 where it does not
     * send parts, and the whole has `total` bytes, -1: it does not say. */
    int (*begin)(void *context, int64_t from, int64_t total);
    int (*take)(void *context, const void *bytes, size_t count);
} TransferRequest;

typedef struct TransferLibrary {
    const char *version; /* "libcurl 7.88.1 OpenSSL/3.0.15" */
    /* Proxies are those of the usual environment variables; 10 redirections are followed. 0 when
     * everything has arrived. -1 with ERROR_FILE naming the address; *status is what the server
     * answered (404), 0 if nothing. */
    int (*get)(const TransferRequest *request, long *status);
} TransferLibrary;

/* What the program lends to the library. */
typedef struct TransferHost {
    int (*error_set)(ErrorCode code, const char *format, ...) __attribute__((format(printf, 2, 3)));
    ErrorCode (*error_pending)(void);
} TransferHost;

#define TRANSFER_LIBRARY_SYMBOL "transfer_library"
typedef const TransferLibrary *TransferLibraryFunction(const TransferHost *host);
TransferLibraryFunction transfer_library;

#endif
