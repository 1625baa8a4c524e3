/* Downloads from a server of this test's own, which answers as each test wants. */
#include "core/download.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/sha256.h"
#include "tests/unit.h"

enum { CONTENT = 300000 };

/* What the server does to the next requests, and what it was asked. */
typedef struct Server {
    int listener;
    pthread_t thread;
    bool parts;      /* it honours Range */
    int status;      /* 0: answers as it should */
    int64_t content; /* bytes that it has of the file */
    int64_t most;    /* bytes that it sends before it hangs up; -1: all */
    bool wrong;      /* other bytes than the file's */
    bool mute;       /* keeps the connection and says nothing */
    int requests;
    long long from; /* of the last request's Range, 0: none */
    char address[64];
} Server;

static uint8_t content[CONTENT + 1];

static void send_all(int to, const void *bytes, int64_t count)
{
    const char *at = bytes;
    for (ssize_t sent; count > 0; at += sent, count -= sent)
        if ((sent = send(to, at, (size_t)count, MSG_NOSIGNAL)) <= 0)
            return;
}

static void answer(Server *s, int to)
{
    char request[4096] = "", head[256];
    size_t have = 0;
    for (ssize_t got; !strstr(request, "\r\n\r\n") && have < sizeof request - 1;
         have += (size_t)got)
        if ((got = recv(to, request + have, sizeof request - 1 - have, 0)) <= 0)
            return;
    s->requests++;
    s->from = 0;
    const char *range = strcasestr(request, "\r\nRange: bytes=");
    if (range)
        s->from = atoll(range + 15);
    if (s->mute) {
        recv(to, head, sizeof head, 0);
        return;
    }
    int64_t from = s->parts ? s->from : 0;
    int status = s->status ? s->status : from >= s->content ? 416 : from > 0 ? 206 : 200;
    int64_t count = status < 300 ? s->content - from : 0;
    int length = snprintf(head, sizeof head, "HTTP/1.1 %d x\r\nContent-Length: %lld\r\n", status,
                          (long long)count);
    if (status == 206)
        length += snprintf(head + length, sizeof head - (size_t)length,
                           "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)from,
                           (long long)s->content - 1, (long long)s->content);
    length += snprintf(head + length, sizeof head - (size_t)length, "Connection: close\r\n\r\n");
    send_all(to, head, length);
    send_all(to, content + from + s->wrong, s->most >= 0 && s->most < count ? s->most : count);
}

static void *serve(void *context)
{
    Server *s = context;
    for (int client; (client = accept(s->listener, NULL, NULL)) >= 0;) {
        answer(s, client);
        close(client);
    }
    return NULL;
}

static void begin_server(Server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    *s = (Server){.parts = true, .content = CONTENT, .most = -1};
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(bind(s->listener, (struct sockaddr *)&at, size) == 0);
    REQUIRE(listen(s->listener, 8) == 0);
    REQUIRE(getsockname(s->listener, (struct sockaddr *)&at, &size) == 0);
    snprintf(s->address, sizeof s->address, "http://127.0.0.1:%d/file.pth", ntohs(at.sin_port));
    REQUIRE(pthread_create(&s->thread, NULL, serve, s) == 0);
    setenv("no_proxy", "127.0.0.1", 1);
    log_quiet(true);
}

static void end_server(Server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    log_quiet(false);
}

static void fill_content(void)
{
    for (int i = 0; i <= CONTENT; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 13);
}

/* A download of the content to a file of that name in the scratch folder. */
static Download wanted(const Server *s, const char *name)
{
    static char path[512], text[65];
    uint64_t digest[4];
    fill_content();
    sha256(content, CONTENT, digest);
    sha256_text(digest, text);
    snprintf(path, sizeof path, "%s", unit_scratch(name));
    return (Download){s->address, path, CONTENT, text, true, 1};
}

static bool is_content(const char *path)
{
    size_t count = 0;
    uint8_t *bytes = file_read_whole(path, 2 * CONTENT, &count);
    bool same = bytes && count == CONTENT && memcmp(bytes, content, CONTENT) == 0;
    free(bytes);
    return same;
}

static bool part_is_there(const Download *d)
{
    char part[600];
    snprintf(part, sizeof part, "%s.part", d->path);
    return file_exists(part);
}

static void write_part(const Download *d, int64_t count, int shift)
{
    char part[600];
    snprintf(part, sizeof part, "%s.part", d->path);
    REQUIRE(file_write_whole(part, content + shift, (size_t)count) == 0);
}

TEST(a_download_brings_the_whole_file_under_its_name)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-whole.pth");
    CHECK(download_state(&d) == DOWNLOAD_MISSING);
    CHECK(download(&d) == 0);
    CHECK_NO_ERROR();
    CHECK(is_content(d.path));
    CHECK(download_state(&d) == DOWNLOAD_WHOLE);
    CHECK(!part_is_there(&d));
    end_server(&s);
}

TEST(a_download_that_breaks_off_goes_on_where_it_was)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-resumed.pth");
    s.most = 100000;
    CHECK(download(&d) == -1);
    CHECK_ERROR(ERROR_FILE, "0.1 of 0.3 MB are here");
    CHECK(download_state(&d) == DOWNLOAD_PART);
    CHECK(download_part_bytes(&d) == 100000);
    s.most = -1;
    CHECK(download(&d) == 0);
    CHECK_NO_ERROR();
    CHECK(s.from == 100000);
    CHECK(is_content(d.path));
    end_server(&s);
}

TEST(a_server_without_parts_is_asked_for_the_whole)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-no-parts.pth");
    s.parts = false;
    write_part(&d, 100000, 1);
    CHECK(download(&d) == 0);
    CHECK_NO_ERROR();
    CHECK(s.requests == 1);
    CHECK(is_content(d.path));
    end_server(&s);
}

TEST(a_part_that_does_not_fit_is_fetched_again_from_the_beginning)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-unfit.pth");
    write_part(&d, 100000, 1);
    CHECK(download(&d) == 0);
    CHECK_NO_ERROR();
    CHECK(s.requests == 2);
    CHECK(s.from == 0);
    CHECK(is_content(d.path));
    end_server(&s);
}

TEST(a_part_that_is_whole_is_not_fetched)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-whole-part.pth");
    write_part(&d, CONTENT, 0);
    CHECK(download(&d) == 0);
    CHECK_NO_ERROR();
    CHECK(s.requests == 0);
    CHECK(is_content(d.path));
    end_server(&s);
}

TEST(a_part_longer_than_the_file_is_fetched_again)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-long-part.pth");
    write_part(&d, CONTENT + 1, 0);
    CHECK(download(&d) == 0);
    CHECK_NO_ERROR();
    CHECK(is_content(d.path));
    end_server(&s);
}

TEST(a_part_that_the_server_does_not_have_is_asked_for_from_the_beginning)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-416.pth");
    write_part(&d, 200000, 0);
    s.content = 150000;
    CHECK(download(&d) == -1);
    CHECK_ERROR(ERROR_FORMAT, "has 150000 bytes, not the 300000 of download-416.pth");
    CHECK(s.requests == 2);
    end_server(&s);
}

TEST(a_download_with_the_wrong_hash_is_deleted_and_both_hashes_named)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-wrong.pth");
    s.wrong = true;
    CHECK(download(&d) == -1);
    CHECK(strstr(error_message(), d.path) && strstr(error_message(), d.url));
    CHECK(strstr(error_message(), d.sha256) != NULL);
    CHECK_ERROR(ERROR_FORMAT, "whose SHA-256 is ");
    CHECK(!file_exists(d.path) && !part_is_there(&d));
    end_server(&s);
}

TEST(a_file_with_other_content_is_damaged_and_replaced)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-damaged.pth");
    CHECK(file_write_whole(d.path, content + 1, CONTENT) == 0);
    CHECK(download_state(&d) == DOWNLOAD_DAMAGED);
    CHECK(file_write_whole(d.path, content, CONTENT - 1) == 0);
    CHECK(download_state(&d) == DOWNLOAD_DAMAGED);
    CHECK(download(&d) == 0);
    CHECK_NO_ERROR();
    CHECK(download_state(&d) == DOWNLOAD_WHOLE);
    end_server(&s);
}

TEST(what_a_server_refuses_is_named_with_its_status)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-404.pth");
    s.status = 404;
    CHECK(download(&d) == -1);
    CHECK_ERROR(ERROR_FILE, "file.pth: the server answers 404");
    CHECK(!file_exists(d.path) && !part_is_there(&d));
    end_server(&s);
}

TEST(a_server_that_says_nothing_is_given_up)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-mute.pth");
    s.mute = true;
    CHECK(download(&d) == -1);
    CHECK_ERROR(ERROR_FILE, "too slow");
    end_server(&s);
}

TEST(http_is_refused_where_https_is_wanted)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-https.pth");
    d.http = false;
    CHECK(download(&d) == -1);
    CHECK_ERROR(ERROR_FILE, "\"http\"");
    CHECK(s.requests == 0);
    end_server(&s);
}

TEST(a_download_into_a_folder_that_is_none_says_so)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-file");
    CHECK(file_write_whole(d.path, content, 1) == 0);
    char below[600];
    snprintf(below, sizeof below, "%s/file.pth", d.path);
    d.path = below;
    CHECK(download(&d) == -1);
    CHECK_ERROR(ERROR_FILE, "file.pth.part: cannot write: Not a directory");
    CHECK(s.requests == 0);
    end_server(&s);
}

static void *download_in_thread(void *context)
{
    return download(context) == 0 ? context : NULL;
}

TEST(two_downloads_at_once_ask_the_server_once)
{
    Server s;
    begin_server(&s);
    Download d = wanted(&s, "download-twice.pth");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_create(&threads[i], NULL, download_in_thread, &d) == 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        CHECK(result == &d);
    }
    CHECK(s.requests == 1);
    CHECK(is_content(d.path) && !part_is_there(&d));
    end_server(&s);
}
