#include "core/error.h"

#include <errno.h>
#include <pthread.h>

#include "tests/unit.h"

TEST(the_first_error_wins)
{
    CHECK(error_set(ERROR_FILE, "%s: not a PNG", "a.png") == -1);
    error_set(ERROR_SHAPE, "a later one");
    CHECK_ERROR(ERROR_FILE, "a.png: not a PNG");
    CHECK(error_pending() == ERROR_NONE);
}

TEST(notes_go_in_front)
{
    CHECK(error_note("nothing pending") == -1);
    CHECK(error_pending() == ERROR_NONE);
    error_set(ERROR_CONFIG, "rate: negative");
    error_note("stages[%d]", 1);
    CHECK_ERROR(ERROR_CONFIG, "stages[1]: rate: negative");
}

TEST(system_errors_name_their_reason_and_messages_stay_one_line)
{
    errno = ENOENT;
    error_set_errno(ERROR_FILE, "a\nb");
    CHECK(strchr(error_message(), '\n') == NULL);
    CHECK_ERROR(ERROR_FILE, "No such file");
}

TEST(long_messages_are_cut_not_overrun)
{
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    error_set(ERROR_FILE, "%s", text);
    error_note("%s", text);
    CHECK(strlen(error_message()) < sizeof((ErrorReport *)NULL)->message);
    error_clear();
}

TEST(what_a_trial_says_is_forgiven_but_not_that_memory_ran_out)
{
    error_set(ERROR_FORMAT, "not this kind");
    error_forgive();
    CHECK_NO_ERROR();
    error_set(ERROR_MEMORY, "out of memory");
    error_forgive();
    CHECK_ERROR(ERROR_MEMORY, "out of memory");
}

static void *fail_elsewhere(void *report)
{
    error_set(ERROR_FORMAT, "from another thread");
    *(ErrorReport *)report = error_take();
    return NULL;
}

TEST(errors_are_per_thread_and_can_be_handed_over)
{
    ErrorReport report;
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, fail_elsewhere, &report) == 0);
    pthread_join(thread, NULL);
    CHECK(error_pending() == ERROR_NONE);
    error_adopt(&report);
    CHECK_ERROR(ERROR_FORMAT, "from another thread");
}
