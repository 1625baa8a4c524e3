/* The transfer library: one GET through libcurl. */
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/transfer/library.h"

enum { LEAST_SPEED = 100 }; /* bytes/s, over the seconds of `stall` */

static const TransferHost *host;

typedef struct Job {
    const TransferRequest *request;
    CURL *curl;
    bool begun;
} Job;

/* Where the part begins that the server sends: 206 is a part, any other answer the whole. */
static int64_t first_byte(Job *job)
{
    long status = 0;
    struct curl_header *range;
    int64_t from = 0;
    curl_easy_getinfo(job->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 206)
        return 0;
    if (curl_easy_header(job->curl, "Content-Range", 0, CURLH_HEADER, -1, &range) == CURLHE_OK &&
        sscanf(range->value, "bytes %" SCNd64 "-", &from) == 1 && from == job->request->from)
        return from;
    return host->error_set(ERROR_FILE, "%s: the server sends another part than was asked for",
                           job->request->url);
}

static int begin(Job *job)
{
    curl_off_t length = -1;
    int64_t from = first_byte(job);
    if (from < 0)
        return -1;
    curl_easy_getinfo(job->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    job->begun = true;
    return job->request->begin(job->request->context, from, length < 0 ? -1 : from + length);
}

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    Job *job = context;
    if (!job->begun && begin(job) != 0)
        return CURL_WRITEFUNC_ERROR;
    return job->request->take(job->request->context, bytes, size * count) == 0
               ? size * count
               : CURL_WRITEFUNC_ERROR;
}

static void set_options(Job *job, char reason[CURL_ERROR_SIZE])
{
    const TransferRequest *r = job->request;
    const char *protocols = r->http ? "https,http" : "https";
    CURL *c = job->curl;
    curl_easy_setopt(c, CURLOPT_URL, r->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "unmush/" UNMUSH_VERSION);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)r->stall);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)LEAST_SPEED);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)r->stall);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, job);
    /* Not CURLOPT_RESUME_FROM, which fails where the server sends the whole. */
    char range[32];
    snprintf(range, sizeof range, "%" PRId64 "-", r->from);
    if (r->from > 0)
        curl_easy_setopt(c, CURLOPT_RANGE, range);
}

static int fail(const TransferRequest *r, CURLcode code, const char *reason, long status)
{
    if (host->error_pending() != ERROR_NONE)
        return -1;
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return host->error_set(ERROR_FILE, "%s: the server answers %ld", r->url, status);
    return host->error_set(ERROR_FILE, "%s: %s", r->url,
                           *reason ? reason : curl_easy_strerror(code));
}

static int get(const TransferRequest *request, long *status)
{
    char reason[CURL_ERROR_SIZE] = "";
    Job job = {request, curl_easy_init(), false};
    *status = 0;
    if (!job.curl)
        return host->error_set(ERROR_FILE, "%s: libcurl does not start", request->url);
    set_options(&job, reason);
    CURLcode code = curl_easy_perform(job.curl);
    curl_easy_getinfo(job.curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(job.curl);
    return code == CURLE_OK ? 0 : fail(request, code, reason, *status);
}

/* "libcurl/7.88.1 OpenSSL/3.0.15 zlib/1.2.13 ...": its name, and what it encrypts with. */
static void describe(char *text, size_t size)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    snprintf(text, size, "libcurl %s%s%s", info->version, info->ssl_version ? " " : "",
             info->ssl_version ? info->ssl_version : "");
}

const TransferLibrary *transfer_library(const TransferHost *lent)
{
    static char version[128];
    static const TransferLibrary LIBRARY = {version, get};
    host = lent;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        host->error_set(ERROR_CONFIG, "libcurl does not start");
        return NULL;
    }
    describe(version, sizeof version);
    return &LIBRARY;
}
