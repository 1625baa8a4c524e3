/* Memory that runs out, and is given back. */
#include "core/memory.h"
#include "core/error.h"
#include "tests/unit.h"

TEST(what_is_too_large_is_an_error)
{
    CHECK(memory_ask(SIZE_MAX, 2) == NULL);
    CHECK_ERROR(ERROR_MEMORY, "out of memory");
    void *some = memory_ask(100, 3);
    CHECK(some != NULL);
    CHECK_NO_ERROR();
    free(some);
}

#if !defined(__SANITIZE_ADDRESS__)
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

TEST(what_the_system_does_not_have_is_an_error)
{
    CHECK(memory_ask((size_t)1 << 60, 1) == NULL);
    CHECK_ERROR(ERROR_MEMORY, "out of memory");
}

TEST(what_was_kept_is_given_back)
{
    enum { PIECES = 16, PIECE = 1 << 20, HALF = PIECES * PIECE / 2 };
    char *pieces[PIECES];
    memory_keep();
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = memory_new(PIECE);
        for (int k = 0; k < PIECE; k += 1024)
            ((volatile char *)pieces[i])[k] = 1;
    }
    int64_t used = memory_resident();
    for (int i = 0; i < PIECES - 1; i++)
        free(pieces[i]);
    CHECK(memory_resident() > used - HALF);
    memory_give_back();
    CHECK(memory_resident() < used - HALF);
    free(pieces[PIECES - 1]);
}

static rlim_t address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    REQUIRE(file && fscanf(file, "%lu", &pages) == 1);
    fclose(file);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

TEST(the_reserve_serves_the_allocation_that_fails_and_tells_of_it)
{
    enum { PIECE = MEMORY_RESERVE / 4, MOST = 100 };
    char *pieces[MOST];
    int count = 0;
    struct rlimit before, tight;
    CHECK(memory_reserve() && memory_reserve());
    REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
    tight = before;
    tight.rlim_cur = address_space();
    REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
    while (count < MOST && !error_pending()) /* the heap may have holes that serve some */
        pieces[count++] = memory_new(PIECE);
    setrlimit(RLIMIT_AS, &before);
    CHECK_ERROR(ERROR_MEMORY, "out of memory");
    CHECK(pieces[count - 1][0] == 0 && pieces[count - 1][PIECE - 1] == 0);
    while (count > 0)
        free(pieces[--count]);
    CHECK(memory_reserve());
}
#endif
