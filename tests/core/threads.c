#include "core/threads.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/error.h"
#include "core/ranks.h"
#include "tests/unit.h"

static atomic_int sum;

static int add(void *context, int i)
{
    (void)context;
    atomic_fetch_add(&sum, i);
    return 0;
}

static int fail_at_seven(void *context, int i)
{
    (void)context;
    return i == 7 ? error_set(ERROR_SHAPE, "item 7 is bad") : 0;
}

TEST(loops_visit_every_item_once)
{
    for (int threads = 1; threads <= 4; threads++) {
        threads_set(threads);
        atomic_store(&sum, 0);
        CHECK(threads_for(1000, add, NULL) == 0);
        CHECK(atomic_load(&sum) == 999 * 500);
    }
    CHECK(threads_for(0, add, NULL) == 0);
    threads_set(0);
    CHECK(threads_count() >= 1);
}

static void *count_elsewhere(void *count)
{
    *(int *)count = threads_count();
    return NULL;
}

TEST(a_thread_can_have_a_number_of_its_own)
{
    int elsewhere = 0;
    pthread_t other;
    threads_set(3);
    CHECK(threads_set_here(2) == 0);
    CHECK(threads_count() == 2);
    REQUIRE(pthread_create(&other, NULL, count_elsewhere, &elsewhere) == 0);
    pthread_join(other, NULL);
    CHECK(elsewhere == 3);
    CHECK(threads_set_here(0) == 2);
    CHECK(threads_count() == 3);
    threads_set(0);
}

TEST(an_error_in_a_loop_becomes_the_callers)
{
    threads_set(3);
    CHECK(threads_for(100, fail_at_seven, NULL) == -1);
    CHECK_ERROR(ERROR_SHAPE, "item 7 is bad");
    threads_set(0);
}

TEST(shares_cover_everything_in_order)
{
    for (int size = 1; size <= 5; size++) {
        int64_t next = 0;
        for (int rank = 0; rank < size; rank++) {
            Share s = ranks_share(16, rank, size);
            CHECK(s.first == next);
            CHECK(s.count >= 16 / size && s.count <= 16 / size + 1);
            next += s.count;
        }
        CHECK(next == 16);
    }
}

TEST(one_process_alone_is_one_rank_without_mpi)
{
    if (ranks_use_mpi()) {
        unit_skip("started by mpirun");
        return;
    }
    double value = 3;
    CHECK(ranks_size() == 1 && ranks_rank() == 0);
    CHECK(ranks_sum_doubles(&value, 1) == 0 && value == 3);
    float own[2] = {1, 2}, all[2];
    CHECK(ranks_gather_floats(own, all, (int[]){2}) == 0 && all[1] == 2);
    error_set(ERROR_FILE, "mine");
    CHECK(ranks_agree() == -1);
    CHECK_ERROR(ERROR_FILE, "mine");
    CHECK(ranks_agree() == 0);
}
