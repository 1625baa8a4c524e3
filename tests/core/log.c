#include "core/log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit.h"

/* What a terminal still hands out, which may come in pieces. */
static ssize_t read_all(int terminal, char *text, size_t most)
{
    struct pollfd ready = {.fd = terminal, .events = POLLIN};
    size_t count = 0;
    while (count < most && poll(&ready, 1, 200) > 0) {
        ssize_t got = read(terminal, text + count, most - count);
        if (got <= 0)
            break;
        count += (size_t)got;
    }
    return (ssize_t)count;
}

/* What `talk` writes to standard error when that is a terminal; static storage, NULL without one.
 */
static const char *on_terminal(void (*talk)(void))
{
    static char text[1024];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), before = dup(STDERR_FILENO), screen = -1;
    if (terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0)
        screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    ssize_t count = -1;
    if (screen >= 0) {
        dup2(screen, STDERR_FILENO);
        talk();
        dup2(before, STDERR_FILENO);
        count = read_all(terminal, text, sizeof text - 1);
        close(screen);
    }
    close(before);
    close(terminal);
    text[count > 0 ? count : 0] = 0;
    return count > 0 ? text : NULL;
}

static void fail_half_way(void)
{
    Progress p = progress_begin("work", "steps", 0, 10);
    p.shown -= 60;
    progress_update(&p, 5, NULL);
    log_error("%s: broken", "file");
}

TEST(an_error_takes_the_place_of_the_live_progress_line)
{
    const char *text = on_terminal(fail_half_way);
    if (!text) {
        unit_skip("no terminal can be opened here");
        return;
    }
    CHECK(strstr(text, "work: 5 of 10 steps") != NULL);
    CHECK(strstr(text, "\r\033[Kunmush: file: broken") != NULL);
}
